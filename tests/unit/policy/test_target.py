"""Targets of small books: weights, cash, who may be bought, and what stops an account."""

import polars as pl
import pytest

from trimtab.policy.target import resolve_targets

SECURITIES = [
    {"security_id": s, "kind": k, "asset_class": c}
    for s, k, c in [
        ("VTI", "etf", "us"),
        ("ITOT", "etf", "us"),
        ("SCHB", "etf", "us"),
        ("VEA", "etf", "intl"),
        ("BND", "etf", "bond"),
        ("MUB", "etf", "bond"),
        ("SWP", "cash", "cash"),
        ("AAPL", "equity", "us"),
        ("MSFT", "equity", "us"),
        ("XOM", "equity", "us"),
    ]
]


def node(model, name, kind, ref, weight, parent=None, **more):
    return {
        "model_id": model,
        "node_id": name,
        "kind": kind,
        "ref": ref,
        "weight": weight,
        "parent_node_id": parent,
        **more,
    }


def account(name, model, firm="f1", tax="taxable", **more):
    return {"account_id": name, "firm_id": firm, "model_id": model, "tax_type": tax, **more}


GROWTH = [
    node("g", "eq", "class", "us", 0.6),
    node("g", "vti", "security", "VTI", 0.75, "eq"),
    node("g", "itot", "security", "ITOT", 0.25, "eq"),
    node("g", "fi", "class", "bond", 0.4),
    node("g", "bnd", "security", "BND", 1.0, "fi"),
]


@pytest.fixture
def aim(book):
    def run(cash=0.01, **tables):
        made = book(**{"securities": SECURITIES, **tables})
        ids = made["accounts"].select("account_id")
        settings = ids.with_columns(
            cash_target=pl.lit(cash), cash_min=pl.lit(cash - 0.005), cash_max=pl.lit(cash + 0.01)
        )
        return resolve_targets(made, settings)

    return run


def weights(result, account_id):
    targets = result.value
    of = targets.account.filter(pl.col("account_id") == account_id).get_column("target_id")[0]
    rows = targets.slots.filter((pl.col("target_id") == of) & (pl.col("weight") > 0))
    return {s: pytest.approx(w) for s, w in rows.select("security_id", "weight").iter_rows()}


def test_a_plain_tree(aim):
    result = aim(accounts=[account("a", "g")], models=GROWTH)
    assert result.failures == ()
    assert weights(result, "a") == {"VTI": 0.99 * 0.45, "ITOT": 0.99 * 0.15, "BND": 0.99 * 0.4, None: 0.01}
    classes = result.value.classes.select("asset_class", "weight").rows()
    assert [(c, pytest.approx(w)) for c, w in classes] == [
        ("bond", 0.396),
        ("cash", 0.01),
        ("us", 0.594),
    ]


def slot_rows(result, account_id):
    targets = result.value
    of = targets.account.filter(pl.col("account_id") == account_id).get_column("target_id")[0]
    return targets.slots.filter(pl.col("target_id") == of)


def product(security, rank, node_id="vti", model="g", firm="f1", **more):
    row = {"firm_id": firm, "model_id": model, "node_id": node_id, "security_id": security, "rank": rank}
    return {**row, "hurdle_bps": 0.0, "hold_only": False, **more}


def test_one_resolution_per_distinct_target(aim):
    result = aim(
        accounts=[account(f"a{i}", "g") for i in range(5)] + [account("b", "g", "f2")], models=GROWTH
    )
    ids = result.value.account.get_column("target_id")
    assert ids.n_unique() == 2
    assert result.value.slots.get_column("target_id").n_unique() == 2
    sums = result.value.slots.group_by("target_id").agg(pl.col("weight").sum()).get_column("weight")
    assert sums.to_list() == [pytest.approx(1.0, abs=1e-12)] * 2


def test_an_account_without_a_model_has_no_target(aim):
    result = aim(accounts=[account("a", None), account("b", "g")], models=GROWTH)
    assert result.failures == ()
    assert result.value.account.get_column("target_id").is_null().to_list() == [True, False]
    assert result.value.flags.rows() == [("a", "no_target")]


