"""Reads of a firm's records and of the market, made from the tables of resources: pages, filters, tags."""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response

from trimtab.api.columns import after_cursor, as_json, conditions_of, cursor_of, page_model, query_model
from trimtab.api.shapes import FirmOf
from trimtab.desk.access import Principal
from trimtab.desk.browse import MARKET, RESOURCES, Resource, read_page
from trimtab.desk.ports import Store

_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as the tag says."}}


def reads(store: Store, who: Principal) -> APIRouter:
    """One route a resource; under `market` what the desk publishes (the firm `*` is the desk itself)."""
    router = APIRouter()
    for part, tag, resources in (("", "records", RESOURCES), ("market/", "market", MARKET)):
        for name, resource in resources.items():
            place = f"/v1/firms/{{firm}}/{part}{name}"
            said = {"name": f"read {part}{name}", "tags": [tag]}
            model = page_model(f"{tag}_{name}", resource)
            answers = {200: {"model": model}} | _UNCHANGED
            router.get(place, responses=answers, response_model=None, **said)(  # type: ignore[arg-type]
                _reader(store, query_model(f"{tag}_{name}", resource), resource, who)
            )
    return router


def _reader(store: Store, asking: Any, resource: Resource, who: Principal) -> Callable[..., Response]:
    """The endpoint of one resource; `asking` is the model of its query."""

    def read(
        firm: FirmOf,
        asked: Annotated[asking, Query()],
        principal: Principal = who,
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        after = after_cursor(asked.cursor, resource)
        page = read_page(
            store,
            principal,
            firm,
            resource=resource,
            where=conditions_of(asked),
            after=after,
            limit=asked.limit,
        )
        rows = [{name: as_json(value) for name, value in row.items()} for row in page.rows]
        following = None if page.after is None else cursor_of(page.after)
        return tagged({"rows": rows, "next": following}, if_none_match)

    return read


def tagged(said: object, if_none_match: str) -> Response:
    """An answer in JSON with the tag of its content, or 304 where the asker has it."""
    body = json.dumps(said, allow_nan=False, separators=(",", ":")).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    if tag == if_none_match:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/json", headers={"ETag": tag})
