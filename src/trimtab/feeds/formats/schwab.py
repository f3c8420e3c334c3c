"""Schwab's exports: transactions, positions, and the lots of one position."""

import datetime as dt
import re
from decimal import Decimal
from typing import Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import CellError, day, heading, plain
from trimtab.feeds.sheet import Record, Sheet
from trimtab.feeds.statement import ACCOUNT_UNNAMED, Draft, Position, Statement
from trimtab.feeds.trades import SHARES_A_CONTRACT, Trade, add_trade, kind_in, not_counted, option_of

_AS_OF: Final = re.compile(r"as of .*?(\d{1,2}/\d{1,2}/\d{4})")
_OF_ACCOUNT: Final = re.compile(r"(?:for account|for|account)\s+(.+?)\s+as of", re.IGNORECASE)
_TRADES: Final = {
    **dict.fromkeys(("buy", "buy to open", "buy to close", "stock plan activity"), "buy"),
    **dict.fromkeys(("sell", "sell to close", "sell to open"), "sell"),
    **dict.fromkeys(("reinvest shares", "reinvestment shares"), "reinvest"),
}
_OPENING: Final = {"buy to open": True, "sell to open": True, "buy to close": False, "sell to close": False}
_INCOME: Final = (
    (re.compile(r"long term cap gain"), "gain_distribution_long"),
    (re.compile(r"short term cap gain"), "gain_distribution_short"),
    (re.compile(r"div"), "dividend"),
    (re.compile(r"interest"), "interest"),
)
_CASH: Final = re.compile(
    r"journal|moneylink|funds (received|paid)|wire|promotional award|misc cash|adr mgmt fee|fee|tax|"
    r"margin interest|credit|deposit|withdrawal|atm|visa|check|ach|transfer|service"
)
_MOVES: Final = ("journaled shares", "security transfer", "internal transfer", "shares transferred")
_TOTALS: Final = (
    "account total",
    "positions total",
    "total",
    "cash & cash investments",
    "transactions total",
)


def transactions_at(sheet: Sheet) -> int | None:
    """The header of a transactions export."""
    return _find(sheet, {"date", "action", "symbol", "fees_comm", "amount"})


def positions_at(sheet: Sheet) -> int | None:
    """The first header of a positions export."""
    if not _title(sheet).lower().startswith("positions for"):
        return None
    return _find(sheet, {"symbol", "cost_basis"})


def lots_at(sheet: Sheet) -> int | None:
    """The header of a lot details export."""
    return _find(sheet, {"open_date", "quantity", "cost_basis"})


def checking_at(sheet: Sheet) -> int | None:
    """The header of a bank account's transactions."""
    return _find(sheet, {"date", "type", "check", "withdrawal", "deposit"})


def _find(sheet: Sheet, wanted: set[str]) -> int | None:
    for place, (_, cells) in enumerate(sheet.rows[:20]):
        if wanted <= {heading(cell) for cell in cells}:
            return place
    return None


def _title(sheet: Sheet) -> str:
    return next((cells[0] for _, cells in sheet.rows[:5] if cells and cells[0].strip()), "").strip()


def _account(title: str) -> str:
    found = _OF_ACCOUNT.search(title)
    return found[1].strip() if found else ACCOUNT_UNNAMED


def _as_of(title: str) -> dt.date | None:
    found = _AS_OF.search(title)
    try:
        return day(found[1]) if found else None
    except CellError:
        return None


def read_transactions(name: str, sheet: Sheet, place: int) -> Statement:
    """One account's transactions; rows of cash alone are passed over."""
    title = _title(sheet)
    draft, account = Draft(name), _account(title)
    draft.seen(account, kind_in(account))
    records = list(sheet.table(place))
    swaps = _swaps(records)
    for record in records:
        if record.get("date").lower().startswith("transactions total"):
            _check_sum(draft, records, record)
            continue
        draft.rows += 1
        try:
            _transaction(draft, record, account, swaps)
        except CellError as error:
            draft.fail(
                record.place, str(error), "correct the cell", reason=Reason.PARSING, field_name=error.field
            )
    _damaged(draft, sheet, place)
    draft.lacks("transactions before the export begins, and the lots each sale relieved")
    return draft.statement("Schwab transactions (CSV)", through=_as_of(title))


