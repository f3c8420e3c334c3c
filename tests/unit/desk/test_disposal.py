"""What a ban cannot sell is one conflict a security, with its ways out in dollars and the lots to give away."""

import polars as pl
from tests.e2e.tiny import ran


def ways_out(account: str) -> list[str]:
    conflicts = ran("screens")[1].tables["conflicts"].filter(pl.col("account_id") == account)
    assert len(conflicts) == 1, "each colliding limit is named once"
    return conflicts["relaxation"][0].split("; or ")


def test_without_a_budget_the_whole_of_it_is_missing() -> None:
    assert ways_out("ZERO") == [
        "a tax budget of $11900.0 more",
        "give its appreciated long-term shares away (lots 1)",
        "offset $50000.0 of gains with losses",
    ]


def test_with_half_of_it_the_other_half_is_missing() -> None:
    assert ways_out("SHORT")[0] == "a tax budget of $5950.0 more"


def test_with_a_budget_for_it_nothing_collides() -> None:
    conflicts = ran("screens")[1].tables["conflicts"]
    assert "WHOLE" not in set(conflicts["account_id"])


def test_where_another_limit_keeps_it_the_sale_wants_an_order() -> None:
    words = ways_out("TURN")[0]
    assert words.startswith("order the sale: its tax of $")
    assert words.endswith("fits the budget, another limit or a wait keeps it")
