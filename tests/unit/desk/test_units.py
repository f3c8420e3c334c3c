"""Ties: whose mates are named with them, and nobody else's."""

import polars as pl
import pytest
from tests.e2e.tiny import ran

from trimtab.desk.units import Ties, widen


def test_mates_are_all_that_share_a_unit() -> None:
    tied = Ties(
        pl.DataFrame(
            {
                "account_id": ["A", "B", "D", "E"],
                "unit_id": ["A", "A", "D", "D"],
                "joint": [True, True, False, False],
            }
        )
    )

    def mates(*names: str) -> list[str]:
        return tied.mates(pl.DataFrame({"account_id": names}, schema={"account_id": pl.String}))[
            "account_id"
        ].to_list()

    assert mates("B", "C") == ["A", "B", "C"]
    assert mates("E") == ["D", "E"]
    assert mates() == []


def test_nothing_to_widen_changes_nothing() -> None:
    _, run = ran("households")
    tied = Ties(pl.DataFrame(schema={"account_id": pl.String, "unit_id": pl.String, "joint": pl.Boolean}))
    none = pl.DataFrame(schema={"account_id": pl.String, "seller": pl.String})
    assert widen(run.day, run.outcome.accounts, tied, pairs=none) is tied


@pytest.mark.parametrize(
    ("buyer", "seller", "one"),
    [("IRA", "HARVEST", True), ("HARVEST", "SHARED-LOSS", False), ("ALONE-GAIN", "IRA", True)],
)
def test_two_taxpayers_are_never_one_unit(buyer: str, seller: str, one: bool) -> None:
    _, run = ran("households")
    tied = Ties(pl.DataFrame(schema={"account_id": pl.String, "unit_id": pl.String, "joint": pl.Boolean}))
    pairs = pl.DataFrame({"account_id": [buyer], "seller": [seller]})
    wider = widen(run.day, run.outcome.accounts, tied, pairs=pairs)
    assert (wider is not tied) is one
    if one:
        assert wider.accounts["unit_id"].unique().to_list() == [min(buyer, seller)]
