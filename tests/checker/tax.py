"""The tax of a taxpayer's year as the book defines T, and the terms of lots; written again from the contract."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass
class Year:
    """Rates and what stands in the year before a proposal: S and L outside and of the other accounts, and own."""

    short_rate: float = 0.408
    long_rate: float = 0.238
    ordinary_rate: float = 0.37
    loss_limit: float = 3000.0
    expected_gain: float = 0.0
    room: float = 0.0
    carry_value: float = 0.5
    others_short: float = 0.0
    others_long: float = 0.0
    own_short: float = 0.0
    own_long: float = 0.0

    def tax(self, short: float, long: float) -> float:
        """T(S, L)."""
        net_short = max(short - max(-long, 0.0), 0.0)
        net_long = max(long - max(-short, 0.0), 0.0)
        left = max(-(short + long), 0.0) if short + long < 0 else 0.0
        first = min(left, self.loss_limit)
        second = min(left - first, 5 * (self.loss_limit + self.expected_gain))
        third = left - first - second
        worth = first * self.ordinary_rate + second * self.carry_value * self.long_rate
        worth += third * 0.05 * self.long_rate
        taxed_long = max(net_long - self.room, 0.0)
        return self.short_rate * net_short + self.long_rate * taxed_long - worth

    def added(self, short: float, long: float, *, beside: tuple[float, float] = (0.0, 0.0)) -> float:
        """T after less T before, `beside` realized by others today."""
        base = (
            self.others_short + self.own_short + beside[0],
            self.others_long + self.own_long + beside[1],
        )
        return self.tax(base[0] + short, base[1] + long) - self.tax(*base)

    def due(self, short: float, long: float) -> float:
        """What is owed with own realizations of the year, beyond what others owe: never negative."""
        own = (self.own_short + short, self.own_long + long)
        before = self.owed(self.others_short, self.others_long)
        return max(self.owed(self.others_short + own[0], self.others_long + own[1]) - before, 0.0)

    def owed(self, short: float, long: float) -> float:
        """Tax due on a net gain; a net loss owes nothing."""
        return max(self.tax(short, long), 0.0) if short + long > 0 else 0.0


def first_long_day(acquired: dt.date) -> dt.date:
    """The day after, a year on; 29 February becomes 1 March."""
    after = acquired + dt.timedelta(days=1)
    try:
        return after.replace(year=after.year + 1)
    except ValueError:
        return dt.date(after.year + 1, 3, 1)
