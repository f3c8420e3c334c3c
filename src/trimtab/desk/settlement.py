"""Settlement: until when cash can only come from what is sold today."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from trimtab.core.calendar import calendar_of, new_york
from trimtab.policy.cash import near_flows


def last_chance(tables: Mapping[str, pl.DataFrame], as_of: date) -> date:
    """The last day that only today's sales settle for: the day before those of the next session do.

    The sessions are those of the book's `calendar`, else of the New York exchange; they are looked up only where a
    withdrawal is near.
    """
    if near_flows(tables["cash_flows"], as_of=as_of).is_empty():
        return as_of
    days = tables["calendar"]["date"].to_list()
    calendar = calendar_of(days) if days else new_york()
    return calendar.settlement_date(calendar.next_session(as_of)) - timedelta(days=1)
