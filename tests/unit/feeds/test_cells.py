import datetime as dt
from decimal import Decimal

import pytest

from trimtab.feeds.cells import CellError, day, exact_text, heading, number, plain


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("$1,234.50", "1234.50"),
        ("-$3.10", "-3.10"),
        ("$-3.10", "-3.10"),
        ("($200.00)", "-200.00"),
        ("(200)", "-200"),
        ("+0000000000100.00000", "100.00000"),
        ("  .5 ", "0.5"),
        ("12.", "12"),
        ("1e-3", "0.001"),
        ("−7", "-7"),
        ("0", "0"),
    ],
)
def test_numbers_as_brokers_write_them(cell, value):
    assert number(cell) == Decimal(value)


@pytest.mark.parametrize("cell", ["", "--", "N/A", " ", "unknown", "nan"])
def test_what_is_not_known_is_none_and_never_zero(cell):
    assert number(cell) is None
    assert day(cell) is None


@pytest.mark.parametrize(
    "cell",
    ["1.234,56", "12,34", "abc", "1 000", "$", ".", "1e999", "Infinity", "9" * 41, "1e16", "--5", "5%"],
)
def test_what_is_no_number_is_refused(cell):
    with pytest.raises(CellError):
        number(cell)


@pytest.mark.parametrize(
    "cell",
    [
        *("2024-03-05", "03/05/2024", "3/5/2024", "03-05-2024", "2024/03/05", "20240305", "Mar-05-2024"),
        *("2024-03-05 13:22:52", "03/05/2024 13:22:52", "20240305160000.000[-5:EST]", "20240305;134413"),
        *("2024-03-05;134413", "2024-03-05T09:30:00", "20240305[-5:EST]", "03/05/2024 9:30 AM"),
    ],
)
def test_one_day_in_many_forms(cell):
    assert day(cell) == dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    "cell",
    [
        "13/02/2024",
        "2024-02-30",
        "0001-01-01",
        "9999-12-31",
        "03/05/24",
        "20241301",
        "today",
        "2024-03-05x",
        "2024",
    ],
)
def test_what_is_no_day_is_refused(cell):
    with pytest.raises(CellError):
        day(cell)


def test_shares_and_money_have_nine_places_ratios_all():
    third = Decimal(1) / Decimal(3)
    assert plain(third) == "0.333333333"
    assert exact_text(third) == "0.3333333333333333333333333333"
    assert plain(None) is exact_text(None) is None


def test_headings_are_plain_names():
    assert [heading(h) for h in ("Price ($)", "Fees & Comm", "Today's Gain/Loss %")] == [
        *("price", "fees_comm", "today_s_gain_loss")
    ]
