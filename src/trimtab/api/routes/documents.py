"""Frontiers and rehearsals: worked out for a person who decides, and read again as they were."""

import json

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from trimtab.api.shapes import FirmOf, Id, Said
from trimtab.desk.access import Principal
from trimtab.desk.documents import plain, read_document
from trimtab.desk.drafts import REHEARSAL
from trimtab.desk.frontiers import FRONTIER, work_out_frontier
from trimtab.desk.ports import Store


class Asked(BaseModel):
    """The account whose frontier is asked for."""

    account_id: Said


class Frontier(BaseModel):
    """A frontier: the id under which it is kept, and its content; a point's number goes into a plan."""

    document_id: str
    content: dict[str, object]


def documents(store: Store, who: Principal) -> APIRouter:
    """Work out and read."""
    router = APIRouter(tags=["documents"])

    @router.post("/v1/firms/{firm}/frontiers", status_code=201)
    def work_out(firm: FirmOf, said: Asked, principal: Principal = who) -> Frontier:
        """The frontier of an account: tax against tracking error against time."""
        kept = work_out_frontier(store, principal, firm, account=said.account_id)
        content = plain(kept.content)
        assert isinstance(content, dict)
        return Frontier(document_id=kept.document_id, content=content)

    @router.get("/v1/firms/{firm}/frontiers/{document_id}", response_model=None)
    def read_frontier(firm: FirmOf, document_id: Id, principal: Principal = who) -> Response:
        """A frontier as it was kept."""
        return _document(store, principal, firm, FRONTIER, document_id)

    @router.get("/v1/firms/{firm}/rehearsals/{document_id}", response_model=None)
    def read_rehearsal(firm: FirmOf, document_id: Id, principal: Principal = who) -> Response:
        """A rehearsal as it was kept: its summary and every table."""
        return _document(store, principal, firm, REHEARSAL, document_id)

    return router


def _document(store: Store, principal: Principal, firm: str, kind: str, document_id: str) -> Response:
    row = read_document(store, principal, firm, kind=kind, document_id=document_id)
    said = plain(row)
    assert isinstance(said, dict)
    body = {**said, "content": json.loads(str(row["content"]))}
    return JSONResponse(body, headers={"ETag": f'"{row["content_digest"]}"'})