def test_the_households_model_serves_its_accounts(aim):
    result = aim(
        accounts=[account("a", None, household_id="h"), account("b", "n", household_id="h")],
        households=[{"household_id": "h", "firm_id": "f1", "model_id": "g"}],
        models=[*GROWTH, node("n", "x", "security", "BND", 1.0)],
    )
    assert weights(result, "a") == {"VTI": 0.99 * 0.45, "ITOT": 0.99 * 0.15, "BND": 0.99 * 0.4, None: 0.01}
    assert weights(result, "b") == {"BND": 0.99, None: 0.01}


def test_unknown_foreign_and_broken_models_stop_their_accounts_alone(aim):
    result = aim(
        accounts=[account("a", "gg"), account("b", "own"), account("c", "bad"), account("d", "g")],
        models=[
            *GROWTH,
            node("own", "x", "security", "BND", 1.0, firm_id="f2"),
            node("bad", "x", "security", "BND", 0.9),
        ],
    )
    assert sorted((f.accounts, f.table, f.field) for f in result.failures) == [
        (("a",), "accounts", "model_id"),
        (("b",), "accounts", "model_id"),
        (("c",), "models", "weight"),
    ]
    assert result.value.account.get_column("target_id").is_not_null().to_list() == [False, False, False, True]
    assert result.value.flags.is_empty()


def test_a_cash_node_replaces_the_cash_target_and_moves_the_band(aim):
    result = aim(
        accounts=[account("a", "m")],
        models=[node("m", "x", "security", "BND", 0.9), node("m", "c", "cash", None, 0.1)],
    )
    assert weights(result, "a") == {"BND": 0.9, None: 0.1}
    cash = result.value.account.select("target_cash", "cash_min", "cash_max").row(0)
    assert cash == pytest.approx((0.1, 0.095, 0.11))


def test_a_sweep_in_a_model_is_cash(aim):
    result = aim(
        accounts=[account("a", "m")],
        models=[node("m", "x", "security", "BND", 0.9), node("m", "c", "security", "SWP", 0.1)],
    )
    assert weights(result, "a") == {"BND": 0.9, None: 0.1}


def test_a_model_all_in_cash(aim):
    result = aim(accounts=[account("a", "m")], models=[node("m", "c", "cash", None, 1.0)])
    assert result.failures == ()
    assert weights(result, "a") == {None: 1.0}


def test_substitutes_pool_in_their_slot_and_the_first_allowed_fills_it(aim):
    result = aim(
        accounts=[account("a", "g")],
        models=GROWTH,
        products=[
            product("VTI", 1),
            product("SCHB", 2, hurdle_bps=15.0),
            product("AAPL", 3, hold_only=True),
            product("MSFT", 3),
        ],
    )
    slot = slot_rows(result, "a").filter(pl.col("slot_id") == "eq/vti")
    columns = ["security_id", "buyable", "hurdle_bps", "slot_first", "hold_only", "rank"]
    assert slot.select(columns).rows() == [
        ("VTI", True, 0.0, "VTI", False, 1),
        ("SCHB", True, 15.0, "VTI", False, 2),
        ("AAPL", False, 0.0, "VTI", True, 3),
        ("MSFT", True, 0.0, "VTI", False, 3),
    ]
    assert slot.get_column("weight").to_list() == [pytest.approx(0.99 * 0.45), 0.0, 0.0, 0.0]


def test_a_slot_falls_to_its_next_product_where_the_first_may_not_be_bought(aim):
    result = aim(
        accounts=[account("a", "g"), account("b", "g", "f2")],
        models=GROWTH,
        products=[
            product("VTI", 1),
            product("SCHB", 2, hurdle_bps=15.0),
            product("AAPL", 3, hurdle_bps=25.0),
            product("SCHB", 2, firm="f2", hurdle_bps=15.0),
        ],
        approved_list=[
            {"firm_id": "f1", "security_id": s, "status": status}
            for s, status in [
                ("VTI", "watch"),
                ("SCHB", "approved"),
                ("AAPL", "approved"),
                ("ITOT", "approved"),
                ("BND", "approved"),
            ]
        ],
    )
    assert result.failures == ()
    slot = slot_rows(result, "a").filter(pl.col("slot_id") == "eq/vti")
    assert slot.select("security_id", "buyable", "hurdle_bps", "slot_first").rows() == [
        ("SCHB", True, 0.0, "SCHB"),
        ("VTI", False, 0.0, "SCHB"),
        ("AAPL", True, 10.0, "SCHB"),
    ]
    assert weights(result, "b")["VTI"] == 0.99 * 0.45