def _transaction(draft: Draft, record: Record, account: str, swaps: dict[int, Record]) -> None:
    action = record.get("action").lower()
    symbol, traded = record.get("symbol"), _traded(record)
    if record.get("description") and symbol:
        draft.names.setdefault(symbol, " ".join(record.get("description").split()))
    if action in _TRADES:
        trade = Trade(
            place=record.place,
            side=_TRADES[action],
            account=account,
            date=traded,
            symbol=symbol,
            shares=record.number("quantity"),
            amount=record.number("amount"),
            price=record.number("price"),
            opening=_OPENING.get(action),
        )
        add_trade(draft, trade)
        if action == "stock plan activity":
            draft.lacks(f"the value at which {symbol} of a stock plan was taxed: its basis is unknown")
    elif action in _MOVES:
        _moved(draft, record, account, traded)
    elif action in ("stock split", "reverse split", "stock merger", "spin-off", "name change"):
        _acted(draft, record, account, swaps)
    elif "cash in lieu" in action:
        amount = record.get("amount")
        not_counted(
            draft, record.place, f"{amount} in lieu of a fraction of {symbol}: its shares are not told, it"
        )
    elif re.search(r"expired|assigned|exercise", action):
        not_counted(draft, record.place, f"{symbol}: an option ({action})")
    else:
        _cash(draft, record, account, traded)


def _traded(record: Record) -> dt.date | None:
    """The day an event took effect: `as of` where it was booked later."""
    cell = record.get("date")
    _, as_of, effective = cell.partition(" as of ")
    try:
        return day(effective if as_of else cell)
    except CellError as error:
        raise CellError(str(error), "date") from None


def _cash(draft: Draft, record: Record, account: str, traded: dt.date | None) -> None:
    """Income, kept; other cash, passed over; an action nobody knows, a failure."""
    action, amount = record.get("action").lower(), record.number("amount")
    kind = next((kind for pattern, kind in _INCOME if pattern.search(action)), "")
    if record.number("quantity") is not None or not (kind or _CASH.search(action)):
        draft.fail(
            record.place,
            f"no rule for the action {record.get('action')!r}",
            "enter what happened as transactions in the columns of the book",
            reason=Reason.NOT_APPLICABLE,
            field_name="action",
        )
    elif kind and amount is not None and amount >= 0 and traded is not None and "margin" not in action:
        fields = {"type": kind, "date": traded.isoformat(), "account": account, "amount": plain(amount)}
        draft.add(record.place, symbol=record.get("symbol"), **fields)
    else:
        draft.passed += 1


def _moved(draft: Draft, record: Record, account: str, traded: dt.date | None) -> None:
    shares = record.number("quantity")
    if not shares or traded is None:
        draft.passed += 1
        return
    kind = "transfer_in" if shares > 0 else "transfer_out"
    fields = {"date": traded.isoformat(), "account": account, "symbol": record.get("symbol")}
    draft.add(record.place, type=kind, qty=plain(abs(shares)), **fields)


def _swaps(records: list[Record]) -> dict[int, Record]:
    """Rows that take shares away in a merger or reverse split, by the line of the row that brings the new ones."""
    found: dict[int, Record] = {}
    taken: set[int] = set()
    for record in records:
        if not record.get("quantity").startswith("-"):
            continue
        for other in records:
            same = all(other.get(name) == record.get(name) for name in ("date", "action"))
            if same and other.line not in taken and not other.get("quantity").startswith("-"):
                found[other.line] = record
                taken |= {other.line, record.line}
                break
    return found


def _acted(draft: Draft, record: Record, account: str, swaps: dict[int, Record]) -> None:
    """Splits told as shares added; mergers and reverse splits told as a row out and a row in."""
    action, shares, traded = record.get("action").lower(), record.number("quantity"), _traded(record)
    if shares is None or traded is None:
        not_counted(draft, record.place, f"a {action} of {record.get('symbol')} without its shares")
        return
    if action == "stock split":
        fields = {"date": traded.isoformat(), "account": account, "symbol": record.get("symbol")}
        draft.add(record.place, type="split_shares", qty=plain(shares), **fields)
        return
    if shares < 0:
        return
    out = swaps.get(record.line)
    old = abs(out.number("quantity") or Decimal(0)) if out is not None else Decimal(0)
    if out is None or not old or action == "spin-off":
        not_counted(draft, record.place, f"a {action} of {record.get('symbol')}")
        return
    ratio = {"date": traded.isoformat(), "new": plain(shares), "old": plain(old)}
    if action == "reverse split":
        draft.add(record.place, type="split", symbol=record.get("symbol"), **ratio)
    else:
        fields = {"symbol": out.get("symbol"), "new_symbol": record.get("symbol"), "account": account}
        draft.add(record.place, type="merger_stock", exchanged=plain(old), **fields, **ratio)


def read_positions(name: str, sheet: Sheet, _place: int) -> Statement:
    """Positions of one or several accounts with their total basis; the lots behind them are not told."""
    title = _title(sheet)
    draft, as_of = Draft(name), _as_of(title)
    account = _account(title)
    for at, (_, cells) in enumerate(sheet.rows):
        told = [cell.strip() for cell in cells if cell.strip()]
        if {"symbol", "cost_basis"} <= {heading(cell) for cell in cells}:
            draft.seen(account, kind_in(account))
            for record in sheet.table(at):
                _position(draft, record, account, as_of)
        elif len(told) == 1 and at > 0:
            account = told[0]
    _damaged(draft, sheet)
    draft.lacks("the lots of each position and their days of purchase")
    draft.lacks("sales and purchases: positions tell of no gain that was realized")
    return draft.statement("Schwab positions (CSV)", through=as_of)


