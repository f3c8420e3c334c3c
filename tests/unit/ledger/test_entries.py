"""Entries as they were known, and what stands where an entry does not say."""

import datetime as dt
from fractions import Fraction

from trimtab.core.amounts import Money, Quantity
from trimtab.ledger.entries import Correction, Purchase, Relief, as_known

DAY = dt.date(2024, 5, 2)


def test_top_rates_stand_where_no_rates_are_given() -> None:
    assert (Relief("FIFO").short_rate, Relief("FIFO").long_rate) == (Fraction("0.408"), Fraction("0.238"))


def test_an_entry_may_be_withdrawn_from_the_day_that_was_known() -> None:
    one, two = (
        Purchase(
            entry_id=name,
            date=DAY,
            account_id="A",
            security_id="X",
            quantity=Quantity.parse(1),
            amount=Money.parse(9),
        )
        for name in ("T1", "T2")
    )
    withdrawn = (Correction("T1", DAY + dt.timedelta(days=3), None),)
    assert as_known((one, two), (), DAY) == (one, two)
    assert as_known((one, two), withdrawn, DAY + dt.timedelta(days=2)) == (one, two)
    assert as_known((one, two), withdrawn, DAY + dt.timedelta(days=3)) == (two,)
