"""Shadow mode: a firm's real trades kept beside ours and compared; while it is signed nothing is released."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.ports import Store
from trimtab.desk.results import results_of
from trimtab.report.shadow import compared, summed
from trimtab.store.tables import TABLES, frame_schema

_SIDE = ("account_id", "security_id", "side", "quantity", "price")


@dataclass(frozen=True, slots=True)
class Compared:
    """A run beside the day's real trades: line by line, and in sum."""

    rows: pl.DataFrame
    summary: Mapping[str, object]


def import_trades(
    store: Store, principal: Principal, firm: str, *, as_of: date, trades: Sequence[Mapping[str, object]]
) -> int:
    """Keep what the firm really traded on a day (account_id, trade_id, security_id, side, quantity, price); how many
    were new. The same trade again is the same; another under its id is a DuplicateError.
    """
    may(principal, "run:shadow:write", firm)
    with store.unit(firm) as unit:
        kept = {
            (row["account_id"], row["trade_id"]): row
            for row in unit.rows("firm.shadow_trades", {"firm_id": firm, "as_of": as_of})
        }
        fresh = [
            {**trade, "firm_id": firm, "as_of": as_of}
            for trade in trades
            if not _is_kept(kept.get((trade["account_id"], trade["trade_id"])), trade)
        ]
        unit.insert(
            "firm.shadow_trades", *({**r, "made_by": principal.user_id, "made_at": unit.now} for r in fresh)
        )
        unit.record(principal.who, "shadow:import", firm, as_of=as_of.isoformat(), trades=len(fresh))
    return len(fresh)


def _is_kept(row: Mapping[str, object] | None, trade: Mapping[str, object]) -> bool:
    return row is not None and all(row[name] == value for name, value in trade.items())


def compare_run(store: Store, principal: Principal, firm: str, *, run_id: str) -> Compared:
    """A finished run's trades beside the firm's real trades of its business date."""
    may(principal, "run:shadow:read", firm)
    with store.unit(firm) as unit:
        runs = unit.rows("firm.runs", {"firm_id": firm, "run_id": run_id})
        if not runs or runs[0]["finished_at"] is None:
            raise AbsentError
        ours = results_of(unit, run_id, "trades").select(_SIDE)
        rows = unit.rows("firm.shadow_trades", {"firm_id": firm, "as_of": runs[0]["as_of"]})
        unit.record(principal.who, "shadow:compare", run_id, trades=len(rows))
    theirs = pl.DataFrame(rows, schema=frame_schema(TABLES["firm.shadow_trades"]), orient="row").select(_SIDE)
    found = compared(ours, theirs)
    return Compared(found, summed(found))
