"""Reads of a firm's records, made from the table of resources: pages, filters, tags."""

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from trimtab.api.problems import problem
from trimtab.desk.access import Principal
from trimtab.desk.browse import RESOURCES, key_as_text, read_page
from trimtab.desk.ports import Store


def reads(store: Store, who: Principal) -> APIRouter:
    """One route a resource."""
    router = APIRouter(tags=["records"])
    for name in RESOURCES:
        router.get(f"/v1/firms/{{firm}}/{name}", name=f"read {name}")(_reader(store, name, who))
    return router


def _reader(store: Store, name: str, who: Principal) -> Callable[..., Response]:
    def read(
        request: Request,
        firm: str,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
        cursor: str = "",
        principal: Principal = who,
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        where = {
            said: value for said, value in request.query_params.items() if said not in ("limit", "cursor")
        }
        if not set(where) <= set(RESOURCES[name].columns):
            return problem(422, "unknown-column", "a filter names no column")
        try:
            after = json.loads(base64.urlsafe_b64decode(cursor)) if cursor else []
        except ValueError:
            after = None
        if not isinstance(after, list) or not all(isinstance(part, str) for part in after):
            return problem(422, "bad-cursor", "the cursor is none that was given")
        rows = read_page(store, principal, firm, name=name, where=where, after=after, limit=limit)
        last = json.dumps(key_as_text(rows[-1], name)).encode() if len(rows) == limit else b""
        said = {"rows": rows, "next": base64.urlsafe_b64encode(last).decode() or None}
        body = json.dumps(said, default=str).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        if tag == if_none_match:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(body, media_type="application/json", headers={"ETag": tag})

    return read
