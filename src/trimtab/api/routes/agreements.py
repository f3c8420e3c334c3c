"""What a firm signs: delegations, the threshold of four eyes, shadow mode."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from trimtab.api.shapes import FirmOf, Id, Key, Said
from trimtab.desk import agreements as desk
from trimtab.desk.access import Principal
from trimtab.desk.ports import Store


class Agreement(BaseModel):
    """A kind of agreement and its value: a kind of subject, dollars, or `on`."""

    kind: Literal["delegation", "four_eyes", "shadow"]
    value: Said


class Signed(BaseModel):
    """The id of an agreement."""

    agreement_id: str


def agreements(store: Store, who: Principal) -> APIRouter:
    """Sign and end."""
    router = APIRouter(tags=["agreements"])

    @router.post("/v1/firms/{firm}/agreements", status_code=201)
    def sign(firm: FirmOf, said: Agreement, key: Key, principal: Principal = who) -> Signed:
        """Sign an agreement for the firm."""
        told = {"kind": said.kind, "value": said.value, "key": key}
        return Signed(agreement_id=desk.sign(store, principal, firm, **told))

    @router.delete("/v1/firms/{firm}/agreements/{agreement_id}", status_code=204)
    def end(firm: FirmOf, agreement_id: Id, principal: Principal = who) -> None:
        """End an agreement, from the next act on."""
        desk.end_agreement(store, principal, firm, agreement_id=agreement_id)

    return router