def test_what_nothing_may_fill_goes_pro_rata_to_its_class_and_is_said(aim):
    result = aim(
        accounts=[account("a", "g"), account("b", "g", "f2")],
        models=GROWTH,
        approved_list=[{"firm_id": "f1", "security_id": s, "status": "approved"} for s in ("ITOT", "BND")],
    )
    assert weights(result, "a") == {"ITOT": 0.99 * 0.6, "BND": 0.99 * 0.4, None: 0.01}
    assert result.value.flags.rows() == [("a", "slot_unfilled")]
    (failure,) = result.failures
    assert (failure.table, failure.row, failure.accounts) == ("products", "g/vti", ())
    assert "pro rata to the rest of class us" in failure.remedy
    pooled = slot_rows(result, "a").filter(pl.col("slot_id") == "eq/vti")
    assert pooled.select("security_id", "weight", "buyable").rows() == [("VTI", 0.0, False)]


def test_a_class_with_nothing_to_fill_it_goes_to_the_whole(aim):
    result = aim(
        accounts=[account("a", "g")],
        models=GROWTH,
        menu=[{"account_id": "a", "security_id": s} for s in ("VTI", "ITOT")],
    )
    assert weights(result, "a") == {"VTI": 0.99 * 0.75, "ITOT": 0.99 * 0.25, None: 0.01}
    (failure,) = result.failures
    assert failure.remedy.endswith("pro rata to the rest of the model")


def test_a_target_with_nothing_to_fill_it_stops_its_accounts(aim):
    result = aim(
        accounts=[account("a", "g"), account("b", "g")],
        models=GROWTH,
        menu=[{"account_id": "a", "security_id": "AAPL"}],
    )
    (failure,) = result.failures
    assert failure.accounts == ("a",)
    assert result.value.account.get_column("target_id").is_null().to_list() == [True, False]


def test_menus_differ_by_what_they_list_not_by_whose_they_are(aim):
    names = {"a": ["VTI", "ITOT", "BND"], "b": ["BND", "VTI", "ITOT"], "c": ["VTI", "BND"]}
    result = aim(
        accounts=[account(name, "g") for name in names],
        models=GROWTH,
        menu=[{"account_id": name, "security_id": s} for name, listed in names.items() for s in listed],
    )
    ids = dict(result.value.account.select("account_id", "target_id").iter_rows())
    assert ids["a"] == ids["b"] != ids["c"]
    assert weights(result, "c") == {"VTI": 0.99 * 0.6, "BND": 0.99 * 0.4, None: 0.01}


def test_munis_in_taxable_corporates_in_iras(aim):
    result = aim(
        accounts=[account("a", "g"), account("b", "g", tax="tax_deferred")],
        models=GROWTH,
        products=[
            product("MUB", 1, node_id="bnd", account_types="taxable"),
            product("BND", 1, node_id="bnd", account_types="tax_deferred;tax_exempt"),
        ],
    )
    assert weights(result, "a")["MUB"] == 0.99 * 0.4
    assert weights(result, "b")["BND"] == 0.99 * 0.4
    held = slot_rows(result, "a").filter(pl.col("security_id") == "BND")
    assert held.select("slot_id", "buyable").rows() == [("fi/bnd", False)]


