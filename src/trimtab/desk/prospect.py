"""Prospect: the holdings of a file, laid into a book as an account that arrives, so that every rule reads it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from trimtab.book.pricing import flag_accounts
from trimtab.book.read import Book
from trimtab.core.result import Failure, Reason
from trimtab.desk.gains import Gains
from trimtab.ledger.lots import Lot

ACCOUNT: Final = "PROSPECT"
"""The account that the holdings become."""
_OF_ACCOUNTS: Final = (
    "lots", "positions", "open_orders", "menu", "cash_flows", "plans", "transactions", "scheduled_buys",
)  # fmt: skip
_CASH: Final = frozenset({"CASH", "USD", "US DOLLAR", "CASH & CASH INVESTMENTS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a file of holdings does not say: the model and firm, dollars of cash, the client's rates (None: the top
    rates stand in and the account says so), and since when lots of unknown day are taken to be held (None: unknown).
    """

    model_id: str
    firm_id: str
    cash: Decimal = Decimal(0)
    short_rate: float | None = None
    long_rate: float | None = None
    acquired: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prospect:
    """The book with the prospect as its one account, what of the file could not be used, and what to know of it."""

    book: Book
    failures: tuple[Failure, ...]
    notices: tuple[str, ...]


def firms_of(book: Book, model_id: str) -> list[str]:
    """The firms that may mean a model: its own, else those whose accounts or households use it, else all."""
    models = book.tables["models"].filter(pl.col("model_id") == model_id)
    own = models["firm_id"].drop_nulls().unique().sort().to_list()
    if own:
        return [str(one) for one in own]
    using = pl.concat(
        book.tables[name].filter(pl.col("model_id") == model_id).select("firm_id")
        for name in ("accounts", "households")
    )
    found = using["firm_id"].drop_nulls().unique().sort().to_list()
    return [str(one) for one in found or book.tables["firms"]["firm_id"].sort().to_list()]


def prospect(book: Book, held: Gains, terms: Terms) -> Prospect:
    """Lay the lots that a file leaves in taxable accounts into the book; securities are found by id, symbol, CUSIP or
    ISIN. A lot of no security of the book is a failure and is left out.
    """
    known = _known(book.tables["securities"])
    cash, rows, failures = terms.cash, [], []
    for number, lot in enumerate(held.lots):
        name = known.get(lot.security_id.upper())
        if name is None and lot.security_id.upper() in _CASH:
            cash += lot.quantity.decimal()
        elif name is None:
            failures.append(_unknown(lot))
        else:
            rows.append(_row(lot, name, number, terms, dated=lot.lot_id not in held.undated))
    tables = dict(book.tables)
    for name in _OF_ACCOUNTS:
        tables[name] = tables[name].clear()
    tables["lots"] = _like(tables["lots"], rows).sort("account_id", "lot_id")
    payer = terms.short_rate is not None and terms.long_rate is not None
    tables["taxpayers"] = _like(tables["taxpayers"], [_taxpayer(terms)] if payer else [])
    tables["accounts"] = _like(tables["accounts"], [_account(terms, cash, payer=payer)])
    notices = list(held.notices)
    undated = sum(row["acquired"] is None for row in rows)
    basisless = sum(row["unit_cost"] is None for row in rows)
    if undated:
        notices.append(f"{undated} lots of unknown day: not sold, for their term is unknown")
    if basisless:
        notices.append(f"{basisless} lots of unknown basis: not sold, for their tax is unknown")
    laid = replace(book, tables=tables, failures=(), flags=flag_accounts(tables, book.as_of))
    return Prospect(laid, (*held.failures, *failures), tuple(notices))


def _known(securities: pl.DataFrame) -> dict[str, str]:
    """Every name of a security, capitals; an id stands before symbols, and these before numbers."""
    found: dict[str, str] = {}
    for column in ("security_id", "symbol", "cusip", "isin"):
        for security, name in securities.select("security_id", name=column).drop_nulls().iter_rows():
            found.setdefault(str(name).strip().upper(), security)
    return found


def _row(lot: Lot, security_id: str, number: int, terms: Terms, *, dated: bool) -> dict[str, object]:
    cost = None if lot.basis is None else lot.basis.decimal() / lot.quantity.decimal()
    day = lot.acquired if dated else terms.acquired
    return {
        "account_id": ACCOUNT,
        "lot_id": f"L{number + 1:04}",
        "security_id": security_id,
        "quantity": lot.quantity.decimal(),
        "unit_cost": None if cost is None else cost.quantize(Decimal("0.000000001")),
        "acquired": day,
        "adjusted_acquired": lot.adjusted_acquired if dated and lot.adjusted_acquired != day else None,
    }


def _taxpayer(terms: Terms) -> dict[str, object]:
    return {
        "taxpayer_id": ACCOUNT,
        "short_rate": terms.short_rate,
        "long_rate": terms.long_rate,
        "ytd_short": Decimal(0),
        "ytd_long": Decimal(0),
    }


def _account(terms: Terms, cash: Decimal, *, payer: bool) -> dict[str, object]:
    return {
        "account_id": ACCOUNT,
        "firm_id": terms.firm_id,
        "tax_type": "taxable",
        "cash": cash,
        "model_id": terms.model_id,
        "taxpayer_id": ACCOUNT if payer else None,
        "status": "arriving",
        "ytd_short": Decimal(0),
        "ytd_long": Decimal(0),
    }


def _like(table: pl.DataFrame, rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    """Rows in the columns of a table; what they do not say is unknown."""
    full = [{name: row.get(name) for name in table.columns} for row in rows]
    return pl.DataFrame(full, schema=table.schema) if full else table.clear()


def _unknown(lot: Lot) -> Failure:
    return Failure(
        Reason.INVALID,
        "holdings",
        lot.lot_id,
        "security_id",
        lot.security_id,
        "no security of the book has this name; the holding is left out",
        "add it to securities.csv with its price",
    )
