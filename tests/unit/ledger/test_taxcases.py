"""What the case files cannot say: how inputs are read, defaults, what is refused. Figures are in tests/cases/tax."""

from fractions import Fraction as F

import pytest

from trimtab.ledger.caseinput import amount, day, held_from, needed, optional, optional_day, short_names
from trimtab.ledger.taxcases import RUNNERS


def run(kind, **given):
    return RUNNERS[kind](given, {})


def test_amounts_are_the_first_name_given():
    given = {"a": None, "b": "0", "c": "2.5"}
    assert optional(given, "a", "b", "c") == 0
    assert optional(given, "a") is None
    assert amount(given, "a", default=F(7)) == 7
    assert amount(given, "c", "b") == F(5, 2)
    assert needed(given, "a", "c") == F(5, 2)
    with pytest.raises(KeyError, match="a or x"):
        needed(given, "a", "x")


def test_days():
    given = {"on": "2024-02-29", "off": None}
    assert day(given, "on").isoformat() == "2024-02-29"
    assert optional_day(given, "off") is optional_day(given, "none") is None
    assert optional_day(given, "on") == day(given, "on")


def test_a_limit_may_be_stated_and_single_is_the_status_left_out():
    assert run("netting", st_losses="9000", loss_limit="500")["ordinary_offset"] == "500.00"
    assert run("netting", st_losses="9000")["ordinary_offset"] == "3000.00"


def test_a_year_states_its_own_carry_where_it_does():
    years = [{"st_losses": "9000"}, {"st_carry_in": "1", "lt_gains": "10"}]
    assert run("netting", years=years)["years"][1]["net_st"] == "-1.00"
    assert run("netting", years=[years[0]])["years"][0]["st_carry_out"] == "6000.00"


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("tax", {"year": 2031, "filing_status": "single"}, "no federal table for single in 2031"),
        ("tax", {"year": 2025, "filing_status": "wed"}, "no federal table for wed"),
        ("tax_flat", {"st_rate": "0.4", "lt_rate": "0.2", "losses": "all"}, "'all' is neither"),
        ("metric", {"metric": "luck"}, "'luck' is not one of after_tax_return"),
        ("form8949", {"form_1099b": "maybe", "acquired": "2024-01-01", "disposed": "2024-01-02"}, "maybe"),
    ],
)
def test_what_is_not_known_is_refused_with_its_name(kind, given, said):
    with pytest.raises(ValueError, match=said):
        run(kind, **given)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"rule": "wa_excise", "year": 2031, "lt_gains": "5"}, "standard_deduction"),
        ({"rule": "lottery"}, "lottery"),
        ({"rule": "split_rates", "year": 2031, "state": "MA"}, "2031"),
        ({"rule": "no_carryforward"}, "rate"),
        ({"rule": "ordinary"}, "brackets"),
    ],
)
def test_a_state_without_its_parameters_is_refused(given, missing):
    with pytest.raises(KeyError, match=missing):
        run("state", **given)


def test_the_tables_fill_what_washington_leaves_out():
    year = {"rule": "wa_excise", "year": 2025, "lt_gains": "1278000"}
    assert run("state", **year, standard_deduction="278000")["tax"] == "70000.00"
    assert run("state", **year, tiers=[{"up_to": None, "rate": "0.1"}])["tax"] == "100000.00"
    assert run("state", **year, rate="0.01")["tax"] == "10000.00"
    assert run("state", **year, standard_deduction="1178000")["tax"] == "7000.00"
    bare = {"rule": "wa_excise", "lt_gains": "300", "rate": "0.1"}
    assert run("state", **bare, standard_deduction="100")["tax"] == "20.00"


def test_massachusetts_is_the_state_of_split_rates_that_none_is_given_for():
    given = {"rule": "split_rates", "year": 2025, "lt_gains": "1000", "st_gains": "1000"}
    assert run("state", **given) == run("state", **given, state="MA")
    with pytest.raises(KeyError, match="TN"):
        run("state", **given, state="TN")


def test_state_tax_is_not_deducted_unless_said():
    given = {"rule": "combined_marginal", "federal_rate": "0.3", "state_rate": "0.1"}
    assert run("state", **given) == run("state", **given, state_tax_deductible=False) == {"rate": "0.4"}


def test_one_rate_or_tiers_or_brackets():
    gain = {"rule": "ordinary", "lt_gains": "100"}
    tiers = [{"up_to": "50", "rate": "0.1"}, {"rate": "0.2"}]
    assert run("state", **gain, rate="0.1")["tax"] == "10.00"
    assert run("state", **gain, tiers=tiers)["tax"] == run("state", **gain, brackets=tiers)["tax"] == "15.00"


