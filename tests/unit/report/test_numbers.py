"""Numbers for people: signs, thousands, unknown."""

from datetime import date
from decimal import Decimal

import pytest

from trimtab.report import numbers


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (None, "unknown"),
        (0, "$0"),
        (1234.4, "$1,234"),
        (-1234.6, "−$1,235"),
        (-0.4, "$0"),
        (Decimal("12.5"), "$12"),
    ],
)
def test_money(amount: float | None, said: str) -> None:
    assert numbers.money(amount) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [(None, "unknown"), (Decimal("1234.5"), "$1,234.50"), (-0.125, "−$0.12"), (-0.001, "$0.00")],
)
def test_cents(amount: float | None, said: str) -> None:
    assert numbers.cents(amount) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (None, "unknown"), (950, "$950"), (-0.2, "$0"), (999.7, "$1.00K"), (12_345, "$12.3K"), (-123_456, "−$123K"),
        (4_560_000, "$4.56M"), (1.2e9, "$1.20B"), (999_600, "$1.00M"),
    ],
)  # fmt: skip
def test_short_money(amount: float | None, said: str) -> None:
    assert numbers.short_money(amount) == said


@pytest.mark.parametrize(
    ("share", "places", "said"),
    [
        (None, 2, "unknown"),
        (0.01234, 2, "1.23%"),
        (-0.01234, 1, "−1.2%"),
        (-0.00001, 2, "0.00%"),
        (0, 0, "0%"),
    ],
)
def test_percent(share: float | None, places: int, said: str) -> None:
    assert numbers.percent(share, places) == said


def test_counts_and_quantities() -> None:
    assert (numbers.count(None), numbers.count(12_000)) == ("unknown", "12,000")
    assert (numbers.quantity(None), numbers.quantity(Decimal("1200.500"))) == ("unknown", "1,200.5")
    assert numbers.quantity(Decimal(100)) == "100"
    assert (numbers.counted(1, "account"), numbers.counted(2, "account")) == ("1 account", "2 accounts")
    assert numbers.counted(3, "tax", "taxes") == "3 taxes"


@pytest.mark.parametrize(
    ("spent", "said"),
    [
        (None, "unknown"),
        (0.0124, "12 ms"),
        (0.9996, "1.0 s"),
        (3.24, "3.2 s"),
        (59.97, "1 min 0 s"),
        (245, "4 min 5 s"),
    ],
)
def test_seconds(spent: float | None, said: str) -> None:
    assert numbers.seconds(spent) == said


def test_speed_memory_and_dates() -> None:
    assert (numbers.speed(None), numbers.speed(0.01), numbers.speed(1234.56)) == (
        "unknown",
        "under 0.1",
        "1,234.6",
    )
    assert (numbers.memory(None), numbers.memory(1200.4)) == ("unknown", "1,200 MiB")
    assert (numbers.day(None), numbers.day(date(2020, 6, 1))) == ("unknown", "1 June 2020")
