"""The filter language: each kind of field, both ways round, the unknown, and words that cannot be read."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.report.filters import FIELDS, FilterError, Kind, condition

ROWS = pl.DataFrame(
    {
        "account_id": ["A1", "A2", "A3"],
        "title": ["Ann's trust", "Bo", "Cy"],
        "firm_id": ["acme", "acme", "birch"],
        "release": ["review", "auto", None],
        "flags": ["conflict;break", "stale_price", None],
        "drift_before": [0.031, 0.01, None],
        "value": [2e6, 9_999.0, 10_000.0],
        "budget_used": [80.0, 10.0, None],
        "budget_left": [20.0, 0.0, 5.0],
        "next_review": [date(2026, 1, 1), date(2026, 2, 1), None],
        "solve_ms": [1.0, 2.0, 3.0],
    }
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", "A1 A2 A3"),
        ("firm:acme", "A1 A2"),
        ("firm:ACME,birch", "A1 A2 A3"),
        ("firm=ACME", ""),
        ("-firm:acme", "A3"),
        ("drift>2%", "A1"),
        ("drift>=310bps", "A1"),
        ("drift<=0.031", "A1 A2"),
        ("-drift>2%", "A2 A3"),
        ("drift:unknown", "A3"),
        ("-drift:unknown", "A1 A2"),
        ("value>=10k", "A1 A3"),
        ("value<$10,000", "A2"),
        ("value>1.5m", "A1"),
        ("tax_budget_used>=80%", "A1 A2"),
        ("tax_budget_used>80%", "A2"),
        ("tax_budget_used:unknown", "A3"),
        ("flag:break", "A1"),
        ("flag:brea", ""),
        ("status:review drift>2%", "A1"),
        ("review<2026-01-15", "A1"),
        ("solve_ms=2", "A2"),
        ("bo", "A2"),
        ("'ann''s trust'", ""),
        ('"ann\'s trust"', "A1"),
        ("a", "A1 A2 A3"),
        ("-a2", "A1 A3"),
    ],
)
def test_what_is_found(asked: str, found: str) -> None:
    assert ROWS.filter(condition(asked))["account_id"].to_list() == found.split()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("colour:red", "known: account"),
        ("drift>much", "2% or 50bps"),
        ("value>10%", "10k"),
        ("review<soon", "2026-03-31"),
        ("firm>acme", "firm:WORD"),
        ("flag>1", "asked for by :"),
        ("'open", "quote"),
        ("value>", "not ''"),
    ],
)
def test_what_cannot_be_read_names_the_remedy(asked: str, said: str) -> None:
    with pytest.raises(FilterError, match=said):
        condition(asked)


@given(
    st.sampled_from(sorted(FIELDS)), st.sampled_from([">", "<", ">=", "<=", "=", ":"]), st.text(max_size=8)
)
def test_any_text_is_read_or_refused(name: str, sign: str, said: str) -> None:
    """Nothing else than a FilterError comes out, and a comparison and its reverse never both hold of an unknown."""
    try:
        asked = condition(f"{name}{sign}{said}")
    except FilterError:
        return
    columns = FIELDS[name].value.meta.root_names()
    kinds = {Kind.TEXT: pl.String, Kind.WORDS: pl.String, Kind.DATE: pl.Date}
    blank = pl.DataFrame(
        {column: [None] for column in {*columns, "account_id", "title"}},
        schema=dict.fromkeys((*columns,), kinds.get(FIELDS[name].kind, pl.Float64()))
        | {"account_id": pl.String, "title": pl.String},
    )
    assert blank.filter(asked).height == (1 if said == "unknown" and sign in ":=" else 0)
