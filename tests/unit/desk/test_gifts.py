"""Gift candidates: only of accounts in transition, only long-term gains, the dearest to sell first."""

from datetime import date

import polars as pl
from tests.e2e.tiny import ran

from trimtab.desk.gifts import GIFTS, gift_candidates


def test_only_accounts_that_arrive_or_follow_a_plan_have_them() -> None:
    _, run = ran("plans")
    found = gift_candidates(run.day, run.outcome)
    assert found.schema == GIFTS
    assert {"S8-NONE", "S8-TODAY", "S9-LEFT"} <= set(found["account_id"])
    assert "S9-ENDED" not in set(found["account_id"])
    _, still = ran("budget")
    assert gift_candidates(still.day, still.outcome).is_empty()


def test_each_is_long_term_has_a_gain_and_the_dearest_stands_first() -> None:
    _, run = ran("plans")
    mine = gift_candidates(run.day, run.outcome).filter(pl.col("account_id") == "S8-NONE")
    assert len(mine) == 30
    assert mine.filter((pl.col("gain") <= 0) | (pl.col("acquired") > date(2024, 6, 26))).is_empty()
    a_dollar = (mine["tax_avoided"] / mine["worth"]).to_list()
    assert a_dollar == sorted(a_dollar, reverse=True)
    assert mine.row(0, named=True)["lot_id"] == "11"
    assert mine["tax_avoided"][0] == 666.4, "a gain of 2,800 at 23.8 %"
