"""Fidelity's exports: history, positions, and lots closed."""

import datetime as dt
import re
from decimal import Decimal
from typing import Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import CellError, heading, plain
from trimtab.feeds.sheet import Record, Sheet
from trimtab.feeds.statement import ACCOUNT_UNNAMED, Draft, Position, Statement
from trimtab.feeds.trades import Trade, add_trade, kind_in, not_counted

_ACTIONS: Final = (
    (re.compile(r"(REDEMPTION FROM|PURCHASE INTO) CORE"), "cash"),
    (re.compile(r"YOU BOUGHT|YOU PURCHASED"), "buy"),
    (re.compile(r"REINVESTMENT"), "reinvest"),
    (re.compile(r"YOU SOLD|REDEMPTION PAYOUT|REDEEMED|IN LIEU OF|MERGER MER PAYOUT"), "sell"),
    (re.compile(r"EXPIRED|ASSIGNED|EXERCISED"), "option"),
    (re.compile(r"LONG-TERM CAP GAIN"), "gain_distribution_long"),
    (re.compile(r"SHORT-TERM CAP GAIN"), "gain_distribution_short"),
    (re.compile(r"RETURN OF CAPITAL"), "return_of_capital_total"),
    (re.compile(r"DIVIDEND"), "dividend"),
    (re.compile(r"INTEREST"), "interest"),
    (re.compile(r"TRANSFER|ROLLOVER|JOURNAL|CONVERSION|CONTRIBUTION"), "move"),
    (re.compile(r"DISTRIBUTION"), "split_shares"),
)
_INCOME: Final = frozenset({"gain_distribution_long", "gain_distribution_short", "dividend", "interest"})
_CORE: Final = re.compile(r"\*\*$|^PENDING ACTIVITY$", re.IGNORECASE)


def history_at(sheet: Sheet) -> int | None:
    """The header of an account history."""
    return _find(sheet, {"run_date", "action", "symbol", "quantity", "amount"})


def positions_at(sheet: Sheet) -> int | None:
    """The header of a positions export."""
    return _find(sheet, {"account_number", "symbol", "quantity", "current_value"})


def closed_at(sheet: Sheet) -> int | None:
    """The header of a closed lots export."""
    return _find(sheet, {"quantity", "date_acquired", "date_sold", "proceeds", "cost_basis"})


def _find(sheet: Sheet, wanted: set[str]) -> int | None:
    for place, (_, cells) in enumerate(sheet.rows[:20]):
        if wanted <= {heading(cell) for cell in cells}:
            return place
    return None


def _row(draft: Draft, record: Record, error: CellError) -> None:
    draft.fail(record.place, str(error), "correct the cell", reason=Reason.PARSING, field_name=error.field)


def _end(draft: Draft, sheet: Sheet, place: int | None = None) -> None:
    later = 0 if place is None else sheet.unread(place)
    if later:
        message = "rows after a blank line are not read"
        draft.fail(f"line {later}", message, "remove the blank line, or give the rest as a file of its own")
    if sheet.damage:
        draft.fail(
            sheet.damage, "a quoted cell does not end", "close the quotation marks", reason=Reason.PARSING
        )


def read_history(name: str, sheet: Sheet, place: int) -> Statement:
    """The transactions of one or several accounts; rows of cash alone are passed over."""
    draft = Draft(name)
    for record in sheet.table(place):
        draft.rows += 1
        try:
            _transaction(draft, record)
        except CellError as error:
            _row(draft, record, error)
    _end(draft, sheet, place)
    draft.lacks("transactions before the export begins, and the lots each sale relieved")
    return draft.statement("Fidelity account history (CSV)")


def _account(record: Record) -> str:
    """The number of the account: a column of its own, or the last word of its name."""
    number = record.get("account_number")
    words = record.get("account").split()
    return number or (words[-1] if words else ACCOUNT_UNNAMED)


def _transaction(draft: Draft, record: Record) -> None:
    action, symbol, account = record.get("action").upper(), record.get("symbol"), _account(record)
    draft.seen(account, kind_in(record.get("account") + " " + record.get("account_name")))
    if symbol:
        draft.names.setdefault(symbol, record.get("security_description", "description") or symbol)
    kind = next((kind for pattern, kind in _ACTIONS if pattern.search(action)), "cash")
    traded, shares, amount = record.day("run_date"), record.number("quantity"), record.number("amount")
    if kind in ("buy", "reinvest", "sell"):
        _trade(draft, record, Side(kind, account, traded, shares, amount))
    elif kind == "option":
        not_counted(draft, record.place, f"{symbol}: an option that {action.split()[0].lower()}")
    elif kind in ("move", "split_shares") and shares:
        fields = {"date": _iso(traded), "account": account, "symbol": symbol, "qty": plain(abs(shares))}
        moved = "transfer_in" if shares > 0 else "transfer_out"
        draft.add(record.place, type=moved if kind == "move" else kind, **fields)
    elif kind in _INCOME or kind == "return_of_capital_total":
        _income(draft, record, Side(kind, account, traded, shares, amount))
    elif shares and symbol and kind == "cash" and "CORE" not in action:
        draft.fail(
            record.place,
            f"no rule for the action {action[:60]!r}",
            "enter what happened as transactions in the columns of the book",
            reason=Reason.NOT_APPLICABLE,
            field_name="action",
        )
    else:
        draft.passed += 1


class Side:
    """The figures of one row: its kind, account, day, shares and amount."""

    __slots__ = ("account", "amount", "kind", "shares", "traded")

    def __init__(
        self, kind: str, account: str, traded: dt.date | None, shares: Decimal | None, amount: Decimal | None
    ) -> None:
        self.kind, self.account, self.traded, self.shares, self.amount = kind, account, traded, shares, amount


