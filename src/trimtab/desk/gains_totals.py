"""Totals of a year, and what an answer about wash sales rests on: which accounts and days are seen."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from trimtab.core.amounts import ZERO, Money, total
from trimtab.core.dates import WASH_DAYS, Term, tax_year
from trimtab.ledger.entries import CashMovement, Entry
from trimtab.ledger.exact import exact, rounded
from trimtab.ledger.lots import Closed, Ledger
from trimtab.ledger.state import Account
from trimtab.ledger.year import UNKNOWN

NAMES_MAX = 12
_WINDOW = dt.timedelta(days=WASH_DAYS)


@dataclass(frozen=True, slots=True)
class YearTotals:
    """A year's recognized gains, washes, fund distributions of gain, and how many sales have no known gain."""

    short: Money = ZERO
    long: Money = ZERO
    disallowed: Money = ZERO
    permanent: Money = ZERO
    distributed_short: Money = ZERO
    distributed_long: Money = ZERO
    unknown: int = 0

    def __add__(self, other: "YearTotals") -> "YearTotals":
        return YearTotals(
            self.short + other.short,
            self.long + other.long,
            self.disallowed + other.disallowed,
            self.permanent + other.permanent,
            self.distributed_short + other.distributed_short,
            self.distributed_long + other.distributed_long,
            self.unknown + other.unknown,
        )

    @property
    def tax(self) -> Fraction | None:
        """Tax of one return of the year at top federal rates, nothing else realized; None where a gain is unknown.

        Short distributions of funds are dividends and stay out; long ones are long gains (Schedule D line 13).
        """
        if self.unknown:
            return None
        long = exact((self.long + self.distributed_long).decimal())
        return UNKNOWN.in_money().tax(exact(self.short.decimal()), long)


def year_totals(year: int, closed: Sequence[Closed], distributions: Sequence[CashMovement]) -> YearTotals:
    """The totals of the pieces disposed of, and the distributions paid, in a year."""
    ours = [row for row in closed if tax_year(row.disposed) == year]
    paid = [entry for entry in distributions if tax_year(entry.date) == year]
    return YearTotals(
        short=_gain(ours, Term.SHORT),
        long=_gain(ours, Term.LONG),
        disallowed=total([row.disallowed for row in ours]),
        permanent=total([row.permanent for row in ours]),
        distributed_short=total([e.amount for e in paid if e.kind == "gain_distribution_short"]),
        distributed_long=total([e.amount for e in paid if e.kind == "gain_distribution_long"]),
        unknown=sum(row.basis is None or (row.term is None and bool(row.gain)) for row in ours),
    )


def _gain(rows: Sequence[Closed], term: Term) -> Money:
    return total([row.gain for row in rows if row.term is term and row.gain is not None])


def coverage_of(
    entries: Sequence[Entry], ledger: Ledger, *, opening: Ledger, through: dt.date | None
) -> list[str]:
    """Days of wash windows that are not seen: before the first transaction, after the last or the day given."""
    if not entries:
        return []
    first = min(entry.date for entry in entries)
    last = through or max(entry.date for entry in entries)
    losses = [row for row in ledger.closed if row.basis is not None and row.basis > row.proceeds]
    early = [row for row in losses if row.disposed - _WINDOW < first]
    said = []
    if early and not opening.lots:
        said.append(
            f"the file begins on {first}: purchases in the {WASH_DAYS} days before a loss of "
            f"{early[0].disposed} are not all seen"
        )
    waiting = [loss for loss in ledger.pending if loss.sold + _WINDOW > last]
    said += [
        f"the file ends on {last}: until {loss.sold + _WINDOW} a purchase of {loss.security_id} would still "
        f"disallow up to {rounded(exact(loss.loss_at_risk.decimal()))} of the loss of {loss.sold}"
        for loss in waiting
    ]
    return said


def accounts_seen(accounts: Sequence[Account]) -> str:
    """Whose purchases an answer rests on."""
    names = [account.account_id for account in accounts]
    shown = ", ".join(names[:NAMES_MAX]) or "none"
    more = f" and {len(names) - NAMES_MAX} more" if len(names) > NAMES_MAX else ""
    return f"accounts seen: {shown}{more}. Purchases in accounts outside this file are not seen; they could wash a loss"
