"""The fold: order of days, failures that move nothing, replay, corrections."""

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.ledger.case_text import CASES, read_cases
from tests.unit.ledger.ledger_households import random_case

from trimtab.core.amounts import Money, Quantity
from trimtab.core.result import Reason
from trimtab.ledger.cases import household_of, rules_of
from trimtab.ledger.entries import Correction, Entry, Pick, Purchase, Sale, Transfer, as_known
from trimtab.ledger.fold import accounts_of, fold
from trimtab.ledger.laws import broken
from trimtab.ledger.lots import EMPTY, Ledger
from trimtab.ledger.read import entry_of
from trimtab.ledger.state import Account, Household
from trimtab.ledger.wash import Scope, WashRules

HOME = Household((Account("A"), Account("B"), Account("I", taxable=False)))


def rows(*lines: str) -> list[Entry]:
    """Entries from the words of a plain-text case."""
    from tests.unit.ledger.case_text import _transaction

    return [entry_of(_transaction(line)) for line in lines]


def of(*lines: str, opening: Ledger = EMPTY) -> Ledger:
    return fold(opening, rows(*lines), household=HOME)


def test_days_come_in_order_and_a_day_in_the_order_given() -> None:
    one = of("2024-01-03 sell S1 A X 1 5", "2024-01-02 buy L1 A X 1 4")
    assert [row.lot_id for row in one.closed] == ["L1"]
    other = of("2024-01-02 sell S1 A X 1 5", "2024-01-02 buy L1 A X 1 4")
    assert other.closed == ()
    assert [lot.lot_id for lot in other.lots] == ["L1"]


@pytest.mark.parametrize(
    ("line", "reason", "field", "word"),
    [
        ("2024-02-01 sell S1 A X 99 500", Reason.CONFLICT, "quantity", "99 shares asked, 10 held"),
        ("2024-02-01 sell S1 A Y 1 500", Reason.CONFLICT, "quantity", "0 held"),
        ("2024-02-01 sell S1 Z X 1 500", Reason.MISSING, "transaction_id", "no account Z"),
        ("2024-02-01 transfer S1 A>Z X", Reason.MISSING, "transaction_id", "no account Z"),
        ("2024-02-01 sell L1 A X 1 500", Reason.DUPLICATE, "transaction_id", "already applied"),
        ("2024-02-01 transfer S1 A>B Y", Reason.CONFLICT, "lots", "holds no Y"),
        ("2024-02-01 transfer S1 A>B X lots=L9", Reason.CONFLICT, "lots", "lot L9"),
        ("2024-02-01 transfer S1 A>B X lots=L1:11", Reason.CONFLICT, "lots", "10 held"),
        ("2024-02-01 donate S1 A X 11", Reason.CONFLICT, "quantity", "10 held"),
        ("2024-02-01 split S1 X 2:1 cash_in_lieu=A:5", Reason.CONFLICT, "cash_in_lieu", "none is left over"),
        (
            "2024-02-01 merger_stock S1 X>N 1:1 cash_per_share=2",
            Reason.MISSING,
            "fmv_new",
            "value of the new share",
        ),
        ("2024-02-01 transfer_in S1 A X 5", Reason.MISSING, "basis", "stays unknown"),
        ("2024-02-01 transfer_in S1 A X 5 basis=50", Reason.MISSING, "basis", "stays unknown"),
        ("2024-02-01 transfer_in S1 A X 5 acquired=2020-01-02", Reason.MISSING, "basis", "stays unknown"),
    ],
)
def test_what_cannot_be_used_is_a_failure_with_its_place(
    line: str, reason: Reason, field: str, word: str
) -> None:
    before = of("2024-01-02 buy L1 A X 10 100")
    after = fold(before, rows(line), household=HOME)
    (failure,) = after.failures
    assert (failure.reason, failure.table, failure.field) == (reason, "transactions", field)
    assert word in failure.message
    assert failure.remedy
    assert failure.row == line.split()[2]
    assert broken(after) == []
    if "transfer_in" not in line and " split " not in line:
        assert (after.lots, after.closed, after.postings) == (before.lots, before.closed, before.postings)


def test_failures_name_the_accounts_they_touch() -> None:
    after = of("2024-01-02 transfer T1 A>B X", "2024-01-02 sell S1 A X 1 5")
    assert [failure.accounts for failure in after.failures] == [("A", "B"), ("A",)]


def test_the_rest_goes_on() -> None:
    after = of("2024-01-02 sell S1 A X 1 5", "2024-01-03 buy L1 A X 1 4", "2024-01-04 sell S2 A X 1 9")
    assert [row.sale_id for row in after.closed] == ["S2"]
    assert len(after.failures) == 1


