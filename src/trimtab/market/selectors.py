"""Selectors: the words a restriction names securities by, and the securities each word means."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Final

import polars as pl

EVERYTHING: Final = "*"
SELECTOR_COLUMNS: Final = {
    "security": "security_id",
    "class": "asset_class",
    "sector": "sector",
    "industry": "industry",
    "group": "identical_group",
}
_TAG: Final = re.compile(r"^(?P<tag>[^<>=]+?)\s*(?:(?P<sign>>=|<=|>|<|=)\s*(?P<number>\d+(?:\.\d+)?))?$")


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector read: `kind` is *, security, class, sector, industry, group, tag or lot; `sign` goes with a number."""

    text: str
    kind: str
    name: str
    sign: str = ""
    number: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """`frame` (selector, security_id); `unmatched` has the selectors whose name nothing in the book bears.

    It gives the nearest selector that something bears, "" where none is near.
    """

    frame: pl.DataFrame
    unmatched: dict[str, str]


def parse_selector(text: str) -> Selector | None:
    """Read a selector, or None where it is none."""
    word = text.strip()
    if word == EVERYTHING:
        return Selector(text, EVERYTHING, EVERYTHING)
    kind, colon, name = word.partition(":")
    kind, name = kind.strip(), name.strip()
    if not colon or not name:
        return None
    if kind in SELECTOR_COLUMNS or kind == "lot":
        return Selector(text, kind, name)
    match = _TAG.match(name) if kind == "tag" else None
    if match is None:
        return None
    number = match["number"]
    return Selector(text, kind, match["tag"], match["sign"] or "", Decimal(number) if number else None)


def select_members(selectors: Iterable[str], securities: pl.DataFrame, tags: pl.DataFrame) -> Members:
    """The securities that each selector means; what is no selector means none.

    A tag without a number means every security that bears it with a share above zero or unknown; with a number, those
    whose share passes, and those whose share is unknown: a screen must not let through what nobody has measured.
    """
    names = {
        kind: set(securities.get_column(column).drop_nulls().to_list())
        for kind, column in SELECTOR_COLUMNS.items()
    }
    names["tag"] = set(tags.get_column("tag").to_list())
    parts = [pl.DataFrame(schema={"selector": pl.String, "security_id": pl.String})]
    unmatched: dict[str, str] = {}
    for text in sorted(set(selectors)):
        selector = parse_selector(text)
        if selector is None:
            continue
        if selector.kind in names and selector.name not in names[selector.kind]:
            near = _near(selector.name, names[selector.kind])
            unmatched[text] = f"{selector.kind}:{near}" if near else ""
            continue
        found = _found(selector, securities, tags)
        if found is not None:
            parts.append(found.select(pl.lit(text).alias("selector"), "security_id"))
    return Members(pl.concat(parts).sort("selector", "security_id"), unmatched)


def _found(selector: Selector, securities: pl.DataFrame, tags: pl.DataFrame) -> pl.DataFrame | None:
    if selector.kind == EVERYTHING:
        return securities
    if selector.kind in SELECTOR_COLUMNS:
        return securities.filter(pl.col(SELECTOR_COLUMNS[selector.kind]) == selector.name)
    if selector.kind != "tag":
        return None
    share = pl.col("value")
    number = float(selector.number) if selector.number is not None else 0.0
    passes = {
        "": share > 0.0,
        ">": share > number,
        ">=": share >= number,
        "<": share < number,
        "<=": share <= number,
        "=": share == number,
    }[selector.sign]
    return tags.filter((pl.col("tag") == selector.name) & (share.is_null() | passes))


def nearest_selector(text: str) -> str:
    """The nearest selector to a text that is none, or an empty text."""
    kind, colon, name = text.partition(":")
    near = _near(kind.strip(), {*SELECTOR_COLUMNS, "tag"})
    return f"{near}:{name}" if near and colon and near != kind.strip() else ""


def _near(word: str, known: Iterable[str]) -> str:
    found = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else ""
