"""A plain CSV of holdings, a row a lot: security, quantity, and what is known of its cost and its day."""

from decimal import Decimal
from typing import Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import CellError, plain
from trimtab.feeds.sheet import Record, Sheet
from trimtab.feeds.statement import ACCOUNT_UNNAMED, Draft, Statement

SOURCE: Final = "holdings, a row a lot (CSV)"
_SECURITY: Final = ("security_id", "symbol", "ticker", "security")
_SHARES: Final = ("quantity", "qty", "shares")
_UNIT: Final = ("unit_cost", "cost_per_share", "cost_basis_per_share", "price_paid")
_BASIS: Final = ("cost_basis", "basis", "total_cost", "cost")
_DAY: Final = ("acquired", "date_acquired", "acquired_on", "purchase_date", "open_date")
_ACCOUNT: Final = ("account_id", "account", "account_number")
_LOT: Final = ("lot_id", "lot")
_TYPE: Final = ("tax_type", "account_type", "registration")


def header_at(sheet: Sheet) -> int | None:
    """The place of a header with a security, shares, and a cost or a day, among the first rows."""
    for place, (_, cells) in enumerate(sheet.rows[:20]):
        names = {cell.strip().lower() for cell in cells}
        told = names & {*_UNIT, *_BASIS, *_DAY}
        if (
            names & set(_SECURITY)
            and names & set(_SHARES)
            and told
            and not names & {"kind", "type", "action"}
        ):
            return place
    return None


def read(name: str, sheet: Sheet, place: int) -> Statement:
    """Every row as a lot that is held; what it does not say of basis or day is unknown."""
    draft = Draft(name)
    if sheet.damage:
        draft.fail(sheet.damage, "a quoted cell does not end", "close the quotation marks")
    for record in sheet.table(place):
        draft.rows += 1
        try:
            _lot(draft, record)
        except CellError as error:
            draft.fail(
                record.place, str(error), "correct the cell", reason=Reason.PARSING, field_name=error.field
            )
    draft.lacks("sales and purchases: holdings tell of no gain that was realized")
    return draft.statement(SOURCE)


def _lot(draft: Draft, record: Record) -> None:
    symbol, shares = record.get(*_SECURITY), record.number(*_SHARES)
    if not symbol or shares is None or shares <= 0:
        draft.fail(
            record.place, "a holding without security or shares", "fill in both", field_name=_SHARES[0]
        )
        return
    unit, basis, opened = record.number(*_UNIT), record.number(*_BASIS), record.day(*_DAY)
    if unit is not None:
        basis = unit * shares
    if basis is not None and basis < 0:
        draft.fail(record.place, "a cost below zero", "correct the cell", field_name=_UNIT[0])
        basis = None
    account = record.get(*_ACCOUNT) or ACCOUNT_UNNAMED
    draft.seen(account, record.get(*_TYPE))
    draft.add(
        record.place,
        type="transfer_in",
        account=account,
        symbol=symbol,
        qty=plain(shares),
        date=_BEFORE if opened is None else opened.isoformat(),
        acquired=None if opened is None else opened.isoformat(),
        basis=None if basis is None else plain(basis.quantize(_NANO)),
        id=record.get(*_LOT) or None,
    )


_NANO: Final = Decimal("0.000000001")
_BEFORE: Final = "1900-01-01"
"""Held since before anything else is told, where the file does not say since when."""
