"""Checks of the order in which lots leave, where `lot_relief` fixes one; read again from the contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.checker.account import D0, Account, World
from tests.checker.tax import first_long_day

FUNDS = ("etf", "mutual_fund")
LATE = 10**9


def average_costs(world: World, account: Account) -> None:
    """Give lots of funds the average cost of their position where the account elects it; unknown where one is."""
    if account.settings["lot_relief"] != "average":
        return
    spent: dict[str, Decimal | None] = defaultdict(Decimal)
    shares: dict[str, Decimal] = defaultdict(Decimal)
    for lot in account.lots:
        name, cost = lot["security_id"], lot["unit_cost"]
        before = spent[name]
        spent[name] = None if cost is None or before is None else before + lot["quantity"] * cost
        shares[name] += lot["quantity"]
    for place, lot in enumerate(account.lots):
        name = lot["security_id"]
        if world.securities[name]["kind"] in FUNDS:
            total = spent[name]
            mean = None if total is None else (total / shares[name]).quantize(Decimal("1e-9"))
            account.lots[place] = {**lot, "unit_cost": mean}


def check_relief(world: World, account: Account) -> Iterator[str]:
    """No lot is sold before all that leave ahead of it are gone."""
    if account.settings["lot_relief"] == "least_tax":
        return
    sold = {(sale["security_id"], sale["lot_id"]): sale["quantity"] for sale in account.sales}
    for name in sorted({security for security, _ in sold}):
        open_before = None
        for lot in ordered(world, account, name):
            taken = sold.get((name, lot["lot_id"]), D0)
            if taken > 0 and open_before is not None:
                yield f"{name}: lot {lot['lot_id']} is sold before {open_before}, which leaves first"
            if taken < lot["quantity"] and open_before is None:
                open_before = lot["lot_id"]


def ordered(world: World, account: Account, security: str) -> list[dict]:
    """A position's lots as its account's method sells them."""
    said, price = account.settings["lot_relief"], world.securities[security]["unit_value"]
    factor, clean = world.securities[security]["price_factor"], world.securities[security]["accrued"] or D0

    def day(lot: dict, column: str) -> int:
        date = lot[column] or (lot["acquired"] if column == "adjusted_acquired" else None)
        return LATE if date is None else date.toordinal()

    def key(lot: dict) -> tuple:
        bought = (day(lot, "acquired"), day(lot, "adjusted_acquired"), lot["lot_id"])
        if said == "hifo":
            return (lot["unit_cost"] is None, -(lot["unit_cost"] or D0), *bought)
        if said == "mintax":
            if lot["unit_cost"] is None:
                return (9, D0, *bought)
            gain = price - clean - lot["unit_cost"] * factor
            since = lot["adjusted_acquired"] or lot["acquired"]
            long = since is not None and first_long_day(since) <= world.as_of
            kinds = {-1: (0, 1), 0: (2, 3), 1: (5, 4)}
            return (kinds[(gain > 0) - (gain < 0)][long], gain, *bought)
        return bought

    lots = sorted((lot for lot in account.lots if lot["security_id"] == security), key=key)
    if said == "lifo":
        lots.sort(key=lambda lot: lot["lot_id"], reverse=True)
        lots.sort(key=lambda lot: -day(lot, "acquired") if lot["acquired"] else LATE)
    return lots