def test_an_entry_before_the_day_folded_to_is_refused() -> None:
    before = of("2024-01-02 buy L1 A X 10 100")
    after = fold(before, rows("2024-01-01 buy L2 A X 1 1"), household=HOME)
    assert after.failures[0].reason is Reason.CONFLICT
    assert "2024-01-02" in after.failures[0].message
    same_day = fold(before, rows("2024-01-02 buy L2 A X 1 1"), household=HOME)
    assert same_day.failures == ()


def test_unknown_basis_of_a_sale_is_reported_and_unknown_of_a_return_of_capital_too() -> None:
    after = of(
        "2024-01-02 transfer_in R1 A X 10",
        "2024-02-01 return_of_capital P1 A X per_share=1",
        "2024-03-01 sell S1 A X 4 500",
    )
    assert [(f.field, f.value) for f in after.failures] == [("basis", ""), ("basis", "R1"), ("basis", "R1")]
    (row,) = after.closed
    assert (row.basis, row.gain, row.term) == (None, None, None)
    assert after.lots[0].basis is None


def test_boot_on_an_unknown_basis_gives_an_unknown_gain() -> None:
    after = of(
        "2024-01-02 transfer_in R1 A X 10", "2024-02-01 merger_stock P1 X>N 1:1 cash_per_share=2 fmv_new=5"
    )
    (row,) = after.closed
    assert (row.proceeds, row.gain, row.term) == (Money.parse(20), None, None)
    assert after.lots[0].basis is None


def test_a_purchase_without_its_cost_has_an_unknown_basis_and_still_replaces() -> None:
    entries = rows("2023-01-02 buy L1 A X 10 1000", "2024-01-02 sell S1 A X 10 800")
    bought = Purchase(
        entry_id="L2",
        date=dt.date(2024, 1, 9),
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(10),
        amount=None,
    )
    after = fold(EMPTY, [*entries, bought], household=HOME)
    assert after.closed[0].disallowed == Money.parse(200)
    assert after.lots[0].basis is None
    assert after.lots[0].adjusted_acquired == dt.date(2023, 1, 9)
    (failure,) = after.failures
    assert (failure.reason, failure.field, failure.row, failure.accounts) == (
        Reason.MISSING,
        "basis",
        "L2",
        ("A",),
    )
    assert broken(after) == []


ALL = [case for path in sorted(CASES.glob("*.txt")) for case in read_cases(path)]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.title)
def test_two_folds_give_what_one_gives(case: Any) -> None:
    """Replay equals state: cut the entries anywhere, fold on from the ledger, and nothing differs."""
    entries = sorted((entry_of(row) for row in case.given["transactions"]), key=lambda entry: entry.date)
    household, rules = household_of(case.given), rules_of(case.policy)
    whole = fold(EMPTY, entries, household=household, rules=rules)
    for cut in range(len(entries) + 1):
        if cut and any(e.date == entries[cut - 1].date for e in entries[cut:]):
            continue  # the fills of one order stay together
        first = fold(EMPTY, entries[:cut], household=household, rules=rules)
        assert fold(first, entries[cut:], household=household, rules=rules) == whole, cut


@pytest.mark.parametrize("seed", range(60))
def test_entries_of_other_days_may_come_in_any_order(seed: int) -> None:
    case = random_case(seed)
    entries = [entry_of(row) for row in case["transactions"]]
    household = household_of(case)
    whole = fold(EMPTY, entries, household=household)
    days = sorted({entry.date for entry in entries})
    random.Random(seed).shuffle(days)
    shuffled = [entry for day in days for entry in entries if entry.date == day]
    assert fold(EMPTY, shuffled, household=household) == whole


@pytest.mark.parametrize("seed", range(60))
def test_households_that_do_not_see_each_other_fold_apart(seed: int) -> None:
    """Order independence where the law says so: with account scope every account is a ledger of its own."""
    case = random_case(seed)
    entries = [entry_of(row) for row in case["transactions"]]
    household, rules = household_of(case), WashRules(scope=Scope.ACCOUNT)
    whole = fold(EMPTY, entries, household=household, rules=rules)
    for account in household.accounts:
        mine = [entry for entry in entries if accounts_of(entry) == (account.account_id,)]
        alone = fold(EMPTY, mine, household=household, rules=rules)
        assert [replace(row) for row in whole.closed if row.account_id == account.account_id] == list(
            alone.closed
        )
        ours = [replace(lot, sequence=0) for lot in whole.lots if lot.account_id == account.account_id]
        assert ours == [replace(lot, sequence=0) for lot in alone.lots]


