"""Shares and money conserve whatever happens, in whatever order; replaying the entries gives the same ledger."""

import datetime as dt
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from trimtab.core.amounts import NANO, Money, Price, Quantity
from trimtab.ledger import entries as e
from trimtab.ledger.fold import fold
from trimtab.ledger.laws import broken
from trimtab.ledger.lots import EMPTY, Ledger
from trimtab.ledger.relief import METHODS
from trimtab.ledger.state import Account, Household
from trimtab.ledger.wash import Scope, Tacking, WashRules

HOME = Household(
    (Account("A"), Account("B", owner="spouse"), Account("I", taxable=False), Account("C", owner="child")),
    identical_groups=(("X", "Y"),),
)
ACCOUNTS, SECURITIES = "ABIC", "XYZ"
RATIOS = [Fraction(2), Fraction(3, 2), Fraction(1, 3), Fraction(1, 10), Fraction(21, 20), Fraction(7, 5)]
KINDS = (
    ["buy"] * 6
    + ["sell"] * 6
    + [
        "split",
        "spin",
        "merge",
        "boot",
        "cash",
        "roc",
        "transfer",
        "gift",
        "inherit",
        "donate",
        "receive",
        "rename",
    ]
)


class Walk:
    """Draws entries that mostly make sense for a ledger, and some that do not."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.step, self.today = rng, 0, dt.date(2023, 1, 2)
        self.ledger: Ledger = EMPTY
        self.entries: list[e.Entry] = []
        self.rules = WashRules(
            rng.choice(list(Scope)),
            rng.choice([("self", "spouse"), ("self",), ("self", "spouse", "child")]),
            rng.random() < 0.3,
            rng.choice(list(Tacking)),
        )

    def go(self, kind: str) -> None:
        self.step += 1
        self.today += dt.timedelta(days=self.rng.choice([0, 0, 1, 5, 20, 31]))
        entry = self.entry(kind)
        self.entries.append(entry)
        self.ledger = fold(self.ledger, [entry], household=HOME, rules=self.rules)

    def quantity(self, most: int = 100 * NANO) -> Quantity:
        whole = self.rng.random() < 0.5 and most >= NANO
        return Quantity(
            self.rng.randint(1, most // NANO) * NANO if whole else self.rng.randint(1, max(most, 1))
        )

    def money(self) -> Money:
        return Money(self.rng.randint(0, 10**4) * self.rng.choice([NANO, NANO // 100, 1]))

    def entry(self, kind: str) -> e.Entry:  # noqa: C901 - one short branch a kind
        rng = self.rng
        named = {"entry_id": f"T{self.step:04d}", "date": self.today}
        security, account = rng.choice(SECURITIES), rng.choice(ACCOUNTS)
        held = [lot for lot in self.ledger.lots if rng.random() < 0.7]
        if held and kind in ("sell", "donate", "transfer", "roc"):
            lot = rng.choice(held)
            account, security = lot.account_id, lot.security_id
        mine = [lot for lot in self.ledger.lots if (lot.account_id, lot.security_id) == (account, security)]
        at = {**named, "account_id": account, "security_id": security}
        most = sum(lot.quantity.nano for lot in mine)
        cash = tuple(e.CashForFraction(a, self.money()) for a in ACCOUNTS if rng.random() < 0.3)
        match kind:
            case "buy":
                amount = None if rng.random() < 0.05 else self.money()
                return e.Purchase(**at, quantity=self.quantity(), amount=amount)
            case "sell":
                relief = e.Relief(rng.choice([m for m in METHODS if m != "SPEC"]))
                quantity = self.quantity(most)
                if mine and rng.random() < 0.3:
                    lot = rng.choice(mine)
                    quantity = self.quantity(lot.quantity.nano)
                    relief = e.Relief("SPEC", (e.Pick(lot.lot_id, quantity),))
                return e.Sale(**at, quantity=quantity, amount=self.money(), relief=relief)
            case "split":
                return e.Split(**named, security_id=security, ratio=rng.choice(RATIOS), cash=cash)
            case "spin":
                child = rng.choice("ZW")
                return e.SpinOff(
                    **named,
                    security_id=security,
                    child_id=child if child != security else "W",
                    ratio=rng.choice(RATIOS),
                    basis_fraction=Fraction(rng.randint(0, 7), 7),
                    cash=cash,
                )
            case "merge" | "boot":
                boot = Price(rng.randint(1, 10**10)) if kind == "boot" else Price(0)
                return e.StockMerger(
                    **named,
                    security_id=security,
                    new_security_id=rng.choice([s for s in "XYZ" if s != security]),
                    ratio=rng.choice(RATIOS),
                    cash_per_share=boot,
                    new_price=Price(rng.randint(0, 10**11)),
                    cash=cash,
                )
            case "cash":
                return e.CashMerger(
                    **named, security_id=security, cash_per_share=Price(rng.randint(0, 10**11))
                )
            case "roc":
                return e.ReturnOfCapital(**at, per_share=Price(rng.randint(0, 10**10)))
            case "transfer":
                return e.Transfer(**named, from_id=account, to_id=rng.choice(ACCOUNTS), security_id=security)
            case "gift":
                return e.Gift(
                    **at,
                    quantity=self.quantity(),
                    donor_basis=self.money(),
                    donor_acquired=dt.date(2020, 1, 2),
                    value=self.money(),
                    gift_tax=self.money(),
                    taxable_gift=self.money(),
                )
            case "inherit":
                return e.Inheritance(**at, quantity=self.quantity(), value=self.money())
            case "donate":
                return e.Removal(**at, quantity=self.quantity(most), relief=e.Relief("HIFO"))
            case "receive":
                known = rng.random() < 0.5
                return e.Receipt(**at, quantity=self.quantity(), basis=self.money() if known else None)
            case _:
                return e.SymbolChange(**named, security_id=security, new_security_id=rng.choice("XYZ"))


def walk_on(seed: int, steps: int = 50) -> None:
    """Take random steps; no law may break after any of them, and replaying them must give the same ledger."""
    walk = Walk(random.Random(seed))
    for _ in range(steps):
        walk.go(walk.rng.choice(KINDS))
        assert broken(walk.ledger) == [], (seed, walk.entries[-1])
    again = fold(EMPTY, walk.entries, household=HOME, rules=walk.rules)
    assert again == walk.ledger, seed


@pytest.mark.parametrize("part", range(8))
def test_twenty_thousand_steps_break_no_law(part: int) -> None:
    for seed in range(part, 400, 8):
        walk_on(seed)


class Life(RuleBasedStateMachine):
    """The same walk with Hypothesis choosing the steps, so that a broken law is shrunk to its shortest story."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.walk = Walk(random.Random(seed))

    @rule(kind=st.sampled_from(KINDS))
    def happen(self, kind: str) -> None:
        self.walk.go(kind)

    @rule(cost=st.integers(0, 10**15), shares=st.integers(1, 10**12), part=st.integers(1, 10**12))
    def buy_and_sell_a_part(self, cost: int, shares: int, part: int) -> None:
        walk = self.walk
        walk.go("buy")
        bought = replace(
            walk.entries[-1],
            entry_id=f"H{walk.step}",
            quantity=Quantity(shares),
            amount=Money(cost),
        )
        walk.entries.append(bought)
        walk.ledger = fold(walk.ledger, [bought], household=HOME, rules=walk.rules)
        assert isinstance(bought, e.Purchase)
        sold = e.Sale(
            entry_id=f"S{walk.step}",
            date=walk.today,
            account_id=bought.account_id,
            security_id=bought.security_id,
            quantity=Quantity(min(part, shares)),
            amount=Money(cost),
            relief=e.Relief("SPEC", (e.Pick(bought.entry_id, Quantity(min(part, shares))),)),
        )
        walk.entries.append(sold)
        walk.ledger = fold(walk.ledger, [sold], household=HOME, rules=walk.rules)

    @invariant()
    def nothing_appears_or_vanishes(self) -> None:
        if hasattr(self, "walk"):
            assert broken(self.walk.ledger) == []

    def teardown(self) -> None:
        if hasattr(self, "walk"):
            again = fold(EMPTY, self.walk.entries, household=HOME, rules=self.walk.rules)
            assert again == self.walk.ledger


Life.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLife = Life.TestCase
