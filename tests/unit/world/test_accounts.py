import polars as pl


def test_lots_were_bought_at_the_closes_of_their_days(frames):
    lots = frames["lots"].join(
        frames["prices"], left_on=["security_id", "acquired"], right_on=["security_id", "date"]
    )
    odd = lots.filter(pl.col("unit_cost") != pl.col("close"))
    assert len(lots) > 0.97 * len(frames["lots"])
    assert set(odd["account_id"]) <= set(frames["accounts"]["account_id"].head(27)), (
        "only situations set a basis"
    )


def test_cash_is_never_negative_and_mostly_near_one_percent(frames):
    price = frames["securities"].select("security_id", pl.col("price") * pl.col("price_factor").fill_null(1))
    held = frames["lots"].join(price, on="security_id").group_by("account_id")
    value = held.agg(held=(pl.col("quantity").cast(float) * pl.col("price").cast(float)).sum())
    joined = frames["accounts"].join(value, on="account_id").with_columns(pl.col("cash").cast(float))
    share = joined.select("cash", share=pl.col("cash") / (pl.col("cash") + pl.col("held")))
    assert share["cash"].min() >= 0
    assert 0.0095 < share["share"].median() < 0.013
    assert (share["share"] > 0.02).mean() < 0.12, "whole shares leave little cash over"
    assert len(share) == 300


def test_recent_purchases_stand_in_transactions(frames):
    as_of = frames["prices"]["date"].max()
    recent = frames["lots"].filter((as_of - pl.col("acquired")).dt.total_days() <= 61).drop_nulls("unit_cost")
    bought = frames["transactions"].filter(pl.col("kind") == "buy")
    both = recent.join(bought, on=["account_id", "lot_id"], how="full", suffix="_b")
    assert both.null_count()["security_id"].item() == 0
    assert both.filter(pl.col("lot_id_b").is_null()).is_empty()
    amount = pl.col("quantity").cast(float) * pl.col("unit_cost").cast(float)
    assert both.filter((amount - pl.col("amount").cast(float)).abs() > 0.0051).is_empty()


def test_households_stay_within_one_firm_and_taxpayers_within_one_household(frames):
    accounts = frames["accounts"]
    firms = accounts.group_by("household_id").agg(pl.col("firm_id").n_unique())
    assert firms["firm_id"].max() == 1
    joined = accounts.join(frames["households"], on="household_id", suffix="_h")
    assert joined.filter(pl.col("firm_id") != pl.col("firm_id_h")).is_empty()
    assert (accounts.group_by("household_id").len()["len"] > 1).sum() > 30


def test_direct_indexing_is_for_taxable_accounts(frames):
    direct = frames["accounts"].filter(pl.col("model_id") == "DIRECT-US")
    assert 15 < len(direct) < 80
    assert direct["tax_type"].unique().to_list() == ["taxable"]


def test_a_model_belongs_to_the_desk_or_to_the_accounts_firm(frames):
    owner = frames["models"].select("model_id", "firm_id").unique()
    joined = frames["accounts"].join(owner, on="model_id", suffix="_m").drop_nulls("firm_id_m")
    assert len(joined) > 20
    assert joined.filter(pl.col("firm_id") != pl.col("firm_id_m")).is_empty()


def test_no_two_ordinary_accounts_are_alike(frames):
    lots = frames["lots"].filter(pl.col("account_id") > "A00027")
    shapes = lots.group_by("account_id", maintain_order=True).agg(
        shape=pl.struct("security_id", "quantity", "acquired")
    )
    seen = [str(s) for s in shapes["shape"].to_list()]
    assert len(set(seen)) == len(seen)
    assert frames["accounts"]["name"].n_unique() > 150
