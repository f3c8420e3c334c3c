"""Interactive Brokers Flex queries (XML): trades, transfers, corporate actions, cash and open lots."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import CellError, day, number, plain
from trimtab.feeds.statement import ACCOUNT_UNNAMED, Draft, Statement
from trimtab.feeds.trades import Trade, add_trade, not_counted

_TAGS: Final = (
    "FlexQueryResponse",
    "FlexStatement",
    "Trade ",
    "OpenPosition ",
    "StatementOfFundsLine ",
    "CashTransaction ",
)
_SECURITIES: Final = frozenset({"STK", "ETF", "FUND", "BOND", "OPT", ""})
_SPLIT: Final = re.compile(r"SPLIT (\d+(?:\.\d+)?) FOR (\d+(?:\.\d+)?)", re.IGNORECASE)
_PASSED: Final = frozenset(
    {
        *(
            "StatementOfFundsLine",
            "EquitySummaryByReportDateInBase",
            "ChangeInDividendAccrual",
            "SecurityInfo",
        ),
        *("OpenDividendAccrual", "AccountInformation", "CashReportCurrency", "ConversionRate"),
    }
)


def is_flex(start: str) -> bool:
    """Whether a text begins as a Flex query's answer does."""
    return start.lstrip("\ufeff \r\n\t").startswith("<") and any(f"<{tag}" in start for tag in _TAGS)


def read(name: str, text: str) -> Statement:
    """Every element that moves shares, as a transaction; a file that is no XML is one clear failure."""
    draft = Draft(name)
    root = _tree(draft, text)
    for count, element in enumerate(root.iter() if root is not None else (), start=1):
        reader = _READERS.get(element.tag)
        if reader is None:
            draft.passed += element.tag in _PASSED
            continue
        draft.rows += 1
        row = element.attrib
        place = f"{element.tag} {row.get('tradeID') or row.get('transactionID') or count}"
        try:
            _read(draft, row, place, reader)
        except CellError as error:
            draft.fail(
                place, str(error), "correct the attribute", reason=Reason.PARSING, field_name=error.field
            )
    draft.settle_lots()
    draft.lacks("transactions before the query begins, unless its open lots tell them")
    return draft.statement("Interactive Brokers Flex query (XML)")


Row = Mapping[str, str]
Reader = Callable[[Draft, Row, str, str], None]


def _tree(draft: Draft, text: str) -> ET.Element | None:
    """The tree; entities are refused before parsing, since they can grow without bound."""
    problem = "XML with a document type of its own" if "<!DOCTYPE" in text or "<!ENTITY" in text else ""
    if not problem:
        try:
            return ET.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
        except (ET.ParseError, ValueError, RecursionError) as error:
            problem = f"no well-formed XML: {error}"
    draft.fail("", problem, "run the Flex query again and save its answer unchanged", reason=Reason.PARSING)
    return None


def _read(draft: Draft, row: Row, place: str, reader: Reader) -> None:
    kind, currency = row.get("assetCategory", ""), row.get("currency") or "USD"
    account = row.get("accountId") or ACCOUNT_UNNAMED
    if kind == "CASH":
        draft.passed += 1
        return
    draft.seen(account)
    symbol = _symbol(row)
    if symbol and row.get("description"):
        draft.names.setdefault(symbol, row["description"])
    if kind not in _SECURITIES:
        not_counted(draft, place, f"{symbol} ({kind})")
    elif currency != "USD":
        not_counted(draft, place, f"{symbol} in {currency}: only dollars")
    else:
        reader(draft, row, place, account)


def _symbol(row: Row) -> str:
    return (
        " ".join(row.get("symbol", "").split())
        if row.get("assetCategory") != "OPT"
        else row.get("symbol", "")
    )


def _number(row: Row, name: str) -> Decimal | None:
    try:
        return number(row.get(name, ""))
    except CellError as error:
        raise CellError(str(error), name) from None


def _day(row: Row, *names: str) -> str | None:
    """The first of the attributes that is given, as an ISO date."""
    for name in names:
        try:
            found = day(row.get(name, ""))
        except CellError as error:
            raise CellError(str(error), name) from None
        if found is not None:
            return found.isoformat()
    return None


def _trade(draft: Draft, row: Row, place: str, account: str) -> None:
    """An execution; closed lots and orders repeat it and are passed over."""
    if row.get("levelOfDetail", "EXECUTION") not in ("EXECUTION", "TRADE_TRANSFERS", ""):
        draft.passed += 1
        return
    shares, price = _number(row, "quantity"), _number(row, "tradePrice")
    if row.get("transactionType") == "BookTrade" and row.get("assetCategory") == "OPT":
        not_counted(draft, place, f"{_symbol(row)}: an option that expired or was exercised")
        return
    side = "sell" if row.get("buySell", "").upper().startswith("SELL") or (shares or 0) < 0 else "buy"
    opens = {"O": True, "C": False}.get(row.get("openCloseIndicator", "")[:1])
    if opens is (side == "sell") and row.get("assetCategory") != "OPT":
        not_counted(draft, place, f"{_symbol(row)}: a short sale or its cover")
        return
    if row.get("tradeID") and draft.again(place, f"{account} {row['tradeID']} {row.get('ibExecID', '')}"):
        return
    traded = _day(row, "tradeDate", "dateTime")
    contract = _number(row, "multiplier") or Decimal(100)
    add_trade(
        draft,
        Trade(
            place=place,
            side=side,
            account=account,
            symbol=_symbol(row),
            shares=shares,
            date=None if traded is None else day(traded),
            amount=_net(row),
            price=price if row.get("assetCategory") == "STK" else None,
            opening=opens,
            contract=int(contract) if 0 < contract < 100_000 else 100,
        ),
    )