def _iso(traded: dt.date | None) -> str | None:
    return None if traded is None else traded.isoformat()


def _trade(draft: Draft, record: Record, side: Side) -> None:
    """A trade at its amount, accrued interest of a bond left out of its basis and proceeds."""
    action, amount = record.get("action").upper(), side.amount
    accrued = record.number("accrued_interest")
    if amount is not None and accrued is not None:
        amount = abs(amount) - abs(accrued)
    add_trade(
        draft,
        Trade(
            place=record.place,
            side=side.kind,
            account=side.account,
            date=side.traded,
            symbol=record.get("symbol"),
            shares=side.shares,
            amount=amount,
            price=record.number("price"),
            opening=True if "OPENING" in action else False if "CLOSING" in action else None,
        ),
    )


def _income(draft: Draft, record: Record, side: Side) -> None:
    if side.amount is None or side.amount < 0 or side.traded is None:
        draft.passed += 1
        return
    fields = {"type": side.kind, "date": side.traded.isoformat(), "account": side.account}
    draft.add(record.place, symbol=record.get("symbol"), amount=plain(side.amount), **fields)


def read_positions(name: str, sheet: Sheet, place: int) -> Statement:
    """Positions with their total basis; the lots behind them are not told."""
    draft = Draft(name)
    for record in sheet.table(place):
        symbol = record.get("symbol")
        account = record.get("account_number") or ACCOUNT_UNNAMED
        draft.rows += 1
        draft.seen(account, kind_in(record.get("account_name")))
        if not symbol or _CORE.search(symbol):
            draft.passed += 1
            continue
        draft.names.setdefault(symbol, record.get("description") or symbol)
        try:
            shares, basis = record.number("quantity"), record.number("cost_basis", "cost_basis_total")
        except CellError as error:
            _row(draft, record, error)
            continue
        if shares is None or shares <= 0:
            not_counted(draft, record.place, f"{symbol}: a short or empty position")
            continue
        draft.positions.append(
            Position(
                place=record.place,
                account_id=account,
                security_id=symbol,
                date=None,
                quantity=plain(shares) or "0",
                basis=None if basis is None or basis < 0 else plain(basis),
            )
        )
    _end(draft, sheet)
    draft.lacks("the day of the positions, the lots behind them and their days of purchase")
    draft.lacks("sales and purchases: positions tell of no gain that was realized")
    return draft.statement("Fidelity positions (CSV)")


def read_closed(name: str, sheet: Sheet, place: int) -> Statement:
    """Closed lots: each a lot with its basis and day, and its sale."""
    draft = Draft(name)
    draft.seen(ACCOUNT_UNNAMED)
    for record in sheet.table(place):
        draft.rows += 1
        try:
            _closed(draft, record)
        except CellError as error:
            _row(draft, record, error)
    _end(draft, sheet, place)
    draft.lacks("which account: all rows are taken as one account")
    draft.lacks("purchases: whether a loss was washed by shares bought around it cannot be told")
    return draft.statement("Fidelity closed lots (CSV)")


def _closed(draft: Draft, record: Record) -> None:
    symbol = re.sub(r"\(.*\)$", "", record.get("symbol_cusip", "symbol")).strip()
    draft.names.setdefault(symbol, record.get("security_description", "description") or symbol)
    sold, shares = record.day("date_sold"), record.number("quantity")
    proceeds, basis = record.number("proceeds"), record.number("cost_basis")
    various = record.get("date_acquired").lower() == "various"
    bought = None if various else record.day("date_acquired")
    absent = [n for n, v in (("date_sold", sold), ("quantity", shares), ("proceeds", proceeds)) if v is None]
    if absent or sold is None or not shares:
        draft.fail(
            record.place,
            "a closed lot is incomplete",
            "export the closed lots again",
            reason=Reason.MISSING,
            field_name=(absent or ["quantity"])[0],
        )
        return
    lot, gain = f"{record.place} {symbol}", None if basis is None else (proceeds or Decimal(0)) - basis
    shared = {
        "account": ACCOUNT_UNNAMED,
        "symbol": symbol,
        "date": sold.isoformat(),
        "qty": plain(abs(shares)),
    }
    if bought is not None:
        known = {"basis": plain(basis), "acquired": bought.isoformat()}
        draft.add(record.place, type="transfer_in", id=lot, **shared, **known)
    told = {"gain": plain(gain), "term": _term_told(record)} if bought is None else {}
    relief = {"method": "SPEC", "lots": [{"lot": lot, "qty": plain(abs(shares))}]}
    draft.add(
        record.place,
        type="sell",
        id=f"sale {lot}",
        amount=plain(proceeds),
        relief=relief,
        **shared,
        **told,
    )
    _check_gain(draft, record, gain)


def _term_told(record: Record) -> str:
    """The one term under which the broker shows a gain; empty where it shows both or none."""
    short, long = record.number("short_term_gain_loss"), record.number("long_term_gain_loss")
    if (short is None) == (long is None):
        return ""
    return "L" if short is None else "S"


def _check_gain(draft: Draft, record: Record, gain: Decimal | None) -> None:
    """The broker's short and long gains against ours."""
    short, long = record.number("short_term_gain_loss"), record.number("long_term_gain_loss")
    told = [value for value in (short, long) if value is not None]
    if gain is not None and told and sum(told, Decimal(0)) != gain:
        draft.note(
            f"{record.place}: the broker's gains are {sum(told, Decimal(0)):f}, proceeds less basis {gain:f}"
        )
    if short and long:
        draft.note(
            f"{record.place}: one lot has gains of both terms; the term here is that of its day of purchase"
        )
