"""What each rule binds, over which securities, who said it, and what collides."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from trimtab.policy.restrictions import Held, resolve_restrictions

DAY = date(2026, 3, 2)
SECURITIES = [
    {"security_id": "MO", "asset_class": "us", "sector": "Staples", "industry": "Tobacco"},
    {"security_id": "PM", "asset_class": "us", "sector": "Staples", "industry": "Tobacco"},
    {"security_id": "WMT", "asset_class": "us", "sector": "Staples", "industry": "Retail"},
    {"security_id": "VTI", "asset_class": "us", "identical_group": "total-us"},
    {"security_id": "BND", "asset_class": "bond"},
]
TAGS = [
    {"security_id": "MO", "tag": "tobacco", "value": 0.9},
    {"security_id": "PM", "tag": "tobacco", "value": 0.15},
    {"security_id": "WMT", "tag": "tobacco", "value": 0.01},
    {"security_id": "VTI", "tag": "tobacco", "value": 0.0},
    {"security_id": "BND", "tag": "tobacco", "value": None},
]
EVERY = ["MO", "PM", "WMT", "VTI", "BND"]
ACCOUNTS = [
    {"account_id": "a1", "firm_id": "f1", "household_id": "h1", "custodian": "c1", "model_id": "m1"},
    {"account_id": "a2", "firm_id": "f1", "household_id": "h1", "custodian": "c1", "model_id": "m2"},
    {"account_id": "b1", "firm_id": "f2", "custodian": "c1"},
]


def rule(scope, scope_id, name, selector, value=None, **more):
    return {"scope": scope, "scope_id": scope_id, "rule": name, "selector": selector, "value": value, **more}


@pytest.fixture
def bind(book):
    def run(*rows, day=DAY):
        made = book(accounts=ACCOUNTS, securities=SECURITIES, tags=TAGS, restrictions=rows)
        universe = pl.DataFrame(
            [(a["account_id"], s) for a in ACCOUNTS for s in EVERY],
            schema=["account_id", "security_id"],
            orient="row",
        )
        held = Held(made["accounts"], made["households"], made["securities"], made["tags"], universe)
        return resolve_restrictions(made["restrictions"], held, as_of=day)

    return run


def bound(result, account, column):
    """security_id → value, where the value says something."""
    rows = result.value.securities.filter(pl.col("account_id") == account)
    return {s: v for s, v in rows.select("security_id", column).iter_rows() if v not in (None, False)}


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ("security:VTI", {"VTI"}),
        ("class:us", {"MO", "PM", "WMT", "VTI"}),
        ("sector:Staples", {"MO", "PM", "WMT"}),
        ("industry:Tobacco", {"MO", "PM"}),
        ("group:total-us", {"VTI"}),
        ("tag:tobacco", {"MO", "PM", "WMT", "BND"}),
        ("tag:tobacco>=0.15", {"MO", "PM", "BND"}),
        ("tag:tobacco>=0.150001", {"MO", "BND"}),
        ("tag:tobacco>0.15", {"MO", "BND"}),
        ("tag:tobacco<=0.01", {"WMT", "VTI", "BND"}),
        ("tag:tobacco=0.9", {"MO", "BND"}),
        ("*", set(EVERY)),
    ],
)
def test_selectors(bind, selector, chosen):
    for scope, scope_id in (("account", "a1"), ("firm", "f1")):
        result = bind(rule(scope, scope_id, "never_buy", selector))
        assert result.failures == ()
        assert set(bound(result, "a1", "no_buy")) == chosen
        assert not bound(result, "b1", "no_buy")


@pytest.mark.parametrize(
    ("scope", "scope_id", "who"),
    [
        ("desk", None, {"a1", "a2", "b1"}),
        ("custodian", "c1", {"a1", "a2", "b1"}),
        ("firm", "f1", {"a1", "a2"}),
        ("model", "m2", {"a2"}),
        ("household", "h1", {"a1", "a2"}),
        ("account", "b1", {"b1"}),
    ],
)
def test_scopes(bind, scope, scope_id, who):
    result = bind(rule(scope, scope_id, "freeze", "security:MO"))
    assert set(result.value.securities.get_column("account_id")) == who
    assert set(result.value.reach.get_column("account_id")) == who


@pytest.mark.parametrize(
    ("name", "value", "true"),
    [
        ("never_buy", None, {"no_buy"}),
        ("never_sell", None, {"no_sell"}),
        ("never_own", None, {"no_buy", "must_sell"}),
        ("sell", None, {"no_buy", "must_sell"}),
        ("sell_first", None, {"sell_first"}),
        ("freeze", None, {"no_buy", "no_sell", "freeze"}),
        ("blackout", None, {"no_buy", "no_sell", "freeze"}),
        ("exclude", None, {"no_buy", "no_sell", "exclude"}),
        ("held_away", None, {"no_buy", "no_sell", "held_away"}),
        ("no_gain", None, {"no_gain", "no_short_gain"}),
        ("no_short_gain", None, {"no_short_gain"}),
        ("hold_shares", "10", set()),
        ("max_weight", "0.1", set()),
    ],
)
def test_what_each_rule_asks(bind, name, value, true):
    (row,) = bind(rule("account", "a1", name, "security:MO", value)).value.securities.to_dicts()
    assert {column for column, said in row.items() if said is True} == true


def test_values(bind):
    result = bind(
        rule("account", "a1", "hold_shares", "security:MO", "12.5"),
        rule("account", "a1", "sell", "security:PM", "2026-06-30"),
        rule("account", "a1", "sell", "security:BND"),
        rule("account", "a1", "never_own", "security:VTI"),
        rule("firm", "f1", "max_weight", "security:WMT", "0.10"),
        rule("account", "a1", "max_weight", "*", "0.05"),
        rule("account", "a1", "min_weight", "security:VTI", "0.02"),
        rule("desk", None, "min_weight", "security:VTI", "0.01"),
    )
    assert bound(result, "a1", "hold_quantity") == {"MO": Decimal("12.5")}
    assert bound(result, "a1", "sell_by") == {"PM": date(2026, 6, 30), "BND": DAY}
    assert bound(result, "a1", "must_sell") == {"PM": True, "BND": True, "VTI": True}
    assert bound(result, "a1", "max_weight") == dict.fromkeys(EVERY, 0.05)
    assert bound(result, "a2", "max_weight") == {"WMT": 0.1}
    assert bound(result, "a1", "min_weight") == {"VTI": 0.02}
    assert bound(result, "a2", "sell_by") == {}
    assert bound(result, "b1", "min_weight") == {"VTI": 0.01}


def test_a_sum_is_bound_by_its_tightest_value(bind):
    result = bind(
        rule("firm", "f1", "max_weight", "sector:Staples", "0.3"),
        rule("account", "a1", "max_weight", "sector:Staples", "0.2", note="less"),
        rule("account", "a1", "min_weight", "class:bond", "0.1"),
        rule("desk", None, "min_weight", "class:bond", "0.05"),
    )
    groups = result.value.groups
    assert groups.columns == ["account_id", "rule", "selector", "value", "security_id", "provenance"]
    staples = groups.filter((pl.col("account_id") == "a1") & (pl.col("rule") == "max_weight"))
    assert staples.get_column("security_id").to_list() == ["MO", "PM", "WMT"]
    assert set(staples.get_column("value")) == {0.2}
    assert set(staples.get_column("provenance")) == {"max_weight sector:Staples 0.2 (account a1: less)"}
    others = groups.filter(pl.col("account_id") == "a2")
    assert set(others.select("rule", "value").iter_rows()) == {("max_weight", 0.3), ("min_weight", 0.05)}
    floor = groups.filter((pl.col("account_id") == "a1") & (pl.col("rule") == "min_weight"))
    assert floor.get_column("value").to_list() == [0.1]
    assert result.value.securities.is_empty()


def test_lots_on_hold(bind):
    result = bind(
        rule("account", "a1", "hold_lot", "security:MO", "L1;L2"),
        rule("household", "h1", "hold_lot", "lot:L9"),
    )
    assert result.value.lots.select("account_id", "lot_id", "security_id").rows() == [
        ("a1", "L1", "MO"),
        ("a1", "L2", "MO"),
        ("a1", "L9", None),
        ("a2", "L9", None),
    ]
    assert result.value.securities.is_empty()


def test_what_is_kept_beats_what_is_to_go_and_both_are_named(bind):
    result = bind(
        rule("household", "h1", "never_own", "tag:tobacco>=0.15", note="no tobacco"),
        rule("account", "a1", "never_sell", "security:MO", note="grandfather's"),
    )
    assert bound(result, "a1", "must_sell") == {"PM": True, "BND": True}
    assert bound(result, "a1", "no_buy").keys() == {"MO", "PM", "BND"}
    assert result.value.conflicts.rows() == [
        (
            "a1",
            "MO",
            "never_sell",
            "never_sell security:MO (account a1: grandfather's)",
            "never_own tag:tobacco>=0.15 (household h1: no tobacco)",
        )
    ]
    assert result.value.why("a1", "MO") == [
        "never_sell security:MO (account a1: grandfather's)",
        "never_own tag:tobacco>=0.15 (household h1: no tobacco)",
    ]


@pytest.mark.parametrize(
    ("rows", "limit"),
    [
        ([("hold_shares", "5"), ("sell", None)], "hold_shares"),
        ([("max_weight", "0.05"), ("min_weight", "0.06")], "max_weight"),
        ([("min_weight", "0.06"), ("never_own", None)], "min_weight"),
    ],
)
def test_other_collisions(bind, rows, limit):
    result = bind(*[rule("account", "a1", name, "security:MO", value) for name, value in rows])
    assert result.value.conflicts.get_column("limit").to_list() == [limit]
    if limit == "max_weight":
        assert bound(result, "a1", "min_weight") == {}


def test_keeping_nothing_collides_with_nothing(bind):
    rows = [
        rule("account", "a1", "hold_shares", "security:MO", "0"),
        rule("account", "a1", "sell", "security:MO"),
    ]
    rows.append(rule("account", "a1", "min_weight", "security:MO", "0"))
    assert bind(*rows).value.conflicts.is_empty()


@pytest.mark.parametrize(("day", "in_force"), [(1, False), (2, True), (9, True), (10, False)])
def test_a_blackout_holds_on_both_of_its_days(bind, day, in_force):
    row = rule("firm", "f1", "blackout", "*", since=date(2026, 3, 2), until=date(2026, 3, 9))
    assert bool(bound(bind(row, day=date(2026, 3, day)), "a1", "freeze")) is in_force


@pytest.mark.parametrize(
    ("row", "field", "remedy"),
    [
        (rule("household", "h1", "never_by", "security:MO"), "rule", "did you mean never_buy?"),
        (rule("household", "h1", "never_buy", "sectr:Staples"), "selector", "did you mean sector:Staples?"),
        (rule("household", "h1", "never_buy", "tag:tobacco>=lots"), "selector", "write kind:name, or *"),
        (rule("household", "h1", "never_buy", "lot:L1"), "selector", "name a security"),
        (rule("household", "h1", "max_weight", "*"), "value", "write a fraction from 0 to 1"),
        (rule("household", "h1", "max_weight", "*", "5"), "value", "write a fraction from 0 to 1"),
        (rule("household", "h1", "hold_shares", "security:MO", "-1"), "value", "write the quantity kept"),
        (rule("household", "h1", "hold_lot", "security:MO"), "value", "give the lot_id as the value"),
        (
            rule("household", "h1", "sell", "*", "soon"),
            "value",
            "write the date by when as YYYY-MM-DD, or nothing",
        ),
    ],
)
def test_a_bad_row_stops_the_accounts_under_its_scope(bind, row, field, remedy):
    result = bind(row)
    (failure,) = result.failures
    assert (failure.table, failure.field, failure.remedy) == ("restrictions", field, remedy)
    assert failure.accounts == ("a1", "a2")
    assert result.value.securities.is_empty()


def test_an_unknown_scope_stops_nobody_it_could_name(bind):
    (failure,) = bind(rule("group", "h1", "freeze", "*")).failures
    assert failure.field == "scope"
    assert failure.accounts == ()


def test_a_selector_of_nothing_is_told_and_looked_at_where_a_name_is_near(bind):
    result = bind(
        rule("household", "h1", "never_buy", "tag:tobaco"), rule("firm", "f2", "never_buy", "sector:Xyz")
    )
    near, far = sorted(result.failures, key=lambda failure: failure.value, reverse=True)
    assert near.remedy == "did you mean tag:tobacco?"
    assert far.remedy == "the rule binds once something is"
    assert near.accounts == far.accounts == ()
    assert result.value.flags.rows() == [
        ("a1", "restriction_unmatched"),
        ("a2", "restriction_unmatched"),
    ]
