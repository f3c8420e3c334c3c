"""The tables of one account."""

import polars as pl
from tests.unit.report.samples import sample_view

from trimtab.report import account_grids as grids
from trimtab.report.account import story

VIEW = sample_view()
ONE, NAMES = story(VIEW, "A1"), VIEW.security_names()


def test_trades_have_their_sentence() -> None:
    sell, buy = grids.trade_grid(ONE, NAMES).rows
    assert sell == (
        "sell",
        "OLDX Old Co",
        "Sell OLD at a loss of $2000.",
        "cash",
        "10.5",
        "$43,500",
        "−$2,000",
        "−$400",
        "$2.25",
    )
    assert buy[6:8] == ("unknown", "unknown")


def test_trades_not_made_say_what_they_would_cost() -> None:
    assert grids.kept_grid(ONE, NAMES).rows == (
        ("BND", "BND stays: tax outweighs.", "max_weight", "$30", "$75", "$1"),
    )


def test_lots() -> None:
    assert grids.lot_grid(ONE, NAMES).rows == (
        (
            "OLDX Old Co",
            "L1",
            "unknown",
            "short",
            "10.5",
            "$43,500",
            "$45,500",
            "−$2,000",
            "unknown",
            "−$400",
        ),
    )


def test_settings_say_who_set_them() -> None:
    assert grids.setting_grid(ONE).rows == (("min_trade", "500", "firm", "F1"),)


def test_windows_and_conflicts() -> None:
    assert grids.window_grid(ONE, NAMES).rows == (("OLDX Old Co", "2020-07-01", "", ""),)
    assert grids.binding_grid(ONE).rows[0][0] == "max_weight:OLD"


def test_a_long_list_is_cut() -> None:
    long = pl.concat([ONE.kept] * 300)
    cut = grids.kept_grid(type(ONE)(**{**_fields(), "kept": long}), NAMES)
    assert (len(cut.rows), cut.note) == (200, "… and 100 more in reasons.csv")


def _fields() -> dict[str, object]:
    return {name: getattr(ONE, name) for name in ONE.__dataclass_fields__}
