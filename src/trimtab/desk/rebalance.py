"""Rebalance: evaluate every account of a book, stage by stage, and draw up all tables out."""

import resource
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from trimtab.book.failures import failures_frame
from trimtab.book.read import Book
from trimtab.core.clock import seconds
from trimtab.desk.answer import Answered
from trimtab.desk.day import Day, Risk, open_day
from trimtab.desk.digests import whole_digest
from trimtab.desk.disposal import unsold
from trimtab.desk.forced_loss import shortfalls
from trimtab.desk.frontier import with_points
from trimtab.desk.household import settle
from trimtab.desk.jointly import answer_everyone
from trimtab.desk.location import stand_located
from trimtab.desk.outcome import Outcome, conclude
from trimtab.desk.propose import Before, stand
from trimtab.desk.reasons import conflicts_of, reasons_of
from trimtab.desk.research import proposals_to_firms
from trimtab.desk.sell_down import with_sales_first
from trimtab.desk.tables import ENGINE, summary, tables_out
from trimtab.desk.transition import left_after, plan_facts, queued, with_queue
from trimtab.desk.units import Ties, lend_stand_ins, ties
from trimtab.desk.versions import newly_in_force
from trimtab.desk.yielded import yielded
from trimtab.optimize.warm import warm_up

Advance = Callable[[str, int, int], None]
"""Told a stage's name, how much of it is done and how much there is (0 where that is not known)."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One evaluation of a book: the tables out by name, `summary.json`, and the day and outcome behind them."""

    tables: dict[str, pl.DataFrame]
    summary: dict[str, object]
    day: Day
    outcome: Outcome

    @property
    def complete(self) -> bool:
        """Whether each enrolled account was evaluated."""
        return self.summary["enrolled"] == self.summary["evaluated"]


@dataclass(slots=True)
class Stopwatch:
    """Seconds by stage; `clock` counts seconds from anywhere (the caller's, so that this floor asks no time)."""

    clock: Callable[[], float]
    spent: dict[str, float] = field(default_factory=dict)
    _since: tuple[str, float] | None = None

    def start(self, stage: str) -> None:
        """End the running stage and begin one."""
        now = self.clock()
        if self._since is not None:
            name, began = self._since
            self.spent[name] = self.spent.get(name, 0.0) + now - began
        self._since = (stage, now) if stage else None


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A day with every account's answer and decision, before anything is explained or drawn up."""

    day: Day
    answered: list[Answered]
    outcome: Outcome
    solve_ms: pl.DataFrame


def decide(
    book: Book,
    *,
    workers: int = 1,
    only: str | None = None,
    advance: Advance,
    watch: Stopwatch | None = None,
    risk: Risk | None = None,
    changed: frozenset[str] = frozenset(),
) -> Decided:
    """What every account of a book decides; the arguments are those of `rebalance`."""
    watch = watch or Stopwatch(seconds)

    def stage(name: str) -> None:
        watch.start(name)
        advance(name, 0, 0)

    stage("engine")
    warm_up()
    day = open_day(book, stage, risk=risk)
    if only is not None:
        day = _narrowed(day, only)
    stage("stand")
    day, before = _stood(with_points(day), changed | newly_in_force(book.tables, book.as_of))
    asking = before.accounts.filter(pl.col("hold").is_null())
    stage("solve")
    solving = _Solving(workers, advance, watch.clock)
    tied = ties(day, asking)
    day = lend_stand_ins(day, tied)
    first = solving.solve(day, asking, tied)
    stage("conclude")
    day, answered, outcome = settle(
        day,
        first,
        asking=asking,
        tied=tied,
        conclude=lambda on, groups: conclude(on, before, groups),
        solve=solving.solve,
    )
    return Decided(day, answered, outcome, solving.spent())


