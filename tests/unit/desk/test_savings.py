"""A year's savings from a book: scenario 23 and its neighbours, a baseline of one's own, and what adds up."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from tests.e2e.tiny import lay

from trimtab.book.read import read_book
from trimtab.desk.day import open_day
from trimtab.desk.savings import SavedYear, saved_year
from trimtab.ledger.columns import MONEY

Edit = Callable[[Path], None]


def saved(tmp_path: Path, edit: Edit | None = None, baseline: pl.DataFrame | None = None) -> SavedYear:
    folder = lay("savings", tmp_path / "book")
    if edit is not None:
        edit(folder)
    day = open_day(read_book(folder), lambda _: None)
    words = "" if baseline is None else "my own"
    return saved_year(day, discount_rate=Fraction(5, 100), years=10, baseline=baseline, words=words)


def row(found: SavedYear, account: str) -> dict[str, object]:
    return found.accounts.filter(pl.col("account_id") == account).row(0, named=True)


def replacing(name: str, old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return edit


def test_scenario_23_and_its_neighbours(tmp_path: Path) -> None:
    found = saved(tmp_path)
    one = row(found, "S23")
    assert (one["deferred"], one["harvested_used"], one["total"]) == (9520, 2040, 11560)
    assert (one["deferral_share"], one["ratio"], one["fees"]) == (0.8235, 2.312, 5000)
    assert one["deferred_present_value"] == Decimal("3675.55"), "9,520 less 9,520 / 1.05^10"
    assert row(found, "S23-ZERO")["total"] == 0
    assert row(found, "S23-ZERO")["deferral_share"] is None
    assert row(found, "S23-OTHER")["harvested_used"] == 0
    unknown = row(found, "S23-UNKNOWN")
    assert (unknown["total"], unknown["ratio"], unknown["unknown_lots"]) == (None, None, 1)
    beta = found.firms.filter(pl.col("firm_id") == "BETA").row(0, named=True)
    assert (beta["accounts"], beta["unknown"], beta["total"]) == (2, 1, Decimal("9678.00"))


def test_figures_tie_to_lots_and_parts_add_up(tmp_path: Path) -> None:
    found = saved(tmp_path)
    sums = found.lines.group_by("account_id").agg(pl.col("saved").sum())
    both = found.accounts.drop_nulls("total").join(sums, on="account_id")
    assert len(both) == 4
    assert both["total"].to_list() == both["saved"].to_list()
    parts = both.select(
        pl.sum_horizontal("deferred", "permanent", "harvested_used", "harvested_carried")
    ).to_series()
    assert parts.to_list() == both["total"].to_list()


def test_a_sale_without_a_gain_leaves_the_total_unknown(tmp_path: Path) -> None:
    old = "S23,1,2025-03-03,sell,US,100,10000,-5000,S,US-1"
    found = saved(tmp_path, replacing("transactions.csv", old, old.replace("-5000", "")))
    assert row(found, "S23")["total"] is None
    assert row(found, "S23-ALONE")["total"] is not None


def test_a_sale_of_last_year_and_an_untaxed_account_save_nothing(tmp_path: Path) -> None:
    old = "S23,1,2025-03-03,sell"
    found = saved(tmp_path, replacing("transactions.csv", old, "S23,1,2024-12-31,sell"))
    assert row(found, "S23")["total"] == 9520
    found = saved(
        tmp_path, replacing("accounts.csv", "S23-OTHER,BETA,taxable", "S23-OTHER,BETA,tax_deferred")
    )
    assert "S23-OTHER" not in found.accounts["account_id"]


def test_what_an_account_realized_beyond_its_sales_moves_its_rates(tmp_path: Path) -> None:
    """Short gains of 5,000 beyond the sale told: the loss meets them in S23-ALONE as it meets those outside in S23."""

    def edit(folder: Path) -> None:
        file = folder / "accounts.csv"
        head, *rows = file.read_text().splitlines()
        told = [one + (",0,0" if one.startswith("S23-ALONE") else ",,") for one in rows]
        file.write_text("\n".join([head + ",ytd_short,ytd_long", *told]) + "\n")

    assert row(saved(tmp_path, edit), "S23-ALONE")["harvested_used"] == 2040


def test_a_baseline_of_ones_own_can_tell_what_became_permanent(tmp_path: Path) -> None:
    columns = {
        "account_id": pl.String,
        "security_id": pl.String,
        "lot_id": pl.String,
        "term": pl.String,
        "gain": MONEY,
    }
    mine = pl.DataFrame([("S23", "BOND", "BOND-9", "S", Decimal(1000))], schema=columns, orient="row")
    long = "S23,3,2025-05-05,sell,BOND,10,2000,1000,L,BOND-9"

    def edit(folder: Path) -> None:
        file = folder / "transactions.csv"
        file.write_text(file.read_text() + long + "\n")

    found = saved(tmp_path, edit, mine)
    one = row(found, "S23")
    assert one["permanent"] == 170, "1,000 at 40.8 % that became 23.8 %"
    assert found.stated.baseline == "my own"


@pytest.mark.parametrize("account", ["S23", "S23-ZERO"])
def test_row_order_changes_nothing(tmp_path: Path, account: str) -> None:
    def turned(folder: Path) -> None:
        for name in ("transactions.csv", "lots.csv", "accounts.csv"):
            head, *rows = (folder / name).read_text().splitlines()
            (folder / name).write_text("\n".join([head, *reversed(rows)]) + "\n")

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert row(saved(tmp_path / "a"), account) == row(saved(tmp_path / "b", turned), account)
