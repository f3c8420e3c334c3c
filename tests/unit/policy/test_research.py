"""A recommendation is a proposal to each firm, never a trade; taking it changes that firm's list alone."""

import polars as pl
import pytest

from trimtab.policy.research import list_after, list_proposals
from trimtab.policy.target import resolve_targets

RECOMMENDED = [
    {"security_id": "X", "status": "sell", "successor": "Y", "by": "desk", "reason": "fees"},
    {"security_id": "Z", "status": "approved", "by": "consultant"},
]
SECURITIES = [{"security_id": s, "kind": "etf", "asset_class": "us"} for s in "XYZW"]
MODEL = [
    {"model_id": "m", "node_id": "x", "kind": "security", "ref": "X", "weight": 0.5},
    {"model_id": "m", "node_id": "w", "kind": "security", "ref": "W", "weight": 0.5},
]


def account(name, firm, model=None):
    return {"account_id": name, "firm_id": firm, "model_id": model, "tax_type": "taxable"}


@pytest.fixture
def world(book):
    return book(
        accounts=[
            account("a1", "f1", "m"),
            account("a2", "f1", "m"),
            account("b1", "f2"),
            account("c1", "f3"),
        ],
        securities=SECURITIES,
        lots=[
            {"account_id": a, "lot_id": f"{a}{i}", "security_id": "X"}
            for i, a in enumerate(["a1", "a1", "a2", "b1"])
        ],
        models=MODEL,
        products=[
            {"firm_id": "f4", "node_id": "x", "security_id": "X", "rank": 1},
            {"firm_id": "f1", "model_id": "m", "node_id": "x", "security_id": "Y", "rank": 2},
        ],
        recommendations=RECOMMENDED,
        approved_list=[
            {"firm_id": "f2", "security_id": "X", "status": "watch"},
            {"firm_id": "f5", "security_id": "X", "status": "sell"},
            {"firm_id": "f5", "security_id": "Z", "status": "closed"},
        ],
    )


def test_each_firm_that_holds_or_names_it_is_asked_once(world):
    rows = (
        list_proposals(world)
        .select("firm_id", "security_id", "status", "firm_status", "successor", "accounts")
        .rows()
    )
    assert rows == [
        ("f1", "X", "sell", None, "Y", 2),
        ("f2", "X", "sell", "watch", "Y", 1),
        ("f4", "X", "sell", None, "Y", 0),
        ("f5", "Z", "approved", "closed", None, 0),
    ]


def test_a_firm_that_takes_it_changes_its_own_row(world):
    after = list_after(world, "f2", frozenset({"X"}))
    assert after.select("firm_id", "security_id", "status", "by").rows() == [
        ("f2", "X", "sell", "desk"),
        ("f2", "Y", "approved", "firm"),
    ]
    assert after.schema == world["approved_list"].schema


def test_a_firm_without_a_list_keeps_what_it_could_buy(world):
    after = list_after(world, "f1", frozenset({"X"}))
    assert dict(after.select("security_id", "status").iter_rows()) == {
        "X": "sell",
        "Y": "approved",
        "W": "approved",
    }


def test_nothing_moves_until_the_firm_takes_it(world):
    wide = (
        world["accounts"]
        .select("account_id")
        .with_columns(cash_target=pl.lit(0.0), cash_min=pl.lit(0.0), cash_max=pl.lit(0.1))
    )

    def filled(tables):
        slots = resolve_targets(tables, wide).value.slots
        return set(slots.filter(pl.col("weight") > 0).get_column("security_id"))

    assert filled(world) == {"X", "W"}
    taken = list_after(world, "f1", frozenset({"X"}))
    assert filled({**world, "approved_list": pl.concat([world["approved_list"], taken])}) == {"Y", "W"}
