"""The work list: the newest evaluation of every account in sight, filtered, sorted, a window at a time."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import polars as pl

from trimtab.desk.access import Principal, may_at
from trimtab.desk.ports import Store, Unit
from trimtab.desk.results import results_of
from trimtab.report.filters import FIELDS, condition
from trimtab.store.shapes import DESK, RESULTS

WINDOW: Final = 200
SEES: Final = "run:result:read"
_LAST: Final = 12
_OF_ACCOUNT: Final = ("account_id", "name", "household_id", "advisor_id", "custodian", "model_id", "tax_type")
_DONE: Final = ("done", "green", "red")


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Rows of the work list from a place on: `rows` (evaluations, with title, firm_id and what is known of the
    account; amounts as floats), how many there are in all, and of which days the evaluations are.
    """

    rows: pl.DataFrame
    total: int
    start: int
    as_of: tuple[str, ...]

    @property
    def next_start(self) -> int | None:
        """Where the next window begins; none where this is the last."""
        after = self.start + self.rows.height
        return after if after < self.total else None

    @staticmethod
    def none() -> "Window":
        """A window of no rows."""
        return Window(_EMPTY, 0, 0, ())


def newest_run(unit: Unit, firm: str) -> dict[str, object] | None:
    """The firm's newest finished night; none where there is none yet."""
    rows = unit.rows(
        "firm.runs", {"firm_id": firm, "kind": "night", "state": list(_DONE)}, last=True, limit=_LAST
    )
    return max(rows, key=lambda row: (str(row["as_of"]), str(row["started_at"])), default=None)


@dataclass(slots=True)
class Evaluations:
    """Evaluations of finished nights, each firm's newest kept by columns: what a night came to never changes."""

    firms_kept: int = 1000
    _kept: OrderedDict[tuple[str, str], pl.DataFrame] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, unit: Unit, firm: str, run: dict[str, object]) -> pl.DataFrame:
        """The evaluations of a firm's night, read within the firm where they are not at hand."""
        place = (firm, f"{run['run_id']} {run['result_digest']}")
        with self._lock:
            found = self._kept.get(place)
            if found is not None:
                self._kept.move_to_end(place)
                return found
        made = _read(unit, firm, run)
        with self._lock:
            for old in [key for key in self._kept if key[0] == firm]:
                del self._kept[old]
            self._kept[place] = made
            while len(self._kept) > self.firms_kept:
                self._kept.popitem(last=False)
        return made


def _read(unit: Unit, firm: str, run: dict[str, object]) -> pl.DataFrame:
    found = results_of(unit, str(run["run_id"]), "evaluations")
    until = run["edition_known_at"]
    accounts = unit.facts("facts.accounts", until=until, where={"firm_id": firm})  # type: ignore[arg-type]
    amounts = [name for name, kind in found.schema.items() if isinstance(kind, pl.Decimal)]
    return (
        found.with_columns(pl.col(amounts).cast(pl.Float64))
        .join(accounts.select(_OF_ACCOUNT), on="account_id", how="left", maintain_order="left")
        .with_columns(
            title=pl.coalesce("name", "account_id"),
            firm_id=pl.lit(firm),
            run_id=pl.lit(str(run["run_id"])),
            as_of=pl.lit(str(run["as_of"])),
        )
        .drop("name")
    )


def work(
    store: Store,
    principal: Principal,
    kept: Evaluations,
    *,
    asked: str = "",
    sort: str = "",
    start: int = 0,
    size: int | None = WINDOW,
) -> Window:
    """A window of the work list; `sort` is a field's name, with `-` in front from the largest down; `size` None is all.

    Without a sort, what waits for a person comes first. FilterError says what cannot be read of `asked`.
    """
    wanted = condition(asked)
    whole = pl.concat(_frames(store, principal, kept), how="vertical")
    found = _sorted(whole.filter(wanted), sort)
    rows = found.slice(start, size)
    days = tuple(sorted(set(whole["as_of"]), reverse=True))
    return Window(rows, found.height, start, days)


def _frames(store: Store, principal: Principal, kept: Evaluations) -> Iterable[pl.DataFrame]:
    firms = may_at(principal, SEES)
    frames = [_EMPTY]
    with store.unit(DESK) as unit:
        for firm in firms:
            with unit.within(firm):
                run = newest_run(unit, firm)
                if run is not None:
                    frames.append(kept.of(unit, firm, run))
        unit.record(principal.who, "read", "worklist", firms=len(frames) - 1)
    return frames


def _empty() -> pl.DataFrame:
    kinds = RESULTS["evaluations"].frame_schema
    plain = {name: pl.Float64() if isinstance(kind, pl.Decimal) else kind for name, kind in kinds.items()}
    more = (*_OF_ACCOUNT[2:], "title", "firm_id", "run_id", "as_of")
    return pl.DataFrame(schema=plain | dict.fromkeys(more, pl.String()))


_EMPTY: Final = _empty()


def _sorted(frame: pl.DataFrame, sort: str) -> pl.DataFrame:
    name = sort.removeprefix("-")
    own = ["firm_id", "account_id"]
    if name not in FIELDS:
        waits = (pl.col("release") != "review").fill_null(value=True)
        acts = (pl.col("decision") != "propose").fill_null(value=True)
        return frame.sort(waits, acts, *own)
    falls = sort.startswith("-")
    return frame.sort(FIELDS[name].value, *own, descending=[falls, False, False], nulls_last=True)