def test_the_fills_of_an_order_count_as_one_only_on_one_day() -> None:
    lines = ("2024-05-02 buy L1 A X 10 1000", "2024-05-10 buy L2 A X 10 950")
    one = of(*lines, "2024-05-20 sell S1 A X 10 800 order=Q", "2024-05-20 sell S2 A X 10 800 order=Q")
    two = of(*lines, "2024-05-20 sell S1 A X 10 800 order=Q", "2024-05-21 sell S2 A X 10 800 order=Q")
    assert [row.disallowed.text() for row in one.closed] == ["0", "0"]
    assert [row.disallowed.text() for row in two.closed] == ["200", "0"]


def test_an_order_named_like_another_sale_is_still_its_own() -> None:
    """Two orders: what the second sells was there to replace what the first sold."""
    after = fold(
        EMPTY,
        rows(
            "2024-05-02 buy L1 A X 10 1000",
            "2024-05-10 buy L2 A X 10 950",
            "2024-05-20 sell S1 A X 10 800 L1:10 order=S2",
            "2024-05-20 sell S2 A X 10 800 L2:10",
        ),
        household=HOME,
    )
    assert [row.disallowed for row in after.closed] == [Money.parse(200), Money(0)]


def test_an_order_with_one_bad_fill_keeps_the_good_one() -> None:
    after = of(
        "2024-05-02 buy L1 A X 10 1000",
        "2024-05-20 sell S1 Z X 5 800 order=Q",
        "2024-05-20 sell S2 A X 5 800 order=Q",
    )
    assert [row.sale_id for row in after.closed] == ["S2"]
    assert len(after.failures) == 1


def test_a_correction_counts_from_the_day_it_was_known() -> None:
    entries = tuple(rows("2024-01-02 buy L1 A X 10 100", "2024-03-01 sell S1 A X 10 150"))
    better = rows("2024-01-02 buy L1 A X 10 120")[0]
    corrections = (
        Correction("S1", dt.date(2024, 6, 3), None),
        Correction("L1", dt.date(2024, 5, 2), better),
    )

    def gain_as_known(day: str) -> list[str]:
        known = as_known(entries, corrections, dt.date.fromisoformat(day))
        return [row.gain.text() for row in fold(EMPTY, known, household=HOME).closed if row.gain is not None]

    assert gain_as_known("2024-05-01") == ["50"]
    assert gain_as_known("2024-05-02") == ["30"]
    assert gain_as_known("2024-06-03") == []


def test_the_later_of_two_corrections_stands() -> None:
    entries = tuple(rows("2024-01-02 buy L1 A X 10 100"))
    first, second = (rows(f"2024-01-02 buy L1 A X 10 {cost}")[0] for cost in (110, 120))
    corrections = (
        Correction("L1", dt.date(2024, 3, 2), second),
        Correction("L1", dt.date(2024, 2, 1), first),
    )
    assert as_known(entries, corrections, dt.date(2024, 12, 31)) == (second,)
    assert as_known(entries, corrections, dt.date(2024, 2, 15)) == (first,)
    with pytest.raises(AssertionError, match="never made: L9"):
        as_known(entries, (Correction("L9", dt.date(2024, 2, 1), None),), dt.date(2024, 12, 31))


def test_cash_and_shares_are_posted_with_both_legs() -> None:
    after = of(
        "2024-01-02 buy L1 A X 10 100",
        "2024-01-05 sell S1 A X 4 60",
        "2024-02-01 split P1 X 2:1",
        "2024-02-02 return_of_capital P2 A X per_share=1",
        "2024-02-03 transfer T1 A>B X",
    )
    got: dict[tuple[str, str], int] = {}
    for leg in after.postings:
        got[leg.account_id, leg.unit] = got.get((leg.account_id, leg.unit), 0) + leg.nano
    assert got == {
        ("A", "X"): 0,
        ("B", "X"): 12 * 10**9,
        ("", "X"): -12 * 10**9,
        ("A", ""): (-100 + 60 + 12) * 10**9,
        ("", ""): (100 - 60 - 12) * 10**9,
    }
    assert {leg.entry_id for leg in after.postings} == {"L1", "S1", "P1", "P2", "T1"}


def test_cash_moves_by_its_kind() -> None:
    entries = [
        entry_of(
            {"type": kind, "id": kind, "date": "2024-01-02", "account": "A", "symbol": "X", "amount": "7"}
        )
        for kind in (
            "dividend",
            "interest",
            "gain_distribution_short",
            "gain_distribution_long",
            "journal",
            "fee",
        )
    ]
    after = fold(EMPTY, entries, household=HOME)
    assert [leg.nano for leg in after.postings if leg.account_id == "A"] == [7 * 10**9] * 5 + [-7 * 10**9]


