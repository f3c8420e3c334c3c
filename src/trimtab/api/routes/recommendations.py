"""Recommendations: published by the desk to every firm; each firm sees their effect, and alone decides."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from trimtab.api.columns import as_json
from trimtab.api.routes.drafts import Made
from trimtab.api.routes.reads import tagged
from trimtab.api.shapes import FirmOf, Id, IfNoneMatch, Key, Said
from trimtab.desk import recommend as desk
from trimtab.desk.access import Principal
from trimtab.desk.ports import Store


class Recommendation(BaseModel):
    """What is recommended of a security, by whom, and why."""

    status: Literal["approved", "watch", "closed", "sell"]
    successor: Said | None = None
    by: Annotated[Literal["desk", "consultant"], Field()] = "desk"
    reason: Said


def recommendations(store: Store, who: Principal) -> APIRouter:
    """Publish, see, take."""
    router = APIRouter(tags=["recommendations"])

    @router.put("/v1/recommendations/{security_id}", status_code=204)
    def publish(security_id: Id, said: Recommendation, principal: Principal = who) -> None:
        """Publish a recommendation to every firm; nothing is traded for it."""
        desk.recommend(store, principal, {"security_id": security_id, **said.model_dump()})

    @router.get("/v1/firms/{firm}/recommendations", response_model=None)
    def to_firm(firm: FirmOf, principal: Principal = who, if_none_match: IfNoneMatch = "") -> Response:
        """What is recommended to the firm and it has not taken, with the effect on its accounts."""
        rows = desk.recommendations_to(store, principal, firm).iter_rows(named=True)
        said = [{name: as_json(value) for name, value in row.items()} for row in rows]
        return tagged({"rows": said}, if_none_match)

    @router.post("/v1/firms/{firm}/recommendations/{security_id}/take", status_code=201)
    def take(firm: FirmOf, security_id: Id, key: Key, principal: Principal = who) -> Made:
        """Draft the firm's approved list with the recommendation taken."""
        made = desk.take_recommendation(store, principal, firm, security=security_id, key=key)
        return Made(proposal_id=made)

    return router
