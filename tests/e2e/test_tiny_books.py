"""Every tiny book gives the facts that stand beside it, and the checker finds nothing wrong with its run."""

import pytest
from tests.checker.run import check_run
from tests.e2e.tiny import CASES, Fact, facts, found, holds, ran


@pytest.mark.parametrize(("case", "fact"), [(case, fact) for case in CASES for fact in facts(case)], ids=str)
def test_fact(case: str, fact: Fact) -> None:
    said = found(ran(case)[1], fact)
    assert holds(said, fact), f"{fact.account}: {fact.about} is {said}, not {fact.relation} {fact.value}"


@pytest.mark.parametrize("case", CASES)
def test_no_violation(case: str) -> None:
    book, run = ran(case)
    assert check_run(book.tables, run.tables, book.as_of) == []


def test_each_enrolled_account_is_evaluated_once() -> None:
    for case in CASES:
        book, run = ran(case)
        enrolled = [
            row["account_id"] for row in book.tables["accounts"].to_dicts() if row["status"] != "closed"
        ]
        assert sorted(enrolled) == run.tables["evaluations"]["account_id"].to_list()
