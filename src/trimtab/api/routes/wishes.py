"""A client's wishes, one by one: restrictions, preferences, cash flows, plans; read, set, taken back by key."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import JSONResponse
from pydantic import create_model

from trimtab.api.columns import ASKED, as_json, row_model
from trimtab.api.shapes import FirmOf, IfMatch, IfNoneMatch, believed
from trimtab.desk.access import AbsentError, Principal
from trimtab.desk.customize import WISHES, read_wish, remove_wish, set_wish, tag_of
from trimtab.desk.ports import Store
from trimtab.store.shapes import FACTS

_BY = "by"
"""Who said it is the principal, never the request."""


def wishes(store: Store, who: Principal) -> APIRouter:
    """Three routes a kind of wish; its key stands in the place."""
    router = APIRouter(tags=["wishes"])
    for table in WISHES:
        shape = FACTS[table]
        parts = [f"{{{name}:path}}" if name == "selector" else f"{{{name}}}" for name in shape.key]
        place = f"/v1/firms/{{firm}}/{table}/{'/'.join(parts)}"
        answers: dict[int | str, dict[str, Any]] = {
            200: {"model": row_model(table, shape.columns, shape.key)}
        }
        said: dict[str, Any] = {"openapi_extra": {"parameters": [_parameter(name) for name in shape.key]}}
        router.get(place, name=f"read one of {table}", responses=answers, response_model=None, **said)(
            _reader(store, table, who)
        )
        answers = {**answers, 201: answers[200]}
        router.put(place, name=f"set one of {table}", responses=answers, response_model=None, **said)(
            _setter(store, table, who)
        )
        router.delete(place, name=f"remove one of {table}", status_code=204, **said)(
            _remover(store, table, who)
        )
    return router


def _parameter(name: str) -> dict[str, object]:
    schema = {"type": "string", "minLength": 1, "maxLength": 200}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _key(request: Request, table: str) -> dict[str, str]:
    """The key of a wish out of its place; a place that no row can have is nobody's."""
    key = {name: str(request.path_params[name]) for name in FACTS[table].key}
    if any("\x00" in part for part in key.values()):
        raise AbsentError
    return key


def _reader(store: Store, table: str, who: Principal) -> Callable[..., Response]:
    def read(request: Request, firm: FirmOf, principal: Principal = who) -> Response:
        return _told(read_wish(store, principal, firm, table=table, key=_key(request, table)), 200)

    return read


def _setter(store: Store, table: str, who: Principal) -> Callable[..., Response]:
    shape = FACTS[table]
    rest = [name for name in shape.columns if name not in (*shape.key, _BY)]
    fields: dict[str, Any] = {name: (ASKED[shape.columns[name]] | None, None) for name in rest}
    body: Any = create_model(f"{table}_set", **fields)

    def put(
        request: Request,
        firm: FirmOf,
        said: Annotated[body, Body()],
        principal: Principal = who,
        if_match: IfMatch = "",
        if_none_match: IfNoneMatch = "",
    ) -> Response:
        row = _key(request, table) | said.model_dump()
        seen = believed(if_match, if_none_match)
        stands, fresh = set_wish(store, principal, firm, table=table, row=row, seen=seen)
        return _told(stands, 201 if fresh else 200)

    return put


def _remover(store: Store, table: str, who: Principal) -> Callable[..., None]:
    def remove(request: Request, firm: FirmOf, principal: Principal = who, if_match: IfMatch = "") -> None:
        seen = believed(if_match, "")
        remove_wish(store, principal, firm, table=table, key=_key(request, table), seen=seen)

    return remove


def _told(row: dict[str, object], status: int) -> Response:
    body = {name: as_json(value) for name, value in row.items()}
    return JSONResponse(body, status, headers={"ETag": f'"{tag_of(row)}"'})
