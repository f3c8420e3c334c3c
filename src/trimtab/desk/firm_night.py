"""One firm's part of a night: its book as it was known, evaluated, with a digest of every stage on the way."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from trimtab.book.read import Book
from trimtab.core.digest import digest
from trimtab.core.result import Failure
from trimtab.desk.day import Day, Risk, risk_model
from trimtab.desk.digests import rows_digest
from trimtab.desk.editions import Edition
from trimtab.desk.extract import book_of, market_tables
from trimtab.desk.ports import Reader, Unit
from trimtab.desk.rebalance import Advance, rebalance
from trimtab.store.shapes import RESULTS

_UNTIMED = ("solve_ms", "engine")
_BY_ACCOUNT = {
    "settings of accounts": "settings_digest",
    "inputs": "inputs_digest",
    "decisions": "result_digest",
}
KEPT = tuple(name for name in RESULTS if name != "failures")
"""The tables out that a night keeps, in the order in which they are compared."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One firm's part of a run: which edition it reads, and how many accounts that enrols."""

    run_id: str
    number: int
    edition: Edition
    accounts: int

    @property
    def firm(self) -> str:
        """The firm whose part it is."""
        return self.edition.firm_id


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """What a shard came to: tables in the store's columns, digests by stage in order, and accounts whose losses were
    not looked at though their policy says so.
    """

    tables: dict[str, pl.DataFrame]
    stages: dict[str, str]
    unharvested: tuple[str, ...]
    failures: tuple[Failure, ...]
    summary: dict[str, object]

    @property
    def digest(self) -> str:
        """One digest of all of it."""
        return digest(self.stages)


@dataclass(slots=True)
class Market:
    """The market's tables and risk model of the moment read last: firms of one night share them."""

    until: datetime | None = None
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    risk: Risk | None = None

    def at(self, reader: Reader, until: datetime | None, as_of: date) -> Risk:
        """Read the market of a moment where it is not the one at hand; its risk model."""
        if self.risk is None or self.until != until:
            self.until, self.tables = until, market_tables(reader, until)
            self.risk = risk_model(self.tables, as_of)
        return self.risk


def read_firm(unit: Unit, reader: Reader, edition: Edition, market: Market) -> tuple[Book, Risk]:
    """A firm's book in an edition and the risk model of its market; the desk's unit, which changes nothing."""
    risk = market.at(reader, edition.market_known_at, edition.as_of)
    return book_of(unit, reader, edition, market.tables), risk


def evaluate(
    book: Book, risk: Risk, *, advance: Advance, threads: int = 1, only: str | None = None
) -> Evaluated:
    """Evaluate the accounts of a firm's book, or `only` one."""
    run = rebalance(book, workers=threads, only=only, advance=advance, risk=risk)
    tables = {name: _as_kept(name, run.tables[name]) for name in KEPT}
    stages = {"book": book.digest, "risk model": risk[0].digest} | stage_digests(tables)
    unharvested = unharvested_of(run.day, tables["evaluations"])
    return Evaluated(tables, stages, unharvested, run.day.failures, run.summary)


def _as_kept(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    shape = RESULTS[name]
    assert set(frame.columns) <= set(shape.columns), f"{name}: a column has no place in the store"
    return frame.select(pl.col(c).cast(k) for c, k in shape.frame_schema.items()).sort(shape.key)


def stage_digests(tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """A digest for each stage that tables out tell of, in the order of the work; no times, no version."""
    evaluations = tables["evaluations"]
    told = {
        stage: rows_digest(evaluations.select("account_id", column)) for stage, column in _BY_ACCOUNT.items()
    }
    rows = {name: rows_digest(tables[name].drop(_UNTIMED, strict=False)) for name in KEPT if name in tables}
    return told | rows


def unharvested_of(day: Day, evaluations: pl.DataFrame) -> tuple[str, ...]:
    """Taxable accounts whose policy says to harvest and whose losses nobody looked at: not evaluated at all, or a loss
    large enough that the gate could not judge because the security's volatility is unknown.
    """
    wanted = day.settings.wide.filter(pl.col("harvest")).select(
        "account_id", "harvest_gate", "harvest_min_loss"
    )
    judged = day.model.security_ids
    blind = (
        day.facts.filter(pl.col("taxed") & ~pl.col("security_id").is_in(list(judged)))
        .join(wanted, on="account_id")
        .filter((pl.col("harvest_gate") == "volatility") & (-pl.col("gain") >= pl.col("harvest_min_loss")))
    )
    failed = evaluations.filter(pl.col("decision") == "error").select("account_id")
    taxed = pl.DataFrame(
        {"account_id": day.years.account_ids, "taxed": day.years.taxed},
        schema_overrides={"account_id": pl.String},
    ).filter("taxed")
    lost = failed.join(wanted, on="account_id", how="semi").join(taxed, on="account_id", how="semi")
    seen = evaluations.select("account_id")
    found = pl.concat([blind.select("account_id"), lost]).unique().join(seen, on="account_id", how="semi")
    return tuple(found["account_id"].sort())


def shard_content(edition: Edition) -> str:
    """An edition as text, as a shard keeps it."""
    said = {name: getattr(edition, name) for name in Edition.__slots__}
    return json.dumps({name: v.isoformat() if isinstance(v, date) else v for name, v in said.items()})


def shard_of(row: Mapping[str, object]) -> Shard:
    """A shard from its row in `desk.shards`."""
    said = json.loads(str(row["content"]))
    market_at = said["market_known_at"]
    edition = Edition(
        firm_id=said["firm_id"],
        known_at=datetime.fromisoformat(said["known_at"]),
        as_of=date.fromisoformat(said["as_of"]),
        market_known_at=None if market_at is None else datetime.fromisoformat(market_at),
        book_name=said["book_name"],
        book_digest=said["book_digest"],
    )
    return Shard(str(row["run_id"]), int(str(row["shard"])), edition, int(str(row["accounts"])))
