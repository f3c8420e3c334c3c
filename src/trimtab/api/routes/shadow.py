"""Shadow mode: what a firm really traded, kept and compared with what a run proposed."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from trimtab.api.columns import as_json
from trimtab.api.routes.reads import tagged
from trimtab.api.shapes import FirmOf, Id, IfNoneMatch, Said
from trimtab.desk import shadow as desk
from trimtab.desk.access import Principal
from trimtab.desk.ports import Store

_Exact = Annotated[Decimal, Field(gt=0, max_digits=29, decimal_places=9)]


class Trade(BaseModel):
    """One trade that the firm really made."""

    account_id: Said
    trade_id: Said
    security_id: Said
    side: Literal["buy", "sell"]
    quantity: _Exact
    price: _Exact | None = None


class Trades(BaseModel):
    """The firm's real trades of a business date."""

    as_of: date
    trades: Annotated[list[Trade], Field(max_length=10_000)]


class Kept(BaseModel):
    """How many trades were new."""

    kept: int


def shadow(store: Store, who: Principal) -> APIRouter:
    """Import and compare."""
    router = APIRouter(tags=["shadow"])

    @router.post("/v1/firms/{firm}/shadow_trades", status_code=201)
    def take(firm: FirmOf, said: Trades, principal: Principal = who) -> Kept:
        """Keep what the firm really traded on a day; the same trade again is the same."""
        trades = [one.model_dump() for one in said.trades]
        return Kept(kept=desk.import_trades(store, principal, firm, as_of=said.as_of, trades=trades))

    @router.get("/v1/firms/{firm}/shadow/{run_id}", response_model=None)
    def compare(
        firm: FirmOf, run_id: Id, principal: Principal = who, if_none_match: IfNoneMatch = ""
    ) -> Response:
        """A run's trades beside the firm's real ones of its business date."""
        found = desk.compare_run(store, principal, firm, run_id=run_id)
        rows = [
            {name: as_json(value) for name, value in row.items()} for row in found.rows.iter_rows(named=True)
        ]
        return tagged({"summary": dict(found.summary), "rows": rows}, if_none_match)

    return router
