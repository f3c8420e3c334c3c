"""The holding test of qualified dividends (IRC 1(h)(11), 246(c)): days inside the window around the ex-date
decide.
"""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DividendTest:
    """The window's first and last day, the days held at risk inside it, and if the dividend qualifies."""

    window_start: date
    window_end: date
    days_held: int
    qualified: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both in; a stretch in which the risk of loss was diminished."""

    first: date
    last: date


def dividend_test(
    acquired: date,
    disposed: date | None,
    *,
    ex_date: date,
    preferred: bool = False,
    diminished: tuple[Span, ...] = (),
    diminished_days: int = 0,
) -> DividendTest:
    """More than 60 days of the 121 that begin 60 days before the ex-date; a long-period preferred, more
    than 90 of 181.

    The day of purchase is out and the day of sale in; days of diminished risk are out, given as spans or as
    a count. `disposed` None: still held. So many days can only be
    held across the ex-date: who qualifies owned the shares on the day that decides the dividend.
    """
    reach = 90 if preferred else 60
    start, end = ex_date - timedelta(days=reach), ex_date + timedelta(days=reach)
    first = max(start, acquired + timedelta(days=1))
    last = end if disposed is None else min(end, disposed)
    out = {day for span in diminished for day in _days(max(first, span.first), min(last, span.last))}
    held = max(0, (last - first).days + 1 - len(out) - diminished_days)
    return DividendTest(window_start=start, window_end=end, days_held=held, qualified=held > reach)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]
