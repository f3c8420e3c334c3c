"""Each law speaks when its ledger is broken, and only then."""

import datetime as dt
from dataclasses import replace

import pytest

from trimtab.core.amounts import Money, Quantity
from trimtab.ledger import laws
from trimtab.ledger.entries import Purchase, Sale
from trimtab.ledger.fold import fold
from trimtab.ledger.lots import EMPTY, Ledger
from trimtab.ledger.relief import DEFAULT_RELIEF
from trimtab.ledger.state import Account, Household


def ledger() -> Ledger:
    buy = Purchase(
        entry_id="L1",
        date=dt.date(2024, 1, 2),
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(10),
        amount=Money.parse(100),
    )
    sell = Sale(
        entry_id="S1",
        date=dt.date(2024, 3, 1),
        account_id="A",
        security_id="X",
        quantity=Quantity.parse(8),
        amount=Money.parse(40),
    )
    again = replace(
        buy, entry_id="L2", date=dt.date(2024, 3, 8), quantity=Quantity.parse(4), amount=Money.parse(22)
    )
    return fold(
        EMPTY, [buy, sell, again], household=Household((Account("A"),), default_relief=DEFAULT_RELIEF)
    )


def test_a_sound_ledger_breaks_nothing() -> None:
    assert laws.broken(ledger()) == []
    assert laws.broken(EMPTY) == []


def test_the_fixture_has_all_the_laws_look_at() -> None:
    sound = ledger()
    assert sound.pending
    assert sound.closed[0].disallowed
    assert len(sound.lots) == 2


CENT = Money.parse("0.01")


@pytest.mark.parametrize(
    ("law", "word", "spoil"),
    [
        ("legs_balance", "entry L1: X is off by", lambda s: replace(s, postings=s.postings[1:])),
        ("legs_balance", "cash is off", lambda s: replace(s, postings=s.postings[:3])),
        ("lots_are_positions", "A X: lots are off by", lambda s: replace(s, lots=s.lots[1:])),
        ("basis_conserves", "off by -10000000", lambda s: spoil_lot(s, CENT)),
        ("basis_conserves", "off by 10000000", lambda s: spoil_lot(s, -CENT)),
        ("basis_conserves", "basis is off", lambda s: replace(s, moves=s.moves[1:])),
        (
            "disallowed_goes_somewhere",
            "sale S1 lot L1: 41",
            lambda s: spoil_row(s, disallowed=Money.parse(41)),
        ),
        ("disallowed_goes_somewhere", "went nowhere", lambda s: spoil_row(s, disallowed=Money.parse(19))),
        ("disallowed_goes_somewhere", "20 disallowed", lambda s: spoil_row(s, permanent=Money.parse(21))),
        ("disallowed_goes_somewhere", "20 disallowed", lambda s: spoil_row(s, permanent=Money.parse(-1))),
        (
            "losses_wait_within_their_rows",
            "sale S1 lot L1: 20 waits",
            lambda s: spoil_row(s, disallowed=Money.parse(19)),
        ),
    ],
)
def test_a_broken_law_speaks(law: str, word: str, spoil) -> None:  # type: ignore[no-untyped-def]
    words = laws.broken(spoil(ledger()))
    assert any(said.startswith(f"{law}: ") and word in said for said in words), words


def spoil_lot(sound: Ledger, by: Money) -> Ledger:
    first = sound.lots[0]
    assert first.basis is not None
    return replace(sound, lots=(replace(first, basis=first.basis + by), *sound.lots[1:]))


def spoil_row(sound: Ledger, **change: Money) -> Ledger:
    return replace(sound, closed=(replace(sound.closed[0], **change), *sound.closed[1:]))
