"""Sessions of an exchange and days of settlement, as pure look-ups in a sorted tuple of dates."""

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

SETTLEMENT_SESSIONS = 1
_FIRST, _LAST = date(1990, 1, 1), date(2060, 12, 31)
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """The sessions of an exchange, ascending; before the first and after the last every weekday is taken for one.

    A book's own calendar often ends near its business date; settlement still needs the days after it.
    """

    sessions: tuple[date, ...]

    def __post_init__(self) -> None:
        assert self.sessions, "a calendar has at least one session"
        assert all(a < b for a, b in zip(self.sessions, self.sessions[1:], strict=False)), "sessions ascend"

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on a day."""
        if self.sessions[0] <= day <= self.sessions[-1]:
            at = bisect_left(self.sessions, day)
            return self.sessions[at] == day
        return day.weekday() < _SATURDAY

    def next_session(self, day: date) -> date:
        """The first session after a day."""
        if day < self.sessions[0] - _DAY:
            return min(_next_weekday(day), self.sessions[0])
        at = bisect_right(self.sessions, day)
        return self.sessions[at] if at < len(self.sessions) else _next_weekday(day)

    def previous_session(self, day: date) -> date:
        """The last session before a day."""
        if day > self.sessions[-1] + _DAY:
            return max(_previous_weekday(day), self.sessions[-1])
        at = bisect_left(self.sessions, day)
        return self.sessions[at - 1] if at > 0 else _previous_weekday(day)

    def add_sessions(self, day: date, count: int) -> date:
        """The session so many sessions after a day (before it where negative); with 0 the day, or the next session."""
        if count == 0:
            return day if self.is_session(day) else self.next_session(day)
        step = self.next_session if count > 0 else self.previous_session
        for _ in range(abs(count)):
            day = step(day)
        return day

    def settlement_date(self, traded: date, *, sessions: int = SETTLEMENT_SESSIONS) -> date:
        """When a trade of a day settles: one session after the trade date (17 CFR 240.15c6-1 from 2024-05-28)."""
        assert sessions >= 0, sessions
        return self.add_sessions(traded, sessions)

    def sessions_between(self, after: date, until: date) -> int:
        """How many sessions lie after one day and up to another, that one included; 0 where there are none."""
        count, day = 0, self.next_session(after)
        while day <= until:
            count, day = count + 1, self.next_session(day)
        return count


def calendar_of(days: Iterable[date]) -> Calendar:
    """A calendar of the days that a book's `calendar` table lists, in any order."""
    return Calendar(tuple(sorted(set(days))))


@lru_cache(maxsize=1)
def new_york() -> Calendar:
    """The New York exchange's sessions of 1990 to 2060: holidays to come by today's rules."""
    import exchange_calendars

    with warnings.catch_warnings():
        # The library's own use of pandas warns; nothing of it is ours to mend or the user's to read.
        warnings.simplefilter("ignore")
        exchange = exchange_calendars.get_calendar("XNYS", start=_FIRST.isoformat(), end=_LAST.isoformat())
        return Calendar(tuple(session.date() for session in exchange.sessions))


def _next_weekday(day: date) -> date:
    day += _DAY
    while day.weekday() >= _SATURDAY:
        day += _DAY
    return day


def _previous_weekday(day: date) -> date:
    day -= _DAY
    while day.weekday() >= _SATURDAY:
        day -= _DAY
    return day
