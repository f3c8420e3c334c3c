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
