"""The keys of the contract: all there, with their defaults; texts read or refused at the bounds."""

import re
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from trimtab.policy.settings import KEYS, Kind, canonical, nearest, typed

DEFAULTS = {
    "risk_aversion": "25",
    "tax_weight": "1",
    "latent_tax": "0.5",
    "cross_hedge_points": "0",
    "rebalance_to": "optimum",
    "max_tracking_error": "none",
    "band_class_abs": "0.05",
    "band_class_rel": "0.2",
    "band_security_rel": "none",
    "band_tracking_error": "0.01",
    "min_benefit": "25",
    "min_benefit_bps": "2",
    "min_trade": "100",
    "min_trade_bps": "2",
    "ticket": "0",
    "max_turnover": "none",
    "max_trades": "none",
    "fractional": "security",
    "cash_target": "0.01",
    "cash_min": "0.005",
    "cash_max": "0.02",
    "cash_floor": "0",
    "cash_reserve": "0",
    "cash_drag_bps": "300",
    "cash_lead_days": "5",
    "harvest": "true",
    "harvest_gate": "volatility",
    "harvest_ratio_january": "0.8",
    "harvest_ratio_december": "0.95",
    "harvest_min_loss": "100",
    "budget_tax": "none",
    "budget_tax_fraction": "0.01",
    "budget_gain": "none",
    "budget_scope": "account",
    "budget_prorate": "none",
    "carry_value": "0.5",
    "wash_scope": "household",
    "wash_owners": "self;spouse",
    "exclude_acquired_before_loss_lot": "false",
    "wash_holding_period": "tack_days",
    "lot_relief": "least_tax",
    "long_term_wait_days": "30",
    "avoid_distribution_days": "30",
    "force_loss": "none",
    "force_loss_protect": "none",
    "gain_harvest": "auto",
    "location": "off",
    "ira_haircut": "0",
    "arrival": "hold",
    "release": "review",
    "release_max_turnover": "0.3",
    "release_max_notional": "10000000",
    "release_max_tax": "2500",
    "release_max_tax_bps": "25",
    "tax_sensitivity": "none",
}


def test_every_key_of_the_contract_with_its_default():
    assert {name: key.default for name, key in KEYS.items()} == DEFAULTS
    assert list(KEYS) == sorted(KEYS)


@pytest.mark.shared
def test_no_key_of_the_page_is_missing(shared):
    page = (shared / "design" / "book.md").read_text()
    text = page[page.index("**Policies**") : page.index("## Target, value, cash")]
    assert set(re.findall(r"`([a-z_]+)`", text)) - {"budget_tax_fraction"} <= set(KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_defaults_read_as_themselves_and_fit_their_column(name):
    key = KEYS[name]
    assert canonical(key, key.default) == key.default
    column = pl.DataFrame({name: [key.default]}).select(typed(name)).to_series()
    assert column.dtype == key.dtype
    kept = key.default != "none" or key.kind is Kind.CHOICE
    assert (column[0] is not None) is kept
    assert key.doc
    assert key.group
    assert key.allowed


@pytest.mark.parametrize(
    ("name", "said", "read"),
    [
        ("cash_target", "0", "0"),
        ("cash_target", "1", "1"),
        ("cash_target", "1.0001", None),
        ("cash_target", "-0.0001", None),
        ("cash_target", "none", None),
        ("cash_target", "5%", None),
        ("cash_target", "", None),
        ("cash_target", None, None),
        ("cash_target", "nan", None),
        ("cash_target", "inf", None),
        ("cash_target", " 0.050 ", "0.05"),
        ("risk_aversion", "1e3", "1000"),
        ("risk_aversion", "1e30", None),
        ("max_trades", "5", "5"),
        ("max_trades", "5.0", "5"),
        ("max_trades", "5.5", None),
        ("max_trades", "None", "none"),
        ("harvest", "FALSE", "false"),
        ("harvest", "1", "true"),
        ("harvest", "maybe", None),
        ("lot_relief", "HIFO", "hifo"),
        ("lot_relief", "none", None),
        ("budget_prorate", "none", "none"),
        ("force_loss_protect", "2026-12-31", "2026-12-31"),
        ("force_loss_protect", "2026-02-30", None),
        ("wash_owners", "spouse; self;", "self;spouse"),
        ("wash_owners", ";", None),
        ("ticket", "-0", "0"),
        ("cash_drag_bps", "10000", "10000"),
        ("cash_drag_bps", "10001", None),
    ],
)
def test_texts(name, said, read):
    assert canonical(KEYS[name], said) == read


def test_money_is_exact():
    frame = pl.DataFrame({"budget_tax": ["0.1", "none", "999999999999999.123456789"]}).select(
        typed("budget_tax")
    )
    assert frame.to_series().to_list() == [Decimal("0.1"), None, Decimal("999999999999999.123456789")]


def test_nearest():
    assert nearest("Tax_Wieght", list(KEYS)) == "tax_weight"
    assert nearest("zzzzz", list(KEYS)) == ""


def test_words_for_what_may_be_written():
    assert KEYS["max_turnover"].allowed == "a number from 0 to 1, or none"
    assert KEYS["ticket"].allowed == "an amount in dollars of at least 0"
    assert KEYS["location"].allowed == "one of off, on"


def test_the_page_of_keys_says_what_the_code_says():
    page = (Path(__file__).parents[3] / "docs" / "reference" / "policies.md").read_text().splitlines()
    rows = [line for line in page if line.startswith("| `")]
    said = [
        f"| `{key.name}` | {key.default} | {key.allowed} | {key.unit} | {key.doc} |" for key in KEYS.values()
    ]
    assert sorted(rows) == sorted(said)
