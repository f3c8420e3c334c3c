"""Proposals of a run: put up for approval, approved as they were seen, released."""

from fastapi import APIRouter
from pydantic import BaseModel

from trimtab.api.shapes import FirmOf, Id, Said, Seen
from trimtab.desk import approve as desk
from trimtab.desk.access import Principal
from trimtab.desk.ports import Store


class Proposed(BaseModel):
    """An account of a finished run."""

    run_id: Said
    account_id: Said


def proposals(store: Store, who: Principal) -> APIRouter:
    """From a run's trades to their release."""
    router = APIRouter(tags=["proposals"])

    @router.post("/v1/firms/{firm}/proposals", status_code=201)
    def propose(firm: FirmOf, said: Proposed, principal: Principal = who) -> dict[str, str]:
        """Put an account's trades of a finished run up for approval."""
        made = desk.propose_run(store, principal, firm, run_id=said.run_id, account=said.account_id)
        return {"proposal_id": made}

    place = "/v1/firms/{firm}/proposals/{kind}/{proposal_id}"

    @router.post(f"{place}/approve", status_code=204)
    def approve(firm: FirmOf, kind: Id, proposal_id: Id, said: Seen, principal: Principal = who) -> None:
        """Approve exactly what was seen."""
        seen = {"kind": kind, "proposal_id": proposal_id, "content_digest": said.content_digest}
        desk.approve(store, principal, firm, **seen)

    @router.post(f"{place}/release", status_code=204)
    def release(firm: FirmOf, kind: Id, proposal_id: Id, said: Seen, principal: Principal = who) -> None:
        """Release or publish what stands approved."""
        seen = {"kind": kind, "proposal_id": proposal_id, "content_digest": said.content_digest}
        desk.let_out(store, principal, firm, **seen)

    return router