def _position(draft: Draft, record: Record, account: str, as_of: dt.date | None) -> None:
    symbol = record.get("symbol")
    if symbol.lower() in _TOTALS or not symbol:
        draft.passed += 1
        return
    draft.rows += 1
    draft.names.setdefault(symbol, record.get("description") or symbol)
    try:
        shares, basis = record.number("quantity", "qty_quantity", "qty"), record.number("cost_basis")
    except CellError as error:
        draft.fail(
            record.place, str(error), "correct the cell", reason=Reason.PARSING, field_name=error.field
        )
        return
    if shares is None or shares <= 0:
        not_counted(draft, record.place, f"{symbol}: a short or empty position")
        return
    shares *= SHARES_A_CONTRACT if option_of(symbol) else 1
    draft.positions.append(
        Position(
            place=record.place,
            account_id=account,
            security_id=symbol,
            date=as_of,
            quantity=plain(shares) or "0",
            basis=None if basis is None or basis < 0 else plain(basis),
        )
    )


def read_lots(name: str, sheet: Sheet, place: int) -> Statement:
    """The open lots of one position, as received with their basis and day of purchase."""
    title = _title(sheet)
    symbol = title.split(" Lot Details")[0].strip() if " Lot Details" in title else ""
    draft, account, as_of = Draft(name), _account(title), _as_of(title)
    draft.seen(account, kind_in(account))
    for record in sheet.table(place):
        if record.get("open_date").lower() in _TOTALS:
            _check_total(draft, record)
            continue
        draft.rows += 1
        try:
            _lot(draft, record, symbol, account, as_of)
        except CellError as error:
            draft.fail(
                record.place, str(error), "correct the cell", reason=Reason.PARSING, field_name=error.field
            )
    _damaged(draft, sheet)
    draft.lacks("sales: lot details tell of no gain that was realized")
    draft.lacks("purchases: whether a lot replaced shares sold at a loss shows only in its basis")
    return draft.statement("Schwab lot details (CSV)", through=as_of)


def _lot(draft: Draft, record: Record, symbol: str, account: str, as_of: dt.date | None) -> None:
    opened, shares, basis = record.day("open_date"), record.number("quantity"), record.number("cost_basis")
    if not symbol or shares is None or shares <= 0:
        draft.fail(
            record.place,
            "a lot without security or shares",
            "export the lot details again",
            field_name="quantity",
        )
        return
    draft.add(
        record.place,
        type="transfer_in",
        account=account,
        symbol=symbol,
        qty=plain(shares),
        date=(as_of or opened or dt.date.max).isoformat() if as_of or opened else None,
        acquired=None if opened is None else opened.isoformat(),
        basis=None if basis is None or basis < 0 else plain(basis),
    )


def _check_sum(draft: Draft, records: list[Record], last: Record) -> None:
    """The file's own total of cash against its rows."""
    try:
        amounts = [record.number("amount") or Decimal(0) for record in records if record is not last]
        told = last.number("amount")
    except CellError:
        return
    if told is not None and sum(amounts, Decimal(0)) != told:
        draft.note(f"the file's total is {told:f}, its rows add up to {sum(amounts, Decimal(0)):f}")


def _check_total(draft: Draft, record: Record) -> None:
    """The file's own total of shares against what was read."""
    try:
        told = record.number("quantity")
    except CellError:
        told = None
    read = sum((Decimal(str(line.row["qty"])) for line in draft.lines), Decimal(0))
    if told is not None and told != read:
        draft.note(f"the file's total is {told} shares, its lots are {read:f}")


def read_checking(name: str, sheet: Sheet, place: int) -> Statement:
    """A bank account: nothing in it is bought or sold."""
    draft = Draft(name)
    draft.rows = draft.passed = sum(1 for _ in sheet.table(place))
    draft.lacks("securities: this is a bank account, no gain can come from it")
    return draft.statement("Schwab bank transactions (CSV)")


def _damaged(draft: Draft, sheet: Sheet, place: int | None = None) -> None:
    later = 0 if place is None else sheet.unread(place)
    if later:
        message = "rows after a blank line are not read"
        draft.fail(f"line {later}", message, "remove the blank line, or give the rest as a file of its own")
    if sheet.damage:
        draft.fail(
            sheet.damage, "a quoted cell does not end", "close the quotation marks", reason=Reason.PARSING
        )
