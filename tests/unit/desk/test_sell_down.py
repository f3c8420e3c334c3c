"""Holdings never to be owned, and those to be sold first, go before the rest is weighed."""

import polars as pl
from tests.e2e.tiny import ran


def disposed(case: str) -> dict[tuple[str, str], float]:
    rows = ran(case)[1].day.disposed.sort("account_id", "security_id").iter_rows()
    return {(account, security): float(shares) for account, security, shares in rows}


def test_what_may_never_be_owned_goes_as_far_as_the_budget_allows() -> None:
    found = disposed("screens")
    assert found["WHOLE", "SMOKE"] == 1250
    assert found["ALMOST", "SMOKE"] == 1249
    assert found["SHORT", "SMOKE"] == 625
    assert not {account for account, _ in found} & {"ZERO", "KEPT", "NO-BUY", "BELOW-LIMIT"}


def test_what_goes_first_goes_no_further_than_the_account_sells() -> None:
    found, run = disposed("sell_first"), ran("sell_first")[1]
    assert set(found) == {(name, "OLD") for name in ("CASH", "TAXED", "BROKE", "MORE")}
    trades = run.tables["trades"].filter(pl.col("side") == "sell")
    for (account, security), shares in found.items():
        mine = trades.filter((pl.col("account_id") == account) & (pl.col("security_id") == security))
        assert float(mine["quantity"].sum()) >= shares


def test_the_bound_holds_for_what_is_left_to_choose() -> None:
    for case in ("screens", "sell_first"):
        rows = ran(case)[1].tables["evaluations"].drop_nulls("objective")
        assert (rows["objective"] >= rows["lower_bound"] - 1e-9 * rows["value"].cast(pl.Float64)).all()
        assert (rows["gap"] < 1.0).all()
