"""Drafts of models, approved lists and policies: written, revised, rehearsed; approved and published as proposals."""

import json
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from trimtab.api.columns import as_json
from trimtab.api.shapes import FirmOf, Id, IfMatch, Key, Rows, Said, believed
from trimtab.desk import drafts as desk
from trimtab.desk.access import Principal
from trimtab.desk.customize import ANY
from trimtab.desk.documents import plain
from trimtab.desk.ports import Store
from trimtab.desk.waits import read_subject

Content = Annotated[
    dict[Said, Rows],
    Field(
        description="Rows by table: `models` and `products`, `approved_list`, or `policies` and `restrictions`.",
        examples=[
            {"models": [{"model_id": "M9", "node_id": "all", "kind": "security", "ref": "VTI", "weight": 1}]}
        ],
    ),
]


class Draft(BaseModel):
    """What is drafted, about what, and the day on which it takes effect."""

    kind: Literal["model", "list", "policy"]
    subject: Said
    as_of: date
    content: Content


class Revised(BaseModel):
    """The new content of a draft."""

    content: Content


class Made(BaseModel):
    """The id of a draft."""

    proposal_id: str


class Standing(BaseModel):
    """The digest that now stands."""

    content_digest: str


class Rehearsed(BaseModel):
    """A rehearsal: the run and document that it left, the digest to approve, and its summary."""

    run_id: str
    content_digest: str
    summary: dict[str, object]


def drafts(store: Store, who: Principal) -> APIRouter:
    """From a draft to its rehearsal; what is rehearsed is approved and published under `proposals`."""
    router = APIRouter(tags=["drafts"])

    @router.post("/v1/firms/{firm}/drafts", status_code=201)
    def draft(firm: FirmOf, said: Draft, key: Key, principal: Principal = who) -> Made:
        """Draft a model, an approved list or a policy."""
        text = _text(said.content)
        told = {"kind": said.kind, "subject": said.subject, "content": text, "key": key}
        return Made(proposal_id=desk.draft(store, principal, firm, as_of=said.as_of, **told))

    place = "/v1/firms/{firm}/proposals/{kind}/{proposal_id}"

    @router.get(place, response_model=None)
    def read(firm: FirmOf, kind: Id, proposal_id: Id, principal: Principal = who) -> Response:
        """A draft or a proposal with its content; the ETag is the digest to approve."""
        row = read_subject(store, principal, firm, kind=kind, proposal_id=proposal_id)
        body = {name: as_json(value) for name, value in row.items()} | {
            "content": json.loads(str(row["content"]))
        }
        return JSONResponse(body, headers={"ETag": f'"{row["content_digest"]}"'})

    @router.put(f"{place}/content")
    def revise(
        firm: FirmOf,
        kind: Id,
        proposal_id: Id,
        said: Revised,
        if_match: IfMatch = "",
        principal: Principal = who,
    ) -> Standing:
        """Change the content of a draft: it is rehearsed and approved anew."""
        seen = believed(if_match, "").tag
        told = {"kind": kind, "proposal_id": proposal_id, "content": _text(said.content)}
        new = desk.revise(store, principal, firm, seen=None if seen == ANY else seen, **told)
        return Standing(content_digest=new)

    @router.post(f"{place}/rehearse", status_code=201)
    def rehearse(firm: FirmOf, kind: Id, proposal_id: Id, principal: Principal = who) -> Rehearsed:
        """Have the engine decide every account that the draft can reach."""
        done = desk.rehearse_draft(store, principal, firm, kind=kind, proposal_id=proposal_id)
        summary = plain(done.summary)
        assert isinstance(summary, dict)
        return Rehearsed(run_id=done.run_id, content_digest=done.content_digest, summary=summary)

    return router


def _text(content: object) -> str:
    """Content in one form, so that the same content has the same digest."""
    return json.dumps(content, sort_keys=True, allow_nan=False, separators=(",", ":"))
