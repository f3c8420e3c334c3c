from datetime import date
from decimal import Decimal as D

import polars as pl
import pytest

from trimtab.policy.cash import cash_due, near_flows

SCHEMA = {
    "account_id": pl.String,
    "flow_id": pl.String,
    "date": pl.Date,
    "amount": pl.Decimal(38, 9),
    "direction": pl.String,
    "kind": pl.String,
    "every": pl.String,
    "until": pl.Date,
    "status": pl.String,
}


def flow(day, amount=1000, direction="out", every=None, until=None, status="requested", account="A"):
    return (account, "F", day, D(amount), direction, "once", every, until, status)


def due(*rows, as_of=date(2026, 3, 10), lead=5, last_chance=None):
    flows = pl.DataFrame(list(rows), schema=SCHEMA, orient="row")
    settings = pl.DataFrame({"account_id": ["A", "B"], "cash_lead_days": [lead, lead]})
    return {
        r["account_id"]: (r["cash_due"], r["next_due"])
        for r in cash_due(flows, settings, as_of=as_of, last_chance=last_chance).to_dicts()
    }


@pytest.mark.parametrize(("day", "expected"), [(15, True), (16, False), (10, True), (1, True)])
def test_a_withdrawal_counts_within_the_lead_time_and_until_it_is_done(day, expected):
    assert (due(flow(date(2026, 3, day))) != {}) is expected


def test_done_withdrawals_and_deposits_to_come_need_no_cash():
    assert due(flow(date(2026, 3, 12), status="done"), flow(date(2026, 3, 12), direction="in")) == {}


def test_needs_of_an_account_add_up_and_the_first_date_is_kept():
    found = due(
        flow(date(2026, 3, 14), 250), flow(date(2026, 3, 11), 500), flow(date(2026, 3, 11), 9, account="B")
    )
    assert found == {"A": (D(750), date(2026, 3, 11)), "B": (D(9), date(2026, 3, 11))}


@pytest.mark.parametrize(
    ("start", "every", "as_of", "expected"),
    [
        (date(2026, 1, 12), "month", date(2026, 3, 10), date(2026, 3, 12)),
        (date(2026, 1, 31), "month", date(2026, 2, 25), date(2026, 2, 28)),
        (date(2026, 1, 3), "month", date(2026, 3, 30), date(2026, 4, 3)),
        (date(2025, 6, 12), "quarter", date(2026, 3, 10), date(2026, 3, 12)),
        (date(2025, 7, 12), "quarter", date(2026, 3, 10), None),
        (date(2024, 12, 31), "year", date(2026, 12, 28), date(2026, 12, 31)),
        (date(2026, 9, 12), "month", date(2026, 3, 10), None),
    ],
)
def test_a_recurring_withdrawal_needs_no_new_entry(start, every, as_of, expected):
    found = due(flow(start, every=every), as_of=as_of)
    assert found == ({} if expected is None else {"A": (D(1000), expected)})


def test_a_recurring_withdrawal_ends_with_until():
    assert due(flow(date(2026, 1, 12), every="month", until=date(2026, 3, 11))) == {}
    assert due(flow(date(2026, 1, 12), every="month", until=date(2026, 3, 12))) != {}


def test_two_occurrences_inside_a_long_lead_time_both_count():
    assert due(flow(date(2026, 1, 12), every="month"), lead=40)["A"][0] == D(2000)


@pytest.mark.parametrize(("day", "expected"), [(16, True), (17, False)])
def test_what_only_todays_sales_settle_for_is_raised_today_however_short_the_lead_time(day, expected):
    """Friday 13 March: Monday's sales settle on Tuesday the 17th, so that Monday's withdrawal cannot wait."""
    found = due(flow(date(2026, 3, day)), as_of=date(2026, 3, 13), lead=1, last_chance=date(2026, 3, 16))
    assert (found != {}) is expected


def test_a_flow_is_near_within_the_longest_pause_of_an_exchange():
    rows = [flow(date(2026, 3, 24)), flow(date(2026, 3, 25)), flow(date(2026, 1, 1), every="month")]
    frame = pl.DataFrame([*rows, flow(date(2026, 3, 11), direction="in")], schema=SCHEMA, orient="row")
    found = near_flows(frame, as_of=date(2026, 3, 10))
    assert found["date"].to_list() == [date(2026, 3, 24), date(2026, 1, 1)]
