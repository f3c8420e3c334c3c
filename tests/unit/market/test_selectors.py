"""Selectors read one by one; what they mean over a book is shown in the tests of restrictions."""

from decimal import Decimal

import polars as pl
import pytest

from trimtab.market.selectors import nearest_selector, parse_selector, select_members

SECURITIES = pl.DataFrame(
    {
        "security_id": ["A", "B", "C"],
        "asset_class": ["us", "us", "bond"],
        "sector": ["Energy", None, None],
        "industry": [None, "Oil", None],
        "identical_group": ["g", "g", None],
    }
)
TAGS = pl.DataFrame({"security_id": ["A", "B"], "tag": ["coal", "coal"], "value": [0.2, None]})


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("*", ("*", "*", "", None)),
        ("security:BRK.B", ("security", "BRK.B", "", None)),
        ("sector:Real Estate", ("sector", "Real Estate", "", None)),
        ("lot:L:1", ("lot", "L:1", "", None)),
        ("tag:coal", ("tag", "coal", "", None)),
        ("tag:coal>=0.15", ("tag", "coal", ">=", Decimal("0.15"))),
        ("tag:coal > 1", ("tag", "coal", ">", Decimal(1))),
    ],
)
def test_what_reads(text, read):
    selector = parse_selector(text)
    assert selector is not None
    assert (selector.kind, selector.name, selector.sign, selector.number) == read


@pytest.mark.parametrize(
    "text", ["", "VTI", "security:", ":VTI", "ticker:VTI", "tag:coal>=", "tag:>=1", "tag:coal>=x"]
)
def test_what_does_not(text):
    assert parse_selector(text) is None


@pytest.mark.parametrize(
    ("text", "near"),
    [("sectr:Energy", "sector:Energy"), ("Class:us", "class:us"), ("zz:us", ""), ("class", "")],
)
def test_the_nearest_selector(text, near):
    assert nearest_selector(text) == near


def test_members_and_what_names_nothing():
    words = [
        "*",
        "class:us",
        "group:g",
        "industry:Oil",
        "tag:coal>=0.3",
        "sector:Enery",
        "lot:L1",
        "junk",
        "class:us",
    ]
    members = select_members(words, SECURITIES, TAGS)
    found = members.frame.group_by("selector", maintain_order=True).agg("security_id")
    assert dict(found.iter_rows()) == {
        "*": ["A", "B", "C"],
        "class:us": ["A", "B"],
        "group:g": ["A", "B"],
        "industry:Oil": ["B"],
        "tag:coal>=0.3": ["B"],
    }
    assert members.unmatched == {"sector:Enery": "sector:Energy"}