def test_a_shared_slot(aim):
    result = aim(
        accounts=[account("a", "g")],
        models=GROWTH,
        products=[product("VTI", 1, share=0.5), product("SCHB", 1, share=0.25), product("AAPL", 2)],
    )
    assert weights(result, "a") == {
        "VTI": 0.99 * 0.3,
        "SCHB": 0.99 * 0.15,
        "ITOT": 0.99 * 0.15,
        "BND": 0.99 * 0.4,
        None: 0.01,
    }
    slots = dict(slot_rows(result, "a").select("security_id", "slot_id").iter_rows())
    assert slots["AAPL"] == slots["SCHB"] != slots["VTI"]


INDEX = [
    {"index_id": "i", "security_id": "AAPL", "weight": 0.5},
    {"index_id": "i", "security_id": "MSFT", "weight": 0.3},
    {"index_id": "i", "security_id": "XOM", "weight": 0.2},
]
DIRECT = [
    node("d", "us", "class", "us", 0.8),
    node("d", "ix", "index", "i", 1.0, "us"),
    node("d", "b", "security", "BND", 0.2),
]


def test_an_index_opens_into_its_constituents(aim):
    result = aim(accounts=[account("a", "d")], models=DIRECT, indexes=INDEX)
    assert result.failures == ()
    assert weights(result, "a") == {
        "AAPL": 0.99 * 0.4,
        "MSFT": 0.99 * 0.24,
        "XOM": 0.99 * 0.16,
        "BND": 0.99 * 0.2,
        None: 0.01,
    }
    lines = slot_rows(result, "a").filter("constituent")
    assert lines.get_column("slot_id").to_list() == ["us/ix/AAPL", "us/ix/MSFT", "us/ix/XOM"]


def test_a_constituent_that_may_not_be_bought_gives_way_to_the_rest_of_the_index(aim):
    result = aim(
        accounts=[account("a", "d")],
        models=DIRECT,
        indexes=[*INDEX, {"index_id": "i", "security_id": "ZZZ", "weight": 0.1}],
        approved_list=[
            {"firm_id": "f1", "security_id": "XOM", "status": "sell"},
            {"firm_id": "f1", "security_id": "BND", "status": "approved"},
        ],
    )
    assert weights(result, "a") == {"AAPL": 0.99 * 0.5, "MSFT": 0.99 * 0.3, "BND": 0.99 * 0.2, None: 0.01}
    assert [failure.table for failure in result.failures] == ["indexes", "indexes"]
    assert {failure.value for failure in result.failures} == {"ZZZ", ""}
    assert result.value.flags.is_empty()


def test_an_index_that_is_not_whole_is_scaled_and_said(aim):
    result = aim(accounts=[account("a", "d")], models=DIRECT, indexes=INDEX[:2])
    (failure,) = result.failures
    assert failure.value == "0.800000"
    assert weights(result, "a")["AAPL"] == 0.99 * 0.5


def test_a_fund_beside_an_index_may_be_bought_without_weight(aim):
    result = aim(
        accounts=[account("a", "d")],
        models=DIRECT,
        indexes=INDEX,
        products=[product("VTI", 2, node_id="ix", model="d", hurdle_bps=10.0)],
    )
    row = slot_rows(result, "a").filter(pl.col("security_id") == "VTI")
    assert row.select("slot_id", "weight", "buyable", "hurdle_bps").rows() == [("us/ix/VTI", 0.0, True, 10.0)]


def test_a_security_in_two_places_has_one_slot(aim):
    result = aim(
        accounts=[account("a", "m")],
        models=[
            node("m", "core", "model", "g", 0.5),
            node("m", "more", "security", "VTI", 0.3),
            node("m", "ix", "index", "i", 0.2),
            *GROWTH,
        ],
        indexes=INDEX,
        products=[product("AAPL", 2), product("ITOT", 2)],
    )
    rows = slot_rows(result, "a")
    assert rows.get_column("security_id").is_duplicated().sum() == 0
    assert weights(result, "a")["VTI"] == 0.99 * (0.5 * 0.45 + 0.3)
    slots = dict(rows.select("security_id", "slot_first").iter_rows())
    assert slots["AAPL"] == "AAPL"
    assert slots["ITOT"] == "ITOT"


