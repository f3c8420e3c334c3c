"""What brokers' formats share: a purchase or sale as a line, long options among them, accounts known by their names."""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import plain
from trimtab.feeds.statement import Draft

SHARES_A_CONTRACT: Final = 100
_OPTIONS: Final = (
    re.compile(r"(?P<of>\S+) \d{2}/\d{2}/\d{4} [\d.]+ (?P<right>[CP])"),
    re.compile(r"-(?P<of>[A-Z.]+)\d{6}(?P<right>[CP])[\d.]+"),
    re.compile(r"(?P<of>[A-Z.]{1,6})\s*\d{6}(?P<right>[CP])\d{8}"),
)
_KINDS: Final = (
    (re.compile(r"\bROTH\b.*\b401 ?\(?K"), "roth_401k"),
    (re.compile(r"\b401 ?\(?K"), "401k"),
    (re.compile(r"\b403 ?\(?B"), "403b"),
    (re.compile(r"\bROTH\b"), "roth_ira"),
    (re.compile(r"\bIRA\b|\bSEP\b"), "ira"),
    (re.compile(r"\bHSA\b|HEALTH SAVINGS"), "hsa"),
    (re.compile(r"\b529\b"), "529"),
    (re.compile(r"\bTAXABLE\b|\bINDIVIDUAL\b|\bJOINT\b"), "taxable"),
)
_TOLERANCE: Final = Decimal("0.02")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A purchase, reinvestment or sale as a broker tells it.

    `shares` and `amount` (net of costs) count without sign, None unknown. `opening` says whether a position is opened
    by it, None where the broker does not. `contract` is the shares an option covers; 1 where shares are told.
    """

    place: str
    side: str
    account: str
    date: dt.date | None
    symbol: str
    shares: Decimal | None
    amount: Decimal | None
    price: Decimal | None = None
    opening: bool | None = None
    trade_id: str = ""
    contract: int = SHARES_A_CONTRACT


def kind_in(name: str) -> str:
    """The registration an account's name tells; empty where it tells none."""
    words = name.upper().replace("_", " ")
    return next((kind for pattern, kind in _KINDS if pattern.search(words)), "")


def option_of(symbol: str) -> tuple[str, str] | None:
    """The underlying and right (C or P) of an option's symbol; None for anything else."""
    for pattern in _OPTIONS:
        found = pattern.fullmatch(symbol)
        if found:
            return found["of"], found["right"]
    return None


def add_trade(draft: Draft, trade: Trade) -> None:
    """The trade as a line; a failure where a needed field is missing, or where it writes an option."""
    option = option_of(trade.symbol)
    needed = {"date": trade.date, "symbol": trade.symbol or None, "quantity": trade.shares or None}
    if trade.side == "sell":
        needed["amount"] = trade.amount
    absent = [name for name, value in needed.items() if value is None]
    if absent or trade.date is None or trade.shares is None:
        draft.fail(
            trade.place,
            f"a {trade.side} of {trade.symbol or 'nothing named'} without {absent[0]}",
            f"give {absent[0]}",
            reason=Reason.MISSING,
            field_name=absent[0],
        )
        return
    if option is not None and trade.opening is (trade.side == "sell"):
        not_counted(draft, trade.place, f"{trade.symbol}: an option written or bought back")
        return
    _check_price(draft, trade)
    shares = abs(trade.shares) * (trade.contract if option else 1)
    call = option is not None and option[1] == "C" and trade.side == "buy"
    draft.add(
        trade.place,
        type="option_buy" if call else trade.side,
        id=trade.trade_id,
        date=trade.date.isoformat(),
        account=trade.account,
        symbol=trade.symbol,
        qty=plain(shares),
        amount=None if trade.amount is None else plain(abs(trade.amount)),
        underlying=option[0] if call and option else None,
    )


def _check_price(draft: Draft, trade: Trade) -> None:
    """Shares times price against the amount: where they part, the amount is used and the reader told."""
    if not trade.price or not trade.amount or not trade.shares or option_of(trade.symbol):
        return
    expected, told = abs(trade.shares * trade.price), abs(trade.amount)
    if abs(expected - told) > _TOLERANCE * max(expected, told) + 50:
        draft.note(f"{trade.place}: shares times price is {expected:.2f}, the amount {told:.2f} is used")


def not_counted(draft: Draft, place: str, what: str) -> None:
    """Something outside what is counted here, said so."""
    draft.fail(
        place,
        f"{what} is not counted",
        "count its gain by hand, or enter what became of it as transactions",
        reason=Reason.NOT_APPLICABLE,
    )
