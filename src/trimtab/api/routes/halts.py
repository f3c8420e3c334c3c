"""Halts: nothing is released while one stands; `*` is the desk."""

from fastapi import APIRouter
from pydantic import BaseModel

from trimtab.api.shapes import FirmOf, Id, Key, Said
from trimtab.desk import halt as desk
from trimtab.desk.access import Principal
from trimtab.desk.ports import Store
from trimtab.store.shapes import DESK


class Halt(BaseModel):
    """What to halt, and why."""

    level: Said
    subject: Said
    why: Said


def halts(store: Store, who: Principal) -> APIRouter:
    """Set and lift."""
    router = APIRouter(tags=["halts"])

    @router.post("/v1/firms/{firm}/halts", status_code=201)
    def set_halt(firm: FirmOf, said: Halt, key: Key, principal: Principal = who) -> dict[str, str]:
        """Halt a firm, an account or a security of it, at once; with the firm `*` everything of every firm."""
        if firm == DESK:
            return {"halt_id": desk.halt_desk(store, principal, why=said.why, key=key)}
        return {"halt_id": desk.halt(store, principal, firm, key=key, **said.model_dump())}

    @router.delete("/v1/firms/{firm}/halts/{halt_id}", status_code=204)
    def lift_halt(firm: FirmOf, halt_id: Id, principal: Principal = who) -> None:
        """Lift a halt."""
        if firm == DESK:
            desk.lift_desk(store, principal, halt_id=halt_id)
        else:
            desk.lift(store, principal, firm, halt_id=halt_id)

    return router
