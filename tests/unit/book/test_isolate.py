"""Whom a faulty row concerns."""

import pytest
from tests.small_book import TABLES, spoiled

MODELS = (
    "model_id,node_id,parent_node_id,kind,ref,weight\n"
    "M1,a,,index,I1,1\nM2,b,,security,VXUS,1\nM3,c,,model,M2,1\nM4,d,,security,UST,1\n"
)
ACCOUNTS = (
    "account_id,firm_id,tax_type,cash,household_id,model_id,custodian\n"
    "A1,F1,taxable,1,H1,M1,schwab\nA2,F1,taxable,1,H1,M2,schwab\nA3,F2,taxable,1,H2,M3,fidelity\n"
    "A4,F2,taxable,1,H3,,fidelity\n"
)
BASE = {
    "models.csv": MODELS,
    "accounts.csv": ACCOUNTS,
    "taxpayers.csv": None,
    "households.csv": "household_id,firm_id,model_id\nH1,F1,\nH2,F2,\nH3,F2,M4\n",
    "indexes.csv": "index_id,security_id,weight\nI1,VTI,1\n",
    "lots.csv": "account_id,lot_id,security_id,quantity,unit_cost,acquired\nA1,L1,BND,1,1,2019-01-02\n",
}


def isolated(read, changes: dict[str, str]) -> list[str]:
    book = read({**BASE, **changes})
    assert book.failures
    return list(book.isolated)


def test_the_base_is_sound(read) -> None:
    assert not read(BASE).failures


@pytest.mark.parametrize(
    ("security", "accounts"),
    [
        ("BND", ["A1"]),  # held
        ("VTI", ["A1"]),  # in the index of A1's model
        ("VXUS", ["A2", "A3"]),  # in M2, and in M3 that contains M2
        ("UST", ["A4"]),  # in the household's model
    ],
)
def test_a_faulty_security(read, security: str, accounts: list[str]) -> None:
    text = TABLES["securities.csv"].replace(f"{security},", f"{security},not_")
    assert isolated(read, {"securities.csv": text}) == accounts


def test_a_faulty_security_that_fills_a_slot(read) -> None:
    products = "firm_id,model_id,node_id,security_id,rank\nF2,M2,b,BND,1\nF1,,a,BND,1\n"
    changes = {
        "securities.csv": TABLES["securities.csv"].replace("BND,", "BND,not_"),
        "products.csv": products,
    }
    assert isolated(read, changes) == ["A1", "A2", "A3"]


@pytest.mark.parametrize(
    ("row", "accounts"), [("F2,M2,b,VTI,zero", ["A3"]), ("F1,,b,VTI,zero", ["A1", "A2"])]
)
def test_a_faulty_product(read, row: str, accounts: list[str]) -> None:
    assert isolated(read, {"products.csv": f"firm_id,model_id,node_id,security_id,rank\n{row}\n"}) == accounts


def test_a_faulty_index(read) -> None:
    assert isolated(read, {"indexes.csv": "index_id,security_id,weight\nI1,VTI,2\n"}) == ["A1"]


def test_a_faulty_firm(read) -> None:
    assert isolated(read, {"firms.csv": "firm_id,name\nF1,First\nF2,a\nF2,b\n"}) == ["A3", "A4"]


@pytest.mark.parametrize(
    ("scope", "accounts"),
    [
        ("desk,", ["A1", "A2", "A3", "A4"]),
        ("custodian,schwab", ["A1", "A2"]),
        ("firm,F2", ["A3", "A4"]),
        ("model,M2", ["A2", "A3"]),
        ("household,H3", ["A4"]),
        ("account,A1", ["A1"]),
        ("nobody,A1", ["A1", "A2", "A3", "A4"]),
    ],
)
def test_a_faulty_restriction_concerns_its_scope(read, scope: str, accounts: list[str]) -> None:
    text = f"scope,scope_id,rule,selector\n{scope},never_by,security:VTI\n"
    assert isolated(read, {"restrictions.csv": text}) == accounts


def test_faulty_history_and_advice_concern_nobody(read) -> None:
    prices = "date,security_id,close\n2020-05-29,VTI,-1\n"
    assert isolated(read, {"prices.csv": prices}) == []
    assert isolated(read, {"recommendations.csv": "security_id,status\n"}) == []


def test_a_faulty_risk_model_from_outside_concerns_everyone(read) -> None:
    assert isolated(read, {"specific_risk.csv": "security_id,variance\nVTI,-1\n"}) == ["A1", "A2", "A3", "A4"]


def test_models_in_a_circle_end(read) -> None:
    changes = {
        "models.csv": MODELS.replace("M2,b,,security,VXUS", "M2,b,,model,M3") + "M3,e,,security,NOPE,1\n"
    }
    assert isolated(read, changes) == ["A2", "A3"]


def test_the_first_failure_says_why_an_account_is_isolated(read) -> None:
    book = read(spoiled("lots.csv", "A1,L1,VTI,10.5", "A1,L1,VTI,ten"))
    assert {account: failure.value for account, failure in book.isolated.items()} == {"A1": "ten"}