def test_what_may_be_bought_in_one_place_may_be_bought_where_places_join(aim):
    result = aim(
        accounts=[account("a", "g")],
        models=GROWTH,
        products=[
            product("VTI", 1, node_id="itot"),
            product("SCHB", 2, node_id="itot", hold_only=True),
            product("SCHB", 2, node_id="vti"),
        ],
    )
    rows = slot_rows(result, "a").filter(pl.col("slot_first") == "VTI")
    assert rows.select("slot_id", "security_id", "buyable").rows() == [
        ("eq/itot", "VTI", True),
        ("eq/itot", "SCHB", True),
    ]
    assert weights(result, "a")["VTI"] == 0.99 * 0.6


def test_bounds_are_shares_of_what_is_invested(aim):
    models = [
        node("m", "eq", "class", "us", 0.6, lower=0.5, upper=0.7),
        node("m", "vti", "security", "VTI", 0.75, "eq", upper=0.8),
        node("m", "itot", "security", "ITOT", 0.25, "eq"),
        node("m", "bnd", "security", "BND", 0.3),
        node("m", "c", "cash", None, 0.1),
    ]
    result = aim(accounts=[account("a", "m")], models=models)
    rows = result.value.class_bounds.drop("target_id").rows()
    assert rows == [
        ("eq", "", "us", pytest.approx(0.5 / 0.9), pytest.approx(0.7 / 0.9), 0.5, 0.7, pytest.approx(0.9)),
        ("eq/vti", "eq", "", None, pytest.approx(0.48 / 0.9), None, 0.8, pytest.approx(0.9)),
    ]
    members = result.value.class_members.select("node", "security_id").rows()
    assert members == [("eq", "ITOT"), ("eq", "VTI"), ("eq/vti", "VTI")]


def test_a_security_in_a_bounded_place_and_another_counts_in_the_bound(aim):
    models = [
        node("m", "eq", "class", "us", 0.5, upper=0.6),
        node("m", "vti", "security", "VTI", 1.0, "eq"),
        node("m", "z", "security", "VTI", 0.25),
        node("m", "bnd", "security", "BND", 0.25),
    ]
    members = aim(accounts=[account("a", "m")], models=models).value.class_members
    assert members.select("node", "security_id").rows() == [("eq", "VTI")]


def test_bounds_without_a_cash_node_bind_as_written(aim):
    models = [node("m", "eq", "security", "VTI", 0.6, upper=0.7), node("m", "bnd", "security", "BND", 0.4)]
    row = aim(accounts=[account("a", "m")], models=models).value.class_bounds
    assert row.select("lower", "upper", "invested").rows() == [
        (None, pytest.approx(0.7), pytest.approx(0.99))
    ]


def test_nothing_at_all(aim):
    result = aim()
    assert result.failures == ()
    assert result.value.account.is_empty()
    assert result.value.slots.is_empty()


def test_ids_with_separators_keep_firms_apart(aim):
    models = [
        node("c", "x", "security", "BND", 1.0),
        node("b|c", "x", "security", "VTI", 1.0),
    ]
    result = aim(accounts=[account("a", "c", "f|b"), account("b", "b|c", "f")], models=models)
    assert weights(result, "a") == {"BND": 0.99, None: 0.01}
    assert weights(result, "b") == {"VTI": 0.99, None: 0.01}


def test_a_node_named_cash_is_not_the_cash(aim):
    models = [node("m", "cash", "security", "BND", 0.5), node("m", "x", "security", "VTI", 0.5)]
    rows = slot_rows(aim(accounts=[account("a", "m")], models=models), "a")
    assert rows.filter(pl.col("slot_id") == "cash").get_column("security_id").to_list() == [None]
    assert rows.get_column("slot_id").n_unique() == 3


def test_nodes_with_slashes_keep_their_own_slots(aim):
    models = [
        node("m", "x", "sleeve", None, 0.5),
        node("m", "y", "security", "BND", 1.0, "x"),
        node("m", "x/y", "security", "VTI", 0.5),
    ]
    rows = slot_rows(aim(accounts=[account("a", "m")], models=models), "a")
    assert rows.get_column("slot_id").n_unique() == 3