def test_types_of_entry_say_their_accounts() -> None:
    transfer = Transfer(
        entry_id="T", date=dt.date(2024, 1, 2), from_id="A", to_id="B", security_id="X", picks=(Pick("L"),)
    )
    assert accounts_of(transfer) == ("A", "B")
    sale = rows("2024-01-02 sell S1 A X 1 5")[0]
    assert isinstance(sale, Sale)
    assert accounts_of(sale) == ("A",)
    assert accounts_of(rows("2024-02-01 split S1 X 2:1")[0]) == ()


def test_the_ledger_remembers_how_far_it_is_folded_and_what_was_applied() -> None:
    after = of("2024-01-02 buy L1 A X 10 100", "2024-01-05 sell S1 A X 4 60")
    assert after.through == dt.date(2024, 1, 5)
    assert after.applied == {"L1", "S1"}
    assert after.sequence == 1


def test_a_new_symbol_is_known_to_lots_calls_and_waiting_losses() -> None:
    after = of(
        "2024-01-02 buy L1 A FB 10 100",
        "2024-01-02 buy L2 A Y 10 100",
        "2024-01-02 option_buy C1 A FBC 10 5 underlying=FB",
        "2024-02-05 sell S1 A FB 4 10",
        "2024-02-06 symbol_change P1 FB>META",
    )
    assert [(lot.lot_id, lot.security_id, lot.bought_as, lot.underlying_id) for lot in after.lots] == [
        ("C1", "FBC", "FBC", "META"),
        ("L1", "META", "META", ""),
        ("L2", "Y", "Y", ""),
    ]
    assert [(loss.security_id, loss.bought_as) for loss in after.pending] == [("META", "META")]
    assert after.names == (("FB", "META"),)


def test_an_entry_no_rule_knows_is_our_fault() -> None:
    with pytest.raises(AssertionError, match="no rule for Entry"):
        fold(EMPTY, [Entry(entry_id="E", date=dt.date(2024, 1, 2))], household=HOME)


def test_a_lot_too_small_for_a_reverse_split_is_gone_and_its_basis_counted() -> None:
    after = of("2024-01-02 buy L1 A X 0.000000009 7", "2024-02-01 split P1 X 1:10")
    assert after.lots == ()
    assert [(move.why, move.amount.text()) for move in after.moves] == [
        ("acquired", "7"),
        ("rounded_away", "7"),
    ]
    assert broken(after) == []
    unknown = of("2024-01-02 transfer_in R1 A X 0.000000009", "2024-02-01 split P1 X 1:10")
    assert (unknown.lots, unknown.moves) == ((), ())


def test_a_spin_off_too_small_for_a_child_leaves_the_parent_whole() -> None:
    after = of(
        "2024-01-02 buy L1 A X 0.000000009 7", "2024-02-01 spinoff P1 X>Y 1:10 child_basis_fraction=0.5"
    )
    assert [(lot.lot_id, lot.basis) for lot in after.lots] == [("L1", Money.parse(7))]


def test_shares_of_unknown_basis_leave_without_a_move_of_basis() -> None:
    after = of("2024-01-02 transfer_in R1 A X 5", "2024-02-01 donate D1 A X 2")
    assert after.moves == ()
    assert after.lots[0].quantity == Quantity.parse(3)
    assert broken(after) == []


def test_a_fraction_below_a_billionth_goes_to_the_later_lot() -> None:
    """Shares are counted over the account, so the total is right though a lot is not."""
    after = of("2024-01-02 buy L1 A X 1 7", "2024-01-03 buy L2 A X 1 7", "2024-02-01 split P1 X 1:3")
    assert [lot.quantity.text() for lot in after.lots] == ["0.333333333", "0.333333333"]
    three = of(
        "2024-01-02 buy L1 A X 1 7",
        "2024-01-03 buy L2 A X 1 7",
        "2024-01-04 buy L3 A X 1 7",
        "2024-02-01 split P1 X 1:3",
    )
    assert [lot.quantity.text() for lot in three.lots] == ["0.333333333", "0.333333333", "0.333333334"]


def test_gift_tax_needs_a_taxable_gift() -> None:
    line = "2024-01-02 gift_in G1 A X 1 donor_basis=100 donor_acquired=2020-01-02 fmv=200 gift_tax_paid=9"
    assert of(line).lots[0].basis == Money.parse(100)
    assert of(f"{line} taxable_gift=100").lots[0].basis == Money.parse(109)
    assert of(f"{line} taxable_gift=0.000000001").lots[0].basis == Money.parse(109)
    assert of(f"{line} taxable_gift=200").lots[0].basis == Money.parse("104.5")
