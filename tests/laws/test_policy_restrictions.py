"""Laws of restrictions: another row only tightens; the order of rows never matters; nobody else's row is felt."""

from datetime import date
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.book.tables_wishes import TABLES_IN
from trimtab.policy.restrictions import Held, Restrictions, resolve_restrictions

DAY = date(2026, 6, 30)
SECURITIES = {"A": ("us", "Energy"), "B": ("us", None), "C": ("bond", None)}
ACCOUNTS = [("a1", "f1", "h1"), ("a2", "f1", "h2"), ("a3", "f2", None)]
GROWING = ("no_buy", "no_sell", "freeze", "exclude", "held_away", "no_gain", "no_short_gain", "sell_first")


def frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    table = TABLES_IN[name]
    made = [{column: row.get(column) for column in table.names} for row in rows]
    return pl.DataFrame(made, schema=table.frame_schema)


def bind(rows: list[dict[str, Any]]) -> Restrictions:
    accounts = [{"account_id": a, "firm_id": f, "household_id": h} for a, f, h in ACCOUNTS]
    held = Held(
        frame("accounts", accounts),
        frame("households", []),
        frame(
            "securities",
            [{"security_id": s, "asset_class": c, "sector": x} for s, (c, x) in SECURITIES.items()],
        ),
        frame("tags", [{"security_id": "A", "tag": "coal", "value": 0.3}]),
        pl.DataFrame(
            [(a, s) for a, _, _ in ACCOUNTS for s in SECURITIES],
            schema=["account_id", "security_id"],
            orient="row",
        ),
    )
    result = resolve_restrictions(frame("restrictions", rows), held, as_of=DAY)
    assert result.failures == ()
    return result.value


def cells(bound: Restrictions) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["account_id"], row["security_id"]): row for row in bound.securities.to_dicts()}


def cap(cell: dict[str, Any]) -> float:
    return 1.0 if cell["max_weight"] is None else float(cell["max_weight"])


scope = st.sampled_from(
    [
        ("desk", None),
        ("firm", "f1"),
        ("firm", "f2"),
        ("household", "h1"),
        ("account", "a1"),
        ("account", "a3"),
    ]
)
selector = st.sampled_from(
    ["*", "security:A", "security:C", "class:us", "sector:Energy", "tag:coal", "tag:coal>=0.5"]
)
plain = st.sampled_from(
    [
        "never_buy",
        "never_sell",
        "never_own",
        "sell",
        "sell_first",
        "freeze",
        "no_gain",
        "no_short_gain",
        "exclude",
        "held_away",
    ]
).map(lambda rule: (rule, None))
valued = st.tuples(
    st.sampled_from(["max_weight", "min_weight"]), st.integers(0, 20).map(lambda n: str(n / 20))
)
kept = st.integers(0, 50).map(lambda n: ("hold_shares", str(n)))
row = st.builds(
    lambda where, said, chosen: {
        "scope": where[0],
        "scope_id": where[1],
        "rule": said[0],
        "value": said[1],
        "selector": chosen,
    },
    scope,
    plain | valued | kept,
    selector,
)
rows = st.lists(row, max_size=10, unique_by=lambda r: (r["scope"], r["scope_id"], r["rule"], r["selector"]))


@given(rows)
@settings(max_examples=60, deadline=None)
def test_another_row_only_tightens(said):
    after = cells(bind(said))
    for pair, looser in cells(bind(said[:-1])).items():
        tighter = after[pair]
        for column in GROWING:
            assert tighter[column] >= looser[column], column
        assert cap(tighter) <= cap(looser)
        assert (tighter["hold_quantity"] or 0) >= (looser["hold_quantity"] or 0)


@given(rows, st.randoms())
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_never_matters(said, random):
    shuffled = random.sample(said, len(said))
    one, other = bind(said), bind(shuffled)
    for name in ("securities", "groups", "lots", "conflicts", "hits", "rows", "reach", "flags"):
        assert getattr(one, name).equals(getattr(other, name)), name


@given(rows)
@settings(max_examples=30, deadline=None)
def test_another_firms_rows_are_not_felt(said):
    alone = [one for one in said if one["scope_id"] not in ("f2", "a3")]
    both, mine = bind(said), bind(alone)
    for name in ("securities", "groups", "conflicts", "reach"):
        without = pl.col("account_id") != "a3"
        assert getattr(both, name).filter(without).equals(getattr(mine, name).filter(without)), name


@given(rows)
@settings(max_examples=40, deadline=None)
def test_nothing_is_asked_that_cannot_be_done(said):
    for cell in cells(bind(said)).values():
        assert not (cell["must_sell"] and cell["no_sell"])
        if cell["min_weight"] is not None and cell["max_weight"] is not None:
            assert cell["min_weight"] <= cell["max_weight"]
        assert cell["provenance"]