def test_split_rates_of_the_input_stand_alone():
    given = {
        "rule": "split_rates",
        "year": 2025,
        "lt_gains": "2000000",
        "st_rate": "0.085",
        "lt_rate": "0.05",
    }
    assert run("state", **given)["tax"] == "100000.00"
    assert run("state", **given, surtax_rate="0.04", surtax_threshold="1000000")["tax"] == "140000.00"
    lost = run("state", **{**given, "st_losses": "5000"}, dividends="9000", dividend_offset="100")
    assert lost["dividends_offset"] == "100.00"
    carried = {
        **given,
        "lt_gains": "100",
        "st_gains": "50",
        "st_carry_in": "20",
        "lt_carry_in": "30",
        "st_losses": "5",
        "lt_losses": "7",
    }
    assert (run("state", **carried)["taxable_st"], run("state", **carried)["taxable_lt"]) == (
        "25.00",
        "63.00",
    )


def test_no_carryforward_adds_the_terms():
    given = {
        "rule": "no_carryforward",
        "rate": "1",
        "gains": "1",
        "st_gains": "2",
        "lt_gains": "4",
        "losses": "0.5",
        "st_losses": "0.25",
        "lt_losses": "0.125",
    }
    assert run("state", **given)["tax"] == "6.125"


def test_the_basis_of_the_form_stands_in_for_one_left_out():
    given = {"acquired": "2024-01-01", "disposed": "2024-02-01", "form_1099b": "reported", "proceeds": "5"}
    filled = run("form8949", **given, basis_reported="3")
    assert (filled["gain"], filled["acquired"], filled["disposed"]) == ("2.00", "2024-01-01", "2024-02-01")
    with pytest.raises(KeyError, match="correct_basis or basis_reported"):
        run("form8949", **given)


def test_delta_of_nothing_is_nothing():
    common = {"year": 2025, "filing_status": "single", "ordinary_taxable_income": "100000"}
    assert run("tax_delta", common=common)["delta"] == "0.00"


def test_a_status_above_the_years_holds_for_each():
    years = [{"st_losses": "9000"}, {"filing_status": "single"}]
    rolled = run("netting", filing_status="mfs", years=years)["years"]
    assert [year["ordinary_offset"] for year in rolled] == ["1500.00", "3000.00"]


def test_the_date_a_term_counts_from():
    given = {"acquired": "2024-03-01", "donor_acquired": "2020-01-01"}
    assert held_from(given).isoformat() == "2024-03-01"
    assert held_from({**given, "adjusted_acquired": "2023-03-01"}).isoformat() == "2023-03-01"
    assert held_from({**given, "acquisition": "gift_carryover"}).isoformat() == "2020-01-01"


def test_gifts_of_inherited_shares_are_long_term_at_once():
    given = {"acquired": "2025-05-01", "donated": "2025-06-01", "basis": "1", "fmv": "10", "agi": "1000"}
    assert run("donation", **given)["contribution"] == "1.00"
    assert run("donation", **given, acquisition="inherited")["contribution"] == "10.00"


def test_short_and_long_spelled_out_are_read():
    spelled = {"short_term_gains": 1, "long_rate": 2, "long_term_exclusion": 3, "rule": 4}
    assert short_names(spelled) == {"st_gains": 1, "lt_rate": 2, "lt_exclusion": 3, "rule": 4}
    assert run("state", rule="ordinary", rate="0.1", long_term_gains="50")["tax"] == "5.00"


def test_preferred_shares_of_any_name():
    given = {"acquired": "2024-07-11", "disposed": "2024-09-13", "ex_date": "2024-07-12"}
    assert run("dividend", **given, preferred_over_366_days=True)["qualified"] is False
    assert run("dividend", **given, preferred=False)["qualified"] is True


@pytest.mark.parametrize("name", ["term_on_1099b", "term_reported", "reported_term"])
def test_the_term_a_broker_printed_goes_by_any_of_its_names(name):
    given = {"acquired": "2023-01-03", "disposed": "2024-02-01", "form_1099b": "reported", "proceeds": "5"}
    filled = run("form8949", **given, correct_basis="3", basis_reported="3", **{name: "short"})
    assert (filled["part"], filled["code"]) == ("II", "T")


def test_an_excise_takes_long_losses_carried_in_off():
    given = {"rule": "wa_excise", "standard_deduction": "100", "rate": "0.07"}
    assert run("state", **given, lt_gains="1300", lt_losses="60", lt_carry_in="40")["tax"] == "77.00"
