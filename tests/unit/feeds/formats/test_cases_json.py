import json

import pytest

from trimtab.feeds.parse import parse
from trimtab.feeds.statement import NotAFeedError

BUY = {
    "id": "B",
    "type": "buy",
    "date": "2024-01-02",
    "account": "A",
    "symbol": "X",
    "qty": "5",
    "amount": 50.25,
}
GIVEN = {"accounts": [{"id": "A"}], "transactions": [BUY]}


def read(document):
    return parse("case.json", json.dumps(document).encode())


def test_what_the_household_comes_to(fixture, come_to):
    found = come_to(fixture("household.json"))
    (row,) = found.rows
    assert [str(v) for v in (row.closed.gain, row.closed.disallowed, row.closed.permanent)] == [
        "-600",
        "400",
        "400",
    ]
    assert str(row.broker.washed) == "0"
    assert found.differs


@pytest.mark.parametrize(
    "document",
    [
        GIVEN,
        {"id": "c", "kind": "lots", "input": GIVEN, "expected": {}},
        {"cases": [{"kind": "lots", "input": GIVEN}, {"kind": "metric", "input": {}}]},
    ],
)
def test_an_input_a_case_or_a_file_with_one(document):
    assert read(document).lines[0].row["amount"] == "50.25"


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"transactions": 3},
        {"cases": []},
        {"cases": [{"kind": "lots"}, {"kind": "lots"}]},
        {"input": [], "x": 1},
    ],
)
def test_what_is_no_lots_case_is_refused(document):
    with pytest.raises(NotAFeedError):
        read(document)


def test_policy_groups_and_relief_are_carried():
    statement = read(
        {
            "policy": {"wash_scope": "account"},
            "input": {**GIVEN, "identical_groups": [["X", "Y"], "Z"], "default_relief": {"method": "HIFO"}},
        }
    )
    assert statement.policy == {"wash_scope": "account"}
    assert statement.groups == (("X", "Y"),)
    assert statement.relief == {"method": "HIFO"}
    assert [failure.row for failure in statement.failures] == ["identical_groups"]


@pytest.mark.parametrize(
    "bad", [7, {**BUY, "qty": "1e999"}, {**BUY, "qty": "x"}, {"a": [[[[[[[[[[[[[1]]]]]]]]]]]]]}]
)
def test_a_bad_transaction_is_a_failure_and_the_rest_goes_on(bad):
    statement = read({**GIVEN, "transactions": [bad, BUY]})
    assert (len(statement.failures), len(statement.lines)) == (1, 1)


def test_an_account_without_an_id_is_a_failure():
    assert [f.row for f in read({**GIVEN, "accounts": [{"type": "ira"}]}).failures] == ["account 1"]


def test_a_number_of_endless_digits_is_refused():
    with pytest.raises(NotAFeedError):
        parse("case.json", b'{"transactions": [' + b"9" * 5000 + b"]}")
