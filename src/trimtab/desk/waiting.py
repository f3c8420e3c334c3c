"""What waits at a firm: proposals that are rehearsed or approved, with the figures that a person decides by."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.approve import propose_run
from trimtab.desk.ports import Store
from trimtab.desk.results import results_of
from trimtab.desk.subjects import APPROVED, DRAFT, REHEARSED, RUN, notional_of
from trimtab.desk.worklist import newest_run


@dataclass(frozen=True, slots=True)
class Waiting:
    """One proposal: of a run's trades (with counts and dollars; None is unknown), or of a model, list or policy."""

    proposal_id: str
    kind: str
    subject: str
    as_of: object
    state: str
    content_digest: str
    made_by: str
    run_id: str | None
    trades: int | None = None
    notional: Decimal | None = None
    gain: Decimal | None = None
    tax: Decimal | None = None


def waiting_proposals(store: Store, principal: Principal, firm: str) -> list[Waiting]:
    """Every proposal of the firm that has not ended, largest trades first."""
    may(principal, "trade:proposal:read", firm)
    with store.unit(firm) as unit:
        rows = unit.rows("firm.proposals", {"firm_id": firm, "state": [DRAFT, REHEARSED, APPROVED]})
        unit.record(principal.who, "read", "proposals", rows=len(rows))
    found = [_waiting(row) for row in rows]
    return sorted(found, key=lambda one: (one.state, -(one.notional or Decimal(0)), one.proposal_id))


def _waiting(row: Mapping[str, object]) -> Waiting:
    names = ("proposal_id", "kind", "subject", "as_of", "state", "content_digest", "made_by", "run_id")
    own: dict[str, object] = {name: row[name] for name in names}
    if row["kind"] == RUN:
        trades = json.loads(str(row["content"]))["trades"]
        own |= {"trades": len(trades), "notional": notional_of(row)}
        own |= {"gain": _sum(trades, "gain_short", "gain_long"), "tax": _sum(trades, "tax")}
    return Waiting(**own)  # type: ignore[arg-type]


def _sum(trades: list[dict[str, str | None]], *names: str) -> Decimal | None:
    """The sum of what trades say; None where one of them says nothing."""
    said = [trade[name] for trade in trades for name in names]
    return None if None in said else sum((Decimal(str(one)) for one in said), Decimal(0))


def make_proposals(store: Store, principal: Principal, firm: str) -> int:
    """Stand every account that the firm's newest night proposes for approval; those that stand already stay."""
    may(principal, "trade:proposal:make", firm)
    with store.unit(firm) as unit:
        run = newest_run(unit, firm)
        if run is None:
            raise AbsentError
        run_id = str(run["run_id"])
        found = results_of(unit, run_id, "evaluations").filter(pl.col("decision") == "propose")
        traded = results_of(unit, run_id, "trades")
        accounts = found.join(traded, on="account_id", how="semi")["account_id"].to_list()
        unit.record(principal.who, "trade:proposal:make", run_id, accounts=len(accounts))
    for account in accounts:
        propose_run(store, principal, firm, run_id=run_id, account=account)
    return len(accounts)
