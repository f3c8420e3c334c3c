"""Release: each rule on both sides of its limit."""

from decimal import Decimal

import polars as pl
import pytest

from trimtab.desk.release import release


def _released(flags: tuple[str, ...] = (), **given: object) -> tuple[str, str]:
    row = {
        "account_id": "A", "decision": "propose", "turnover": 0.1, "notional": 1000.0, "tax": Decimal(0), "value": 1e6,
        "discretion": True, "release": "auto", "release_max_turnover": 0.3, "release_max_notional": Decimal(10_000_000),
        "release_max_tax": Decimal(2500), "release_max_tax_bps": 25.0, **given,
    }  # fmt: skip
    frame = pl.DataFrame([row], schema_overrides={"tax": pl.Decimal(38, 9), "discretion": pl.Boolean})
    marked = pl.DataFrame(
        {"account_id": ["A"] * len(flags), "flag": list(flags)}, schema_overrides={"flag": pl.String}
    )
    found = release(frame, marked.cast({"account_id": pl.String})).to_dicts()[0]
    return found["release"], found["release_hits"]


@pytest.mark.parametrize(
    ("given", "state", "hits"),
    [
        ({}, "auto", ""),
        ({"release": "review"}, "review", "release_policy"),
        ({"decision": "hold"}, "none", ""),
        ({"decision": "blocked"}, "review", ""),
        ({"discretion": False}, "review", "discretion"),
        ({"discretion": None}, "auto", ""),
        ({"turnover": 0.3}, "auto", ""),
        ({"turnover": 0.3001}, "review", "turnover"),
        ({"notional": 1e7}, "auto", ""),
        ({"notional": 1e7 + 1}, "review", "notional"),
        ({"tax": Decimal(2500)}, "auto", ""),
        ({"tax": Decimal("2500.01")}, "review", "tax"),
        ({"tax": Decimal(4000), "value": 2e6}, "auto", ""),
        ({"tax": None}, "review", "unknown_tax"),
    ],
)
def test_rules(given: dict[str, object], state: str, hits: str) -> None:
    assert _released(**given) == (state, hits)


@pytest.mark.parametrize(
    "flag", ["conflict", "break", "missing_basis_sold", "open_order", "unhonoured:fund_terms"]
)
def test_flags_that_want_a_person(flag: str) -> None:
    assert _released((flag,)) == ("review", "flag")


def test_other_flags_do_not() -> None:
    assert _released(("default_rates", "stale_price")) == ("auto", "")
