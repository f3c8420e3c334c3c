"""Whose purchases replace whose losses, and the two views of one history."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ledger.test_fold import rows

from trimtab.core.amounts import Money, Quantity
from trimtab.ledger.entries import Purchase
from trimtab.ledger.fold import fold
from trimtab.ledger.lots import EMPTY, Ledger
from trimtab.ledger.state import Account, Household
from trimtab.ledger.wash import Scope, WashRules, in_scope

OWNERS = {"A": "self", "B": "self", "S": "spouse", "C": "child", "D": "child", "J": "joint"}


@pytest.mark.parametrize(
    ("scope", "owners", "seen"),
    [
        (Scope.HOUSEHOLD, ("self", "spouse"), {"A": "ABSJ", "S": "ABSJ", "C": "CD", "J": "ABSJ"}),
        (Scope.HOUSEHOLD, ("self",), {"A": "ABJ", "S": "S", "C": "CD", "J": "ABJ"}),
        (Scope.HOUSEHOLD, ("spouse",), {"A": "AB", "S": "SJ", "C": "CD", "J": "SJ"}),
        (Scope.HOUSEHOLD, ("child",), {"A": "AB", "S": "S", "C": "CD", "J": "J"}),
        (Scope.HOUSEHOLD, ("self", "spouse", "child"), {"A": "ABSCDJ", "S": "ABSCDJ", "C": "ABSCDJ"}),
        (Scope.TAXPAYER, ("self", "spouse"), {"A": "AB", "S": "S", "C": "CD"}),
        (Scope.ACCOUNT, ("self", "spouse"), {"A": "A", "S": "S", "C": "C"}),
        (Scope.BROKER, ("self", "spouse"), {"A": "A", "S": "S", "C": "C"}),
    ],
)
def test_scopes(scope: Scope, owners: tuple[str, ...], seen: dict[str, str]) -> None:
    rules = WashRules(scope=scope, owners=owners)
    for mine, others in seen.items():
        assert {other for other in OWNERS if in_scope(rules, OWNERS, (mine, other))} == set(others), mine


HOME = Household((Account("A"), Account("B"), Account("I", taxable=False)), identical_groups=(("X", "Y"),))


def washed(*lines: str, **rules: Any) -> tuple[list[str], Ledger]:
    ledger = fold(EMPTY, rows(*lines), household=HOME, rules=WashRules(**rules))
    return [row.disallowed.text() for row in ledger.closed], ledger


STORY = (
    "2023-01-03 buy L1 A X 40 4000",
    "2024-05-20 sell S1 A X 40 3600",
    "2024-05-21 buy L2 A Y 5 450",
    "2024-05-22 buy L3 B X 5 450",
    "2024-05-23 buy L4 I X 5 450",
    "2024-05-24 buy L5 A X 5 450",
)


@pytest.mark.parametrize(
    ("scope", "amount"),
    [(Scope.HOUSEHOLD, "200"), (Scope.TAXPAYER, "200"), (Scope.ACCOUNT, "100"), (Scope.BROKER, "50")],
)
def test_the_brokers_view_and_the_households(scope: Scope, amount: str) -> None:
    assert washed(*STORY, scope=scope)[0] == [amount]


def test_what_waits_after_the_story() -> None:
    _, ledger = washed(*STORY)
    (loss,) = ledger.pending
    assert (loss.exposed, loss.loss_at_risk) == (Quantity.parse(20), Money.parse(200))
    assert ledger.closed[0].permanent == Money.parse(50)
    assert {lot.lot_id for lot in ledger.lots if lot.replacement} == {"L2", "L3", "L4", "L5"}


def test_a_window_that_has_closed_is_forgotten_and_one_on_its_last_day_is_not() -> None:
    last = washed(*STORY[:2], "2024-06-19 buy M1 B Z 1 1")[1]
    assert [loss.sold for loss in last.pending] == [dt.date(2024, 5, 20)]
    assert washed(*STORY[:2], "2024-06-20 buy M1 B Z 1 1")[1].pending == ()


def test_losses_fully_replaced_do_not_wait() -> None:
    assert washed(*STORY[:2], "2024-05-21 buy L2 A X 40 450")[1].pending == ()
    before = washed(STORY[0], "2024-05-10 buy L2 A X 40 3700", "2024-05-20 sell S1 A X 40 3600 L1:40")
    assert before[1].pending == ()
    assert before[0] == ["400"]


def test_an_even_sale_is_no_loss() -> None:
    assert washed(STORY[0], "2024-05-20 sell S1 A X 40 4000")[1].pending == ()


def test_a_replacement_of_unknown_basis_is_counted_and_stays_unknown() -> None:
    bought = rows("2024-05-21 buy L2 A X 40 1")[0]
    assert isinstance(bought, Purchase)
    unknown = replace(bought, amount=None)
    ledger = fold(EMPTY, [*rows(*STORY[:2]), unknown], household=HOME)
    assert [row.disallowed.text() for row in ledger.closed] == ["400"]
    assert ledger.lots[0].basis is None
    assert [move.why for move in ledger.moves if move.entry_id == "S1"] == ["wash_unknown"]


def test_a_sliver_of_a_reverse_split_waits_no_more() -> None:
    tiny = washed(
        "2023-01-03 buy L1 A X 0.000000005 4000",
        "2024-05-20 sell S1 A X 0.000000005 10",
        "2024-05-21 split P1 X 1:10",
    )[1]
    assert tiny.pending == ()
