"""Every plain-text case and every shared case of lots and holding periods, under each policy it states."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.ledger.case_text import CASES, TextCase, differences, read_cases

from trimtab.ledger.cases import ADVANTAGED, RUNNERS, household_of, rules_of, run_holding_period, run_lots
from trimtab.ledger.conformance import run_cases
from trimtab.ledger.fold import fold
from trimtab.ledger.laws import broken
from trimtab.ledger.lots import EMPTY
from trimtab.ledger.read import entry_of
from trimtab.ledger.wash import Scope, Tacking

TEXT = [case for path in sorted(CASES.glob("*.txt")) for case in read_cases(path)]


@pytest.mark.parametrize("case", TEXT, ids=lambda case: case.title)
def test_text_case(case: TextCase) -> None:
    assert differences(case, run_lots(case.given, case.policy)) == []


def test_there_are_many_cases_and_a_wrong_one_is_seen() -> None:
    assert len(TEXT) >= 100
    case = next(case for case in TEXT if case.closed)
    wrong = TextCase(case.title, case.given, closed=[case.closed[0].replace("= ", "= 1")], open=case.open)
    assert differences(wrong, run_lots(case.given)) != []


ACTIONS = {"split", "spinoff", "merger_stock", "merger_cash", "return_of_capital", "symbol_change"}


def test_there_are_three_hundred_cases_and_sixty_of_corporate_actions(shared: Path) -> None:
    cases = json.loads((shared / "cases" / "tax_lots.json").read_text())["cases"]
    own = [json.loads(path.read_text())["cases"] for path in (CASES.parent / "tax").glob("*.json")]
    assert len(TEXT) + len(cases) + sum(map(len, own)) >= 300
    given = [case.given for case in TEXT] + [case["input"] for case in cases if case["kind"] == "lots"]
    assert sum(not ACTIONS.isdisjoint(row["type"] for row in one["transactions"]) for one in given) >= 60


@pytest.mark.parametrize("case", TEXT, ids=lambda case: case.title)
def test_the_laws_hold_in_every_text_case(case: TextCase) -> None:
    ledger = fold(
        EMPTY,
        [entry_of(row) for row in case.given["transactions"]],
        household=household_of(case.given),
        rules=rules_of(case.policy),
    )
    assert broken(ledger) == []


def test_shared_cases_agree_with_every_alternative(shared: Path) -> None:
    document = json.loads((shared / "cases" / "tax_lots.json").read_text())
    ours = {"cases": [case for case in document["cases"] if case["kind"] in RUNNERS]}
    result = run_cases(
        ours, {kind: lambda given, policy, run=run: run(given, policy) for kind, run in RUNNERS.items()}
    )
    assert result.failures == ()
    assert [(row.case_id, row.differences) for row in result.value if not row.agrees] == []
    assert len(result.value) == 76


def test_the_output_has_the_form_of_what_is_expected(shared: Path) -> None:
    document = json.loads((shared / "cases" / "tax_lots.json").read_text())
    case = next(case for case in document["cases"] if case["id"] == "S-WASH-01")
    output = run_lots(case["input"])
    assert output.keys() == case["expected"].keys()
    for part in ("closed", "open"):
        assert output[part][0].keys() == case["expected"][part][0].keys()
    assert output == case["expected"]
    assert json.loads(json.dumps(output)) == output


def test_only_taxable_accounts_are_shown_and_rows_say_w() -> None:
    given = {
        "accounts": [{"id": "A"}, {"id": "I", "type": "ira"}],
        "transactions": [
            {
                "id": "L1",
                "type": "buy",
                "date": "2024-01-02",
                "account": "I",
                "symbol": "X",
                "qty": "1",
                "amount": "5",
            },
            {
                "id": "L2",
                "type": "buy",
                "date": "2024-01-02",
                "account": "A",
                "symbol": "X",
                "qty": "2",
                "amount": "9",
            },
            {
                "id": "S1",
                "type": "sell",
                "date": "2024-01-03",
                "account": "I",
                "symbol": "X",
                "qty": "1",
                "amount": "9",
            },
        ],
    }
    output = run_lots(given)
    assert output["closed"] == []
    assert [row["lot"] for row in output["open"]] == ["L2"]
    assert output["totals"] == {
        "short": "0.00",
        "long": "0.00",
        "disallowed": "0.00",
        "permanently_disallowed": "0.00",
        "open_basis": "9.00",
    }


def test_open_basis_is_unknown_where_one_lot_is() -> None:
    row: dict[str, Any] = {
        "id": "R",
        "type": "transfer_in",
        "date": "2024-01-02",
        "account": "A",
        "symbol": "X",
        "qty": "1",
    }
    output = run_lots({"accounts": [{"id": "A", "type": "taxable", "owner": "self"}], "transactions": [row]})
    assert output["totals"]["open_basis"] is None
    assert output["open"][0]["basis"] is None
    assert output["failures"] == [
        "R: shares came without their basis or date of purchase; the basis stays unknown"
    ]


def test_household_and_rules_defaults_and_names() -> None:
    given = {
        "accounts": [{"id": "A"}, {"id": "B", "type": "hsa", "owner": "spouse"}],
        "identical_groups": [["X", "Y"]],
    }
    household = household_of(given)
    assert [(a.account_id, a.taxable, a.owner) for a in household.accounts] == [
        ("A", True, "self"),
        ("B", False, "spouse"),
    ]
    assert household.identical_groups == (("X", "Y"),)
    assert household.default_relief.method == "FIFO"
    assert household_of({**given, "default_relief": "HIFO"}).default_relief.method == "HIFO"
    rules = rules_of({})
    assert (rules.scope, rules.owners, rules.exclude_acquired_before_loss_lot, rules.holding_period) == (
        Scope.HOUSEHOLD,
        ("self", "spouse"),
        False,
        Tacking.DAYS,
    )
    rules = rules_of(
        {
            "wash_scope": "broker",
            "wash_owners": ["me"],
            "exclude_acquired_before_loss_lot": True,
            "wash_holding_period": "original_date",
        }
    )
    assert (rules.scope, rules.owners, rules.exclude_acquired_before_loss_lot, rules.holding_period) == (
        Scope.BROKER,
        ("me",),
        True,
        Tacking.DATE,
    )
    iras, plans = {"ira", "roth_ira", "sep_ira", "simple_ira"}, {"401k", "roth_401k", "403b", "457"}
    assert iras | plans | {"hsa", "529", "annuity"} <= ADVANTAGED


def test_holding_period_without_a_disposal_says_only_the_day() -> None:
    assert run_holding_period({"acquired": "2024-02-28"}) == {"first_date_held_more_than": "2025-03-01"}


def test_holding_period_of_months_gifts_and_years() -> None:
    six = run_holding_period({"acquired": "2024-01-31", "disposed": "2024-08-01", "threshold_months": 6})
    assert six == {
        "first_date_held_more_than": "2024-08-01",
        "held_more_than": True,
        "term": "S",
        "tax_year": 2024,
    }
    gift = {"acquisition": "gift_carryover", "donor_acquired": "2020-01-02", "acquired": "2024-01-31"}
    assert run_holding_period({**gift, "disposed": "2024-02-01"})["term"] == "L"
    loss = {**gift, "acquisition": "gift_value", "disposed": "2024-12-31"}
    assert run_holding_period(loss)["term"] == "S"
    assert (
        run_holding_period({"acquisition": "inherited", "acquired": "2024-01-31", "disposed": "2024-01-31"})[
            "term"
        ]
        == "L"
    )


def test_money_of_the_broker_is_its_own_view() -> None:
    """One account and one security against the whole household: both figures are to be had."""
    case = next(case for case in TEXT if "whichever account" in case.title)
    household, broker = run_lots(case.given), run_lots(case.given, {"wash_scope": "broker"})
    assert Decimal(household["totals"]["disallowed"]) == 200
    assert Decimal(broker["totals"]["disallowed"]) == 120
