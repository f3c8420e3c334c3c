"""Ties: whose mates are named with them, and nobody else's."""

import polars as pl

from trimtab.desk.units import Ties


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
