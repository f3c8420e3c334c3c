import polars as pl
import pytest

from trimtab.world.firms import DESK_MODELS, FIRM_MODELS, HOLD_ONLY, leaves, make_firms, ranked


def test_twelve_models_at_three_firms_some_of_models(frames):
    models = frames["models"]
    assert models["model_id"].n_unique() == 12
    assert frames["firms"]["firm_id"].n_unique() == 3
    assert models.filter(pl.col("kind") == "model")["model_id"].n_unique() >= 5
    assert models.filter(pl.col("kind") == "index")["model_id"].to_list() == ["DIRECT-US"]


def test_siblings_sum_to_one_and_parents_exist(frames):
    models = frames["models"]
    sums = models.group_by("model_id", "parent_node_id").agg(pl.col("weight").sum())
    assert sums.filter((pl.col("weight") - 1).abs() > 1e-9).is_empty()
    nodes = models.select("model_id", parent_node_id="node_id")
    orphans = models.filter(pl.col("parent_node_id").is_not_null()).join(
        nodes, on=["model_id", "parent_node_id"], how="anti"
    )
    assert orphans.is_empty()


@pytest.mark.parametrize("model_id", [*DESK_MODELS, *FIRM_MODELS])
def test_a_model_resolves_to_the_whole(model_id):
    parts = leaves(model_id, {"X": 0.25, "Y": 0.75})
    assert sum(parts.values()) == pytest.approx(1.0, abs=1e-12)
    assert all(w > 0 for w in parts.values())


def test_models_of_models_are_followed():
    balanced, equity = leaves("BALANCED", {}), leaves("CORE-EQUITY", {})
    assert balanced["reit"] == pytest.approx(0.6 * equity["reit"])
    assert leaves("LARK-REAL", {})["reit"] == pytest.approx(0.86 * balanced["reit"])


def test_each_firm_prefers_its_own_family_and_never_buys_hold_only_first(frames):
    assert ranked("us_total", "S")[0] == "SCHB"
    assert ranked("us_total", "I")[0] == "ITOT"
    products = frames["products"]
    assert products.filter((pl.col("rank") == 1) & pl.col("hold_only")).is_empty()
    assert set(products.filter(pl.col("hold_only"))["security_id"]) == set(HOLD_ONLY)


def test_every_slot_of_a_model_has_products_at_every_firm(frames):
    slots = frames["models"].filter(pl.col("kind") == "security")["node_id"].unique()
    for firm_id in frames["firms"]["firm_id"]:
        named = frames["products"].filter(pl.col("firm_id") == firm_id)["node_id"]
        assert set(slots) <= set(named)


def test_ranks_count_from_one_without_gaps(frames):
    ranks = frames["products"].sort("rank").group_by("firm_id", "node_id").agg("rank")
    assert all(r == list(range(1, len(r) + 1)) for r in ranks["rank"].to_list())


def test_more_firms_than_three_share_the_desks_models():
    firms = make_firms(7)
    assert len({f.firm_id for f in firms}) == len({f.name for f in firms}) == 7
    assert firms[5].models == ("CONSERVATIVE", "BALANCED", "GROWTH", "AGGRESSIVE")
