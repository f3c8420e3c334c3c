"""Nights: planned here, evaluated by worker processes."""

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel

from trimtab.api.shapes import Said
from trimtab.desk.access import Principal
from trimtab.desk.night import plan_night
from trimtab.desk.ports import Store


class Plan(BaseModel):
    """Which day, and which firms (none: all)."""

    as_of: date | None = None
    firms: list[Said] = []


class Planned(BaseModel):
    """A run: `python -m trimtab.batch RUN` works on it, on any number of machines."""

    run_id: str
    as_of: date
    firms: list[str]
    state: str


def nights(store: Store, who: Principal) -> APIRouter:
    """Plan."""
    router = APIRouter(tags=["nights"])

    @router.post("/v1/nights", status_code=201)
    def plan(said: Plan, principal: Principal = who) -> Planned:
        """Plan the night of a business date on what is known now; the same again is the same run."""
        night = plan_night(store, principal, as_of=said.as_of, firms=said.firms)
        return Planned(run_id=night.run_id, as_of=night.as_of, firms=list(night.firms), state=night.state)

    return router
