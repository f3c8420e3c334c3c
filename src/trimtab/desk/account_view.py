"""One account as a person looks at it: its newest evaluation in full, what it holds, and its history by day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import polars as pl

from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.gifts import GIFTS
from trimtab.desk.plans import plans_in_force
from trimtab.desk.ports import Store, Unit
from trimtab.desk.results import results_of
from trimtab.desk.worklist import newest_run
from trimtab.report.view import RunView
from trimtab.store.shapes import DESK, FACTS

_TABLES: Final = (
    "evaluations", "trades", "sales", "reasons", "conflicts", "settings", "targets", "wash_windows",
)  # fmt: skip
_DAYS: Final = 60
_HISTORY: Final = (
    "as_of", "decision", "why", "release", "drift_before", "tracking_error_before", "turnover", "tax", "run_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class AccountView:
    """An account as the run `run_id` saw it. `view` holds its rows of that run's tables and the names they need;
    `lots` its lots with price and gain; `restrictions` those of its own scope; `flows` its cash to come and go;
    `history` one row a night, newest first.
    """

    firm_id: str
    account: Mapping[str, object]
    run_id: str
    view: RunView
    lots: pl.DataFrame
    restrictions: pl.DataFrame
    flows: pl.DataFrame
    history: pl.DataFrame


def account_view(store: Store, principal: Principal, firm: str, account_id: str) -> AccountView:
    """The account in the firm's newest night that evaluated it; AbsentError where none did."""
    may(principal, "book:account:read", firm)
    may(principal, "run:result:read", firm)
    with store.unit(DESK) as unit, unit.within(firm):
        run = newest_run(unit, firm)
        if run is None:
            raise AbsentError
        found = _viewed(unit, firm, account_id, run)
        unit.record(principal.who, "read", account_id, what="account")
    return found


def _viewed(unit: Unit, firm: str, account_id: str, run: Mapping[str, object]) -> AccountView:
    run_id, until = str(run["run_id"]), run["edition_known_at"]
    assert isinstance(until, datetime)
    own = {"account_id": account_id}
    tables = {name: results_of(unit, run_id, name, own) for name in _TABLES}

    def facts(name: str, where: Mapping[str, object]) -> pl.DataFrame:
        found = unit.facts(f"facts.{name}", until=until, where={"firm_id": firm} | dict(where))
        return found.select(*FACTS[name].columns)

    accounts = facts("accounts", own)
    if accounts.is_empty() or tables["evaluations"].is_empty():
        raise AbsentError
    lots = facts("lots", own)
    named = pl.concat([tables[name]["security_id"] for name in ("trades", "sales", "reasons", "targets")])
    ids = sorted({*named.drop_nulls(), *lots["security_id"].drop_nulls()})
    securities = unit.facts("market.securities", until=until, where={"security_id": ids})
    as_of = run["as_of"]
    assert isinstance(as_of, date)
    view = RunView(
        account_id,
        as_of,
        tables,
        {},
        accounts,
        facts("firms", {}),
        securities.select(*FACTS["securities"].columns),
        plans_in_force(facts("plans", own), as_of),
        pl.DataFrame(schema=GIFTS),
    )
    return AccountView(
        firm,
        accounts.row(0, named=True),
        run_id,
        view,
        _valued(lots, view.securities),
        facts("restrictions", {"scope": "account", "scope_id": account_id}),
        facts("cash_flows", own),
        _history(unit, firm, account_id),
    )


def _valued(lots: pl.DataFrame, securities: pl.DataFrame) -> pl.DataFrame:
    """Lots with price, value and gain in dollars; unknown where the price or the basis is."""
    priced = lots.join(
        securities.select("security_id", "price", factor=pl.col("price_factor").fill_null(1)),
        on="security_id",
        how="left",
        maintain_order="left",
    )
    value = (
        pl.col("quantity").cast(pl.Float64)
        * pl.col("price").cast(pl.Float64)
        * pl.col("factor").cast(pl.Float64)
    )
    basis = pl.col("quantity").cast(pl.Float64) * pl.col("unit_cost").cast(pl.Float64)
    basis = basis * pl.col("factor").cast(pl.Float64)
    valued = priced.with_columns(value=value, gain=value - basis).sort("security_id", "acquired", "lot_id")
    return valued.drop("factor")


def _history(unit: Unit, firm: str, account_id: str) -> pl.DataFrame:
    runs = unit.rows("firm.runs", {"firm_id": firm, "kind": "night"}, last=True, limit=_DAYS)
    days = pl.DataFrame(
        [(str(row["run_id"]), row["as_of"], row["started_at"]) for row in runs],
        schema={"run_id": pl.String, "as_of": pl.Date, "started_at": pl.Datetime("us", "UTC")},
        orient="row",
    )
    where = {"firm_id": firm, "run_id": days["run_id"].to_list(), "account_id": account_id}
    rows = unit.frame("results.evaluations", where)
    joined = rows.join(days, on="run_id", how="inner").sort("as_of", "started_at", descending=True)
    return joined.select(_HISTORY)
