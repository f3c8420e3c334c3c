"""The indices of the working state: what the wash rule looks at, and that new names do not hide anything from it."""

import datetime as dt

from tests.unit.ledger.test_fold import rows
from tests.unit.ledger.test_wash import HOME

from trimtab.core.amounts import Money
from trimtab.ledger.entries import Entry, SymbolChange
from trimtab.ledger.fold import fold
from trimtab.ledger.lots import EMPTY, Ledger
from trimtab.ledger.state import State

TAKEN = SymbolChange(
    entry_id="N1", date=dt.date(2024, 5, 21), security_id="OLD", new_security_id="NEW"
)  # NEW is in use already: from now on both are one group, named after OLD


def of(entries: list[Entry], opening: Ledger = EMPTY) -> Ledger:
    return fold(opening, entries, household=HOME)


def test_a_loss_that_waits_is_found_after_its_security_joins_another_group() -> None:
    before = rows("2023-01-03 buy L1 A NEW 40 4000", "2024-05-20 sell S1 A NEW 40 3600")
    after = rows("2024-05-22 buy L2 A NEW 40 3000")
    assert [row.disallowed.text() for row in of([*before, TAKEN, *after]).closed] == ["400"]
    assert of(after, of([*before, TAKEN])) == of([*before, TAKEN, *after])


def test_shares_bought_before_are_found_after_their_security_joins_another_group() -> None:
    entries = [
        *rows("2023-01-03 buy L1 A OLD 10 1000", "2024-05-10 buy L2 B NEW 10 1000"),
        TAKEN,
        *rows("2024-05-22 sell S1 A NEW 10 900"),
    ]
    assert [row.disallowed.text() for row in of(entries).closed] == ["100"]


def test_only_the_identical_group_is_looked_at_however_much_is_held() -> None:
    buys = [f"2024-05-01 buy L{n} A S{n} 1 10" for n in range(50)]
    ledger = of(rows(*buys, "2024-05-01 buy X1 A X 1 10", "2024-05-01 buy Y1 A Y 1 10"))
    state = State.of(ledger, HOME)
    assert [shelf[0].lot_id for shelf in state.family_shelves("A", "X")] == ["X1", "Y1"]
    assert [shelf[0].lot_id for shelf in state.family_shelves("A", "S7")] == ["L7"]
    assert list(state.family_shelves("B", "S7")) == []


def test_only_losses_of_the_identical_group_wait_for_a_purchase() -> None:
    sold = [
        line
        for name in ("S1", "X", "Y")
        for line in (f"2024-01-02 buy L{name} A {name} 1 10", f"2024-05-01 sell S{name} A {name} 1 9")
    ]
    state = State.of(of(rows(*sorted(sold))), HOME)
    bought = of(rows("2024-05-02 buy B1 A X 1 10")).lots[0]
    waiting = state.waiting_for(bought)
    assert [loss.security_id for loss in waiting] == ["X", "Y"]
    state.settle(waiting[0])
    assert [loss.security_id for loss in state.waiting_for(bought)] == ["Y"]
    assert [loss.loss for loss in state.frozen().pending] == [Money.parse(1), Money.parse(1)]