def rebalance(
    book: Book,
    *,
    workers: int = 1,
    only: str | None = None,
    advance: Advance,
    watch: Stopwatch | None = None,
    risk: Risk | None = None,
    changed: frozenset[str] = frozenset(),
) -> Run:
    """Evaluate every account of a book, or `only` one with its limits and shared year unchanged.

    `risk` is the book's risk model where it was built before; `changed` are accounts whose model, list or policy
    changed since yesterday: they are asked whatever their bands say.
    """
    watch = watch or Stopwatch(seconds)

    def stage(name: str) -> None:
        watch.start(name)
        advance(name, 0, 0)

    found = decide(book, workers=workers, only=only, advance=advance, watch=watch, risk=risk, changed=changed)
    day, answered, outcome = found.day, found.answered, found.outcome
    stage("explain")
    left = left_after(day, outcome)
    reasons = with_queue(reasons_of(day, outcome, answered), queued(day, outcome, left))
    conflicts = pl.concat(
        [
            conflicts_of(day, outcome, answered),
            unsold(day, outcome),
            shortfalls(day, outcome),
            yielded(day, answered, outcome),
        ]
    )
    conflicts = conflicts.unique(["account_id", "limit"], keep="first").sort("account_id", "limit")
    stage("tables")
    planned = plan_facts(day, outcome, left)
    tables = tables_out(
        day, outcome, reasons=reasons, conflicts=conflicts, solve_ms=found.solve_ms, planned=planned
    )
    if only is not None:
        tables = _only(tables, only)
    tables["list_proposals"] = proposals_to_firms(book.tables)
    tables["failures"] = failures_frame(day.failures)
    watch.start("")
    digests = {"book": book.digest, "result": whole_digest(tables["evaluations"]), "engine": ENGINE}
    said = summary(tables, digests=digests, stages=watch.spent, memory=_peak_memory())
    return Run(tables, said, day, outcome)


def _stood(day: Day, changed: frozenset[str]) -> tuple[Day, Before]:
    """The day with what goes before the rest is weighed, and where every account then stands."""
    before = stand(day, changed=changed)
    day = with_sales_first(day, before.accounts)
    return stand_located(day, stand(day, changed=changed) if len(day.disposed) else before, changed=changed)


@dataclass(slots=True)
class _Solving:
    """All solves of a run, and each account's share of their time by its iterations (milliseconds)."""

    workers: int
    advance: Advance
    clock: Callable[[], float]
    _times: list[pl.DataFrame] = field(default_factory=list)

    def solve(self, day: Day, asking: pl.DataFrame, tied: Ties) -> list[Answered]:
        """Answers of the accounts that ask."""
        done = 0

        def told(count: int) -> None:
            nonlocal done
            done += count
            self.advance("solve", done, len(asking))

        answered: list[Answered] = []
        last = self.clock()
        for group in answer_everyone(day, asking, tied, threads=self.workers, advance=told):
            answered.append(group)
            now = self.clock()
            work = group.answers.iterations + 1.0
            share = np.asarray(1000.0 * (now - last) * work / work.sum())
            self._times.append(
                pl.DataFrame({"account_id": group.asked.assembled.account_ids, "solve_ms": share})
            )
            last = now
        return answered

    def spent(self) -> pl.DataFrame:
        """account_id, solve_ms."""
        empty = pl.DataFrame(schema={"account_id": pl.String, "solve_ms": pl.Float64})
        return pl.concat([empty, *self._times]).group_by("account_id").agg(pl.col("solve_ms").sum())


def _narrowed(day: Day, account_id: str) -> Day:
    """The same day with one account enrolled, and those whose trades may touch its own: its kin."""
    kin = {account_id}
    for one in (day.tables["accounts"].filter(pl.col("account_id") == account_id)).iter_rows(named=True):
        for key in ("household_id", "taxpayer_id"):
            same = day.tables["accounts"].filter(pl.col(key) == pl.lit(one[key], dtype=pl.String))
            kin |= set(same["account_id"])
    return replace(day, accounts=day.accounts.filter(pl.col("account_id").is_in(sorted(kin))))


def _only(tables: dict[str, pl.DataFrame], account_id: str) -> dict[str, pl.DataFrame]:
    """The rows of one account; what names no account stays."""
    return {
        name: frame.filter(pl.col("account_id") == account_id) if "account_id" in frame.columns else frame
        for name, frame in tables.items()
    }


def _peak_memory() -> float:
    """Peak resident memory of this process, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
