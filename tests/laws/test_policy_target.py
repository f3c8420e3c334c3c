"""Laws of targets: weights sum to one, order never matters, a model of models is what one would write out by hand."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.book.tables_wishes import TABLES_IN
from trimtab.policy.restrictions import Held, resolve_restrictions
from trimtab.policy.target import Targets, resolve_targets

SECURITIES = {"A": "us", "B": "us", "C": "intl", "D": "bond", "E": "bond", "F": "real"}
TAX_TYPES = ("taxable", "tax_deferred")


def book(**tables: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    out = {}
    for name, table in TABLES_IN.items():
        rows = [{column: row.get(column) for column in table.names} for row in tables.get(name, [])]
        out[name] = pl.DataFrame(rows, schema=table.frame_schema)
    return out


def aim(tables: dict[str, pl.DataFrame], cash: float = 0.02) -> Targets:
    ids = tables["accounts"].select("account_id").sort("account_id")
    wide = ids.with_columns(cash_target=pl.lit(cash), cash_min=pl.lit(0.0), cash_max=pl.lit(0.1))
    return resolve_targets(tables, wide).value


def facts() -> dict[str, list[dict[str, Any]]]:
    return {
        "securities": [{"security_id": s, "kind": "etf", "asset_class": c} for s, c in SECURITIES.items()],
        "accounts": [
            {"account_id": f"a{i}", "firm_id": firm, "tax_type": tax, "model_id": "m"}
            for i, (firm, tax) in enumerate((f, t) for f in ("f1", "f2") for t in TAX_TYPES)
        ],
        "indexes": [
            {"index_id": "ix", "security_id": s, "weight": w} for s, w in (("A", 0.5), ("C", 0.3), ("F", 0.2))
        ],
    }


def split(parts: list[int]) -> list[float]:
    return [part / sum(parts) for part in parts]


@st.composite
def trees(draw: Any, model: str = "m", depth: int = 2) -> list[dict[str, Any]]:
    """The rows of one model: a few levels of classes and sleeves over securities, an index and cash."""
    rows: list[dict[str, Any]] = []

    def grow(parent: str | None, level: int) -> None:
        weights = split(draw(st.lists(st.integers(1, 9), min_size=1, max_size=3)))
        for place, weight in enumerate(weights):
            name = f"{parent or 'n'}{place}"
            kinds = ["security", "index", "cash"] + (["class", "sleeve"] if level else [])
            kind = draw(st.sampled_from(kinds))
            refs = {"security": list(SECURITIES), "class": ["us", "bond"], "index": ["ix"]}.get(kind)
            ref = draw(st.sampled_from(refs)) if refs else None
            rows.append(
                {
                    "model_id": model,
                    "node_id": name,
                    "parent_node_id": parent,
                    "kind": kind,
                    "ref": ref,
                    "weight": weight,
                }
            )
            if kind in ("class", "sleeve"):
                grow(name, level - 1)

    grow(None, depth)
    return rows


@st.composite
def shelves(draw: Any) -> dict[str, list[dict[str, Any]]]:
    """Products and lists of two firms."""
    product = st.builds(
        lambda firm, node, security, rank, types, hold, share: {
            "firm_id": firm,
            "node_id": node,
            "security_id": security,
            "rank": rank,
            "account_types": types,
            "hold_only": hold,
            "share": share,
            "hurdle_bps": 5.0 * rank,
        },
        st.sampled_from(["f1", "f2"]),
        st.sampled_from(["n0", "n1", "n00", "n01", "n10"]),
        st.sampled_from(list(SECURITIES)),
        st.integers(1, 3),
        st.sampled_from([None, "taxable"]),
        st.booleans(),
        st.sampled_from([None, 0.5, 0.25]),
    )
    listed = st.builds(
        lambda security, status: {"firm_id": "f1", "security_id": security, "status": status},
        st.sampled_from(list(SECURITIES)),
        st.sampled_from(["approved", "approved", "watch", "closed", "sell"]),
    )
    key = ("firm_id", "node_id", "security_id")
    return {
        "products": draw(st.lists(product, max_size=6, unique_by=lambda row: tuple(row[k] for k in key))),
        "approved_list": draw(st.lists(listed, max_size=5, unique_by=lambda row: row["security_id"])),
    }


@given(trees(), shelves())
@settings(max_examples=60, deadline=None)
def test_weights_sum_to_one_and_stand_only_on_what_may_be_bought(models, shelf):
    targets = aim(book(**facts(), models=models, **shelf))
    slots = targets.slots
    sums = slots.group_by("target_id").agg(pl.col("weight").sum()).get_column("weight").to_list()
    assert sums == [pytest.approx(1.0, abs=1e-9)] * len(sums)
    classes = targets.classes.group_by("target_id").agg(pl.col("weight").sum()).get_column("weight").to_list()
    assert classes == [pytest.approx(1.0, abs=1e-9)] * len(sums)
    invested = slots.filter(pl.col("security_id").is_not_null())
    assert invested.select("target_id", "security_id").is_duplicated().sum() == 0
    weighted = invested.filter(pl.col("weight") > 0)
    assert weighted.get_column("buyable").all()
    assert (weighted.get_column("security_id") == weighted.get_column("slot_first")).all()
    assert not invested.filter("hold_only").get_column("buyable").any()
    f1 = invested.filter(
        pl.col("target_id").str.starts_with("f1|") & pl.col("buyable") & ~pl.col("constituent")
    )
    listed = {row["security_id"]: row["status"] for row in shelf["approved_list"]}
    for security in f1.get_column("security_id"):
        assert not listed or listed.get(security) == "approved"


@given(trees(), shelves(), st.randoms())
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_never_matters(models, shelf, random):
    tables = {**facts(), "models": models, **shelf}
    mixed = {name: random.sample(rows, len(rows)) for name, rows in tables.items()}
    one, other = aim(book(**tables)), aim(book(**mixed))
    for frame in ("account", "slots", "classes", "class_bounds", "class_members", "flags"):
        assert getattr(one, frame).equals(getattr(other, frame)), frame


@given(trees("m"), trees("inner", depth=1), st.integers(1, 9), st.integers(1, 9))
@settings(max_examples=40, deadline=None)
def test_a_model_of_models_is_what_one_writes_out_by_hand(outer, inner, mine, theirs):
    part = theirs / (mine + theirs)
    outer = [{**row, "parent_node_id": row["parent_node_id"] or "own"} for row in outer]
    own = {"model_id": "m", "node_id": "own", "kind": "sleeve", "weight": 1 - part}
    reference = {"model_id": "m", "node_id": "ref", "kind": "model", "ref": "inner", "weight": part}
    written = [
        {
            **row,
            "model_id": "m",
            "node_id": f"i-{row['node_id']}",
            "parent_node_id": f"i-{row['parent_node_id']}" if row["parent_node_id"] else "ref",
        }
        for row in inner
    ]
    by_reference = aim(book(**facts(), models=[*outer, own, reference, *inner]))
    by_hand = aim(
        book(**facts(), models=[*outer, own, {**reference, "kind": "sleeve", "ref": None}, *written])
    )
    for frame in (by_reference, by_hand):
        assert frame.account.get_column("target_id").is_not_null().all()
    assert weights(by_reference) == weights(by_hand)


def weights(targets: Targets) -> dict[tuple[str, str | None], Any]:
    rows = targets.account.join(targets.slots, on="target_id").filter(pl.col("weight") > 0)
    return {
        (a, s): pytest.approx(w) for a, s, w in rows.select("account_id", "security_id", "weight").iter_rows()
    }


@given(trees(), shelves())
@settings(max_examples=30, deadline=None)
def test_another_firms_shelf_changes_nothing(models, shelf):
    alone = {name: [row for row in rows if row["firm_id"] == "f1"] for name, rows in shelf.items()}
    both = aim(book(**facts(), models=models, **shelf))
    one = aim(book(**facts(), models=models, **alone))
    for targets in (both, one):
        assert targets.account.height == 4
    mine = pl.col("target_id").str.starts_with("f1|")
    assert both.slots.filter(mine).equals(one.slots.filter(mine))


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=6, max_size=6),
    st.integers(0, 100),
    st.sampled_from([">=", ">"]),
)
@settings(max_examples=60, deadline=None)
def test_a_screen_takes_exactly_what_passes_its_threshold(shares, threshold, sign):
    tags = [
        {"security_id": s, "tag": "t", "value": None if share is None else share / 100}
        for s, share in zip(SECURITIES, shares, strict=True)
    ]
    screen = f"tag:t{sign}{threshold / 100}"
    tables = book(
        **facts(),
        tags=tags,
        restrictions=[{"scope": "desk", "rule": "never_buy", "selector": screen}],
    )
    universe = (
        tables["accounts"].select("account_id").join(tables["securities"].select("security_id"), how="cross")
    )
    held = Held(*(tables[name] for name in ("accounts", "households", "securities", "tags")), universe)
    bound = resolve_restrictions(tables["restrictions"], held, as_of=date(2026, 1, 2)).value.securities
    passing = {
        s
        for s, share in zip(SECURITIES, shares, strict=True)
        if share is None or (share >= threshold if sign == ">=" else share > threshold)
    }
    for account in tables["accounts"].get_column("account_id"):
        chosen = bound.filter((pl.col("account_id") == account) & pl.col("no_buy"))
        assert set(chosen.get_column("security_id")) == passing