def _net(row: Row) -> Decimal | None:
    """Net cash of a trade; from proceeds, commission and taxes where it is not told."""
    net = _number(row, "netCash")
    proceeds = _number(row, "proceeds")
    if net is not None or proceeds is None:
        return net
    costs = [_number(row, name) or Decimal(0) for name in ("ibCommission", "taxes")]
    return proceeds + sum(costs, Decimal(0))


def _transfer(draft: Draft, row: Row, place: str, account: str) -> None:
    """Shares from or to another firm; basis and day of purchase where they are told."""
    shares = _number(row, "quantity")
    moved = _day(row, "date", "tradeDate", "dateTime", "reportDate")
    if not shares or moved is None:
        draft.passed += 1
        return
    out = row.get("direction", "").upper() in ("OUT", "TO") or shares < 0
    fields = {"date": moved, "account": account, "symbol": _symbol(row), "qty": plain(abs(shares))}
    if out:
        draft.add(place, type="transfer_out", **fields)
        return
    cost = _number(row, "cost") or _number(row, "costBasisMoney")
    bought = _day(row, "openDateTime", "holdingPeriodDateTime")
    draft.add(
        place, type="transfer_in", basis=None if cost is None else plain(abs(cost)), acquired=bought, **fields
    )


def _trade_transfer(draft: Draft, row: Row, place: str, account: str) -> None:
    """A trade done at another broker and settled here: a purchase or sale at its net price."""
    received = row.get("deliveredReceived", "").upper().startswith("R")
    traded = _day(row, "tradeDate", "dateTime")
    money = _number(row, "cost") if received else _number(row, "netTradeMoney") or _number(row, "netCash")
    add_trade(
        draft,
        Trade(
            place=place,
            side="buy" if received else "sell",
            account=account,
            symbol=_symbol(row),
            shares=_number(row, "quantity"),
            amount=money,
            date=None if traded is None else day(traded),
        ),
    )


def _position(draft: Draft, row: Row, place: str, account: str) -> None:
    """An open lot, with its basis and day of purchase; summaries repeat the lots."""
    shares = _number(row, "position")
    if row.get("levelOfDetail") != "LOT":
        draft.passed += 1
        draft.lacks("open lots: the query reports positions in summary only")
        return
    if shares is None or shares <= 0 or row.get("side") == "Short":
        not_counted(draft, place, f"{_symbol(row)}: a short position")
        return
    opened, basis = _day(row, "openDateTime"), _number(row, "costBasisMoney")
    draft.add_open_lot(
        place,
        account=account,
        symbol=_symbol(row),
        qty=plain(shares),
        acquired=opened,
        basis=None if basis is None or basis < 0 else plain(basis),
        date=_day(row, "reportDate"),
    )


def _action(draft: Draft, row: Row, place: str, account: str) -> None:
    """Splits by their ratio, and tenders or mergers for cash as sales; anything else is said."""
    told, shares = row.get("description", ""), _number(row, "quantity")
    acted, split = _day(row, "dateTime", "reportDate"), _SPLIT.search(told)
    fields = {"date": acted, "symbol": _symbol(row)}
    if split and acted and Decimal(split[2]):
        draft.add(place, type="split", new=split[1], old=split[2], **fields)
    elif (
        row.get("type") in ("TC", "TO", "OR")
        and shares
        and shares < 0
        and (_number(row, "proceeds") or 0) > 0
    ):
        money = plain(_number(row, "proceeds"))
        draft.add(place, type="sell", account=account, qty=plain(-shares), amount=money, **fields)
    else:
        not_counted(draft, place, f"corporate action {row.get('type', '')} of {_symbol(row)}")


def _cash(draft: Draft, row: Row, place: str, account: str) -> None:
    amount, paid = _number(row, "amount"), _day(row, "dateTime", "reportDate")
    told = f"{row.get('type', '')} {row.get('description', '')}".lower()
    kind = "dividend" if "dividend" in told else "interest" if "interest" in told else ""
    if "return of capital" in told:
        kind = "return_of_capital_total"
    if not kind or amount is None or amount < 0 or paid is None:
        draft.passed += 1
        return
    fields = {"date": paid, "account": account, "symbol": _symbol(row)}
    draft.add(place, type=kind, amount=plain(amount), **fields)


def _option_event(draft: Draft, row: Row, place: str, account: str) -> None:
    """Exercises, assignments and expirations; the trades they cause stand among the trades."""
    not_counted(draft, place, f"{_symbol(row)} in {account}: {row.get('transactionType', 'an option event')}")


_READERS: Final[Mapping[str, Reader]] = {
    "Trade": _trade,
    "TradeTransfer": _trade_transfer,
    "Transfer": _transfer,
    "TransferLot": _transfer,
    "OpenPosition": _position,
    "CorporateAction": _action,
    "CashTransaction": _cash,
    "OptionEAE": _option_event,
}
