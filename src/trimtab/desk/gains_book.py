"""A book's transactions as statements, one a household: what was sold of older lots stands before they begin.

The open lots of a book are those after its transactions, so they are shown as they stand and never folded again.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from trimtab.book.read import Book, read_book
from trimtab.core.amounts import Money, Quantity
from trimtab.core.dates import WASH_DAYS
from trimtab.feeds.checks import in_time_order
from trimtab.feeds.formats import book_csv
from trimtab.feeds.sheet import Record
from trimtab.feeds.statement import Draft, Line, Registration, Statement
from trimtab.feeds.told import IN
from trimtab.ledger.lots import Lot
from trimtab.ledger.shard import PART_MARK
from trimtab.policy.cascade import resolve

SOURCE = "a book"
_WINDOW = dt.timedelta(days=2 * WASH_DAYS + 1)
_CONTESTED = ("exclude_acquired_before_loss_lot", "wash_holding_period")
_TABLES = ("transactions", "lots", "accounts", "securities", "book.toml")


def statements_of(folder: Path) -> tuple[Statement, ...]:
    """The households of the book in a folder that have a transaction or a lot; one empty statement where none has."""
    book = read_book(folder)
    draft = _read(book.tables["transactions"])
    failures = tuple(f for f in book.failures if f.table in _TABLES) + tuple(draft.failures)
    lines, lots = defaultdict(list), defaultdict(list)
    of = _households(book)
    everywhere = [
        line for line in draft.lines if not line.row.get("account") and line.row["type"] != "transfer"
    ]
    for line in draft.lines:
        account = line.row.get("account") or line.row.get("from")
        if account:
            lines[of.get(account, account)].append(line)
    for row in book.tables["lots"].iter_rows(named=True):
        lots[of[row["account_id"]]].append(row)
    members = defaultdict(list)
    for account, household in of.items():
        members[household].append(account)
    policies = _policies(book, of)
    statements = [
        replace(
            _statement(book, members[household], [*everywhere, *lines[household]], lots[household]),
            policy=policies.get(household, {}),
        )
        for household in sorted(members)
        if lines[household] or lots[household]
    ] or [Statement(source=SOURCE, complete=True)]
    first = replace(statements[0], failures=failures, rows=draft.rows)
    return (first, *statements[1:])


def _households(book: Book) -> dict[str, str]:
    """Each account's household; an account without one is alone."""
    accounts = book.tables["accounts"].select("account_id", pl.coalesce("household_id", "account_id"))
    return dict(accounts.sort("account_id").iter_rows())


def _policies(book: Book, of: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Each household's contested wash settings; those of its first account where its accounts say different things."""
    tables = book.tables
    said = resolve(
        tables["policies"], tables["accounts"], as_of=book.as_of, households=tables["households"]
    ).value.wide
    found: dict[str, dict[str, Any]] = {}
    for account, *values in said.sort("account_id").select("account_id", *_CONTESTED).iter_rows():
        found.setdefault(of[account], dict(zip(_CONTESTED, values, strict=True)))
    return found


def _read(transactions: pl.DataFrame) -> Draft:
    """The rows as a CSV of them would read, by date and then by id."""
    draft = Draft("transactions")
    for row in transactions.sort("date", "transaction_id", "account_id").iter_rows(named=True):
        cells = {name: _cell(value) for name, value in row.items()}
        draft.rows += 1
        before = len(draft.lines)
        book_csv.read_row(draft, Record(draft.rows, cells))
        place = f"{row['account_id']} {row['transaction_id']}"
        draft.lines[before:] = [Line(place, line.row) for line in draft.lines[before:]]
    draft.lines = book_csv.lots_as_ids(draft.lines)
    return draft


def _cell(value: object) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _statement(
    book: Book, accounts: Sequence[str], lines: Sequence[Line], lots: Sequence[Mapping[str, Any]]
) -> Statement:
    told = in_time_order(lines)
    begins = dt.date.fromisoformat(told[0].row["date"]) if told else book.as_of
    arrived = _arrived(told)
    held = tuple(_held(row, place) for place, row in enumerate(lots, start=1))
    recent = tuple(
        replace(lot, purchased=True, order_id=_base(lot.lot_id))
        for lot in held
        if lot.acquired > begins - _WINDOW and (lot.account_id, _base(lot.lot_id)) not in arrived
    )
    securities = book.tables["securities"]
    kinds = dict(book.tables["accounts"].select("account_id", "tax_type").iter_rows())
    grouped = securities.filter(pl.col("identical_group").is_not_null()).sort("security_id")
    groups = (
        grouped.group_by("identical_group", maintain_order=True).agg("security_id")["security_id"].to_list()
    )
    return Statement(
        source=SOURCE,
        lines=tuple(told),
        accounts=tuple(Registration(account, kinds.get(account) or "taxable") for account in accounts),
        opening=recent,
        held=held,
        groups=tuple(tuple(group) for group in groups),
        names=dict(securities.filter(pl.col("name").is_not_null()).select("security_id", "name").iter_rows()),
        through=book.as_of,
    )


def _base(lot_id: str) -> str:
    return lot_id.split(PART_MARK, maxsplit=1)[0]


def _arrived(lines: Iterable[Line]) -> set[tuple[str, str]]:
    """The lots whose coming the transactions tell."""
    return {(line.row["account"], line.row["id"]) for line in lines if line.row["type"] in IN}


def _held(row: Mapping[str, Any], place: int) -> Lot:
    quantity = Quantity.parse(row["quantity"])
    cost = row["unit_cost"]
    basis = None if cost is None else Money.rounded(cost * row["quantity"])
    acquired = row["acquired"]
    return Lot(
        lot_id=row["lot_id"],
        account_id=row["account_id"],
        security_id=row["security_id"],
        quantity=quantity,
        basis=basis,
        acquired=acquired,
        adjusted_acquired=row["adjusted_acquired"] or acquired,
        sequence=place,
        bought_as=row["security_id"],
    )
