"""Replay: a kept run computed again from the facts as they were known, compared stage by stage."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.evaluation_ledger import told_of
from trimtab.desk.firm_night import KEPT, Evaluated, Market, evaluate, read_firm, shard_of, stage_digests
from trimtab.desk.ports import Reader, Store, Unit
from trimtab.desk.rebalance import Advance
from trimtab.desk.results import results_of
from trimtab.store.shapes import DESK, RESULTS

STORED = "stored rows: "


@dataclass(frozen=True, slots=True)
class Replayed:
    """One firm's part computed again: accounts, and the first stage that differs; null where all is the same."""

    firm_id: str
    accounts: int
    differs: str | None


def replay(
    store: Store,
    principal: Principal,
    run_id: str,
    *,
    account: str | None = None,
    threads: int = 1,
    advance: Advance,
) -> list[Replayed]:
    """Compute a run again, or one account of it, and compare digests with those kept and with the rows kept."""
    may(principal, "desk:night:read", DESK)
    market, found = Market(), []
    with store.unit(DESK) as unit, store.reader() as reader:
        rows = [row for row in unit.rows("desk.shards", {"run_id": run_id}) if row["state"] == "done"]
        for row in rows:
            stored = _stored(unit, str(row["firm_id"]), run_id, account)
            if account is None or len(stored["evaluations"]):
                again = _again(
                    unit, reader, row, market=market, only=account, threads=threads, advance=advance
                )
                told = None if account else told_of(unit, str(row["firm_id"]), run_id).get("stages", {})
                found.append(_compared(str(row["firm_id"]), told, stored, again))
        if not found:
            raise AbsentError
        unit.record(principal.who, "night:replay", run_id, firms=len(found))
    return found


def _again(
    unit: Unit,
    reader: Reader,
    row: Mapping[str, object],
    *,
    market: Market,
    only: str | None,
    threads: int,
    advance: Advance,
) -> Evaluated:
    book, risk = read_firm(unit, reader, shard_of(row).edition, market)
    return evaluate(book, risk, advance=advance, threads=threads, only=only)


def _stored(unit: Unit, firm: str, run_id: str, account: str | None) -> dict[str, pl.DataFrame]:
    def where(name: str) -> dict[str, str]:
        return {} if account is None or "account_id" not in RESULTS[name].columns else {"account_id": account}

    with unit.within(firm):
        return {name: results_of(unit, run_id, name, where(name)) for name in KEPT}


def _compared(
    firm: str, told: Mapping[str, str] | None, stored: Mapping[str, pl.DataFrame], again: Evaluated
) -> Replayed:
    """The first stage whose digest is another than was told when it was kept, else the first table changed since."""
    different = (
        [] if told is None else [name for name, digest in again.stages.items() if told.get(name) != digest]
    )
    kept, now = stage_digests(stored), stage_digests(again.tables)
    different += [STORED + name for name, digest in now.items() if kept[name] != digest]
    return Replayed(firm, len(again.tables["evaluations"]), different[0] if different else None)
