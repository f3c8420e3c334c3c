"""Laws of the cascade: narrower wins unless locked; the order of rows never matters; values are what was said."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.book.tables_wishes import TABLES_IN
from trimtab.policy.cascade import resolve
from trimtab.policy.settings import KEYS, canonical

DAY = date(2026, 6, 30)
SCOPES = ("desk", "custodian", "firm", "model", "household", "account")
IDS = {"custodian": "c1", "firm": "f1", "model": "m1", "household": "h1", "account": "a1"}
ACCOUNTS = [
    ("a1", "f1", "h1", "c1", "m1"),
    ("a2", "f1", "h1", "c2", "m2"),
    ("a3", "f2", None, "c1", None),
    ("a4", "f1", "h2", None, "m1"),
]
KEYS_USED = ("ticket", "cash_floor", "max_trades")


def accounts() -> pl.DataFrame:
    frame = TABLES_IN["accounts"].empty()
    rows = [
        {"account_id": a, "firm_id": f, "household_id": h, "custodian": c, "model_id": m}
        for a, f, h, c, m in ACCOUNTS
    ]
    return pl.DataFrame(
        [{name: row.get(name) for name in frame.columns} for row in rows], schema=frame.schema
    )


def policies(rows: list[dict]) -> pl.DataFrame:
    frame = TABLES_IN["policies"].empty()
    return pl.DataFrame(
        [{name: row.get(name) for name in frame.columns} for row in rows], schema=frame.schema
    )


def settle(rows: list[dict]):
    result = resolve(policies(rows), accounts(), as_of=DAY)
    assert result.failures == ()
    return result.value


ids = st.sampled_from
place = st.sampled_from(SCOPES).flatmap(
    lambda scope: st.tuples(
        st.just(scope),
        {
            "desk": st.none(),
            "custodian": ids(["c1", "c2"]),
            "firm": ids(["f1", "f2"]),
            "model": ids(["m1", "m2"]),
            "household": ids(["h1", "h2"]),
            "account": ids(["a1", "a2", "a3"]),
        }[scope],
    )
)
row = st.builds(
    lambda where, key, value, locked, window: {
        "scope": where[0],
        "scope_id": where[1],
        "key": key,
        "value": str(value),
        "locked": locked,
        "since": window[0],
        "until": window[1],
    },
    place,
    st.sampled_from(KEYS_USED),
    st.integers(1, 99),
    st.booleans(),
    st.sampled_from([(None, None), (DAY, DAY), (date(2026, 7, 1), None), (None, date(2026, 6, 29))]),
)
rows = st.lists(row, max_size=25, unique_by=lambda r: (r["scope"], r["scope_id"], r["key"]))


def speaks(said: dict, account: tuple) -> bool:
    of = dict(zip(("account", "firm", "household", "custodian", "model"), account, strict=True))
    live = (said["since"] or DAY) <= DAY <= (said["until"] or DAY)
    return live and (said["scope"] == "desk" or of[said["scope"]] == said["scope_id"])


def by_hand(said: list[dict], account: tuple, key: str) -> tuple[str, str]:
    """The rule as one reads it: walk from the desk inwards, stop at the first lock."""
    value, scope = KEYS[key].default, "default"
    for level in SCOPES:
        for one in said:
            if one["scope"] == level and one["key"] == key and speaks(one, account):
                value, scope = one["value"], level
                if one["locked"]:
                    return value, scope
    return value, scope


@given(rows)
@settings(max_examples=60, deadline=None)
def test_narrower_wins_unless_a_wider_one_is_locked(said):
    long = settle(said).long()
    found = {(a, k): (v, s) for a, k, v, s, _ in long.iter_rows() if k in KEYS_USED}
    for account in ACCOUNTS:
        for key in KEYS_USED:
            assert found[account[0], key] == by_hand(said, account, key)


@given(rows, st.randoms())
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_never_matters(said, random):
    shuffled = said[:]
    random.shuffle(shuffled)
    one, other = settle(said), settle(shuffled)
    assert one.wide.equals(other.wide)
    assert one.long().equals(other.long())


@given(rows)
@settings(max_examples=25, deadline=None)
def test_wide_and_long_say_the_same(said):
    settled = settle(said)
    for key in KEYS_USED:
        wide = dict(settled.wide.select("account_id", key).iter_rows())
        long = settled.long().filter(pl.col("key") == key)
        for account_id, value in long.select("account_id", "value").iter_rows():
            assert wide[account_id] == (None if value == "none" else int(value))


@given(rows)
@settings(max_examples=25, deadline=None)
def test_equal_values_have_equal_digests_and_others_not(said):
    settled = settle(said)
    texts = settled.long().group_by("account_id", maintain_order=True).agg("value")
    values = dict(texts.iter_rows())
    digests = dict(settled.wide.select("account_id", "settings_digest").iter_rows())
    for one, said_of_one in values.items():
        for other, said_of_other in values.items():
            assert (said_of_one == said_of_other) == (digests[one] == digests[other])


@given(st.sampled_from(sorted(KEYS)), st.text(max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_value_or_refused_and_reading_twice_changes_nothing(name, text):
    once = canonical(KEYS[name], text)
    assert once is None or canonical(KEYS[name], once) == once


@given(st.decimals(min_value=-10, max_value=10**7) | st.decimals())
@settings(max_examples=200, deadline=None)
def test_numbers_keep_to_their_bounds(number):
    for key in KEYS.values():
        read = canonical(key, str(number))
        if read is not None and key.lower is not None and read != "none":
            assert float(read) >= float(key.lower)
            assert key.upper is None or float(read) <= float(key.upper)
