"""Checks of forced losses: what was asked for is realized or missed by name, and protected losses are not undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.checker.account import D0, Account, World
from tests.checker.relief import ordered

CENT = Decimal("0.02")


def check_forced(world: World, account: Account) -> Iterator[str]:
    """`force_loss` and `force_loss_protect` of a taxed account."""
    if account.settings["force_loss"] == "none" or not account.taxed:
        return
    said = account.settings["force_loss_protect"]
    protected = said != "none" and said >= world.as_of.isoformat()
    wanted = _wanted(world, account, protected=protected)
    lost = -sum((s["gain"] for s in account.sales if s["gain"] is not None and s["gain"] < 0), D0)
    won = sum((s["gain"] for s in account.sales if s["gain"] is not None and s["gain"] > 0), D0)
    missing = wanted + (won if protected else D0) - lost
    told = [
        row["shortfall"]
        for row in world.out["conflicts"].to_dicts()
        if row["account_id"] == account.id and row["limit"] == "force_loss"
    ]
    if missing > CENT and not (told and abs(Decimal(str(told[0])) - missing) <= CENT):
        yield f"{missing:.2f} of the losses asked for are missing, told: {told}"
    if missing <= 0 and told:
        yield f"{told} of losses are told missing though all are there"
    if not account.proposes:
        return
    there = _there(world, account)
    if lost < min(wanted, there) - CENT and not account.flagged("conflict"):
        yield f"losses of {lost:.2f} though {wanted:.2f} are asked for and {there:.2f} are free"
    if protected and won - lost > CENT and not account.flagged("conflict"):
        yield f"net gains of {won - lost:.2f} though losses are protected"


def _wanted(world: World, account: Account, *, protected: bool) -> Decimal:
    asked, year = Decimal(account.settings["force_loss"]), account.year
    sales = [
        row
        for row in world.tables["transactions"].to_dicts()
        if row["account_id"] == account.id
        and row["gain"] is not None
        and row["date"].year == world.as_of.year
        and row["date"] <= world.as_of
    ]
    losing = [row for row in sales if row["gain"] < 0]
    netted = Decimal(str(round(max(-year.own_short, 0.0) + max(-year.own_long, 0.0), 2)))
    had = max(-sum((row["gain"] for row in losing), D0), netted)
    more = max(asked - had, D0)
    if not protected:
        return more
    kept = min(had, asked)
    if not losing:
        return more + max(-had + kept, D0) if not sales else more + kept
    begun = min(row["date"] for row in losing)
    return more + max(sum((row["gain"] for row in sales if row["date"] >= begun), D0) + kept, D0)


def _stands_behind(world: World, account: Account, lot: dict) -> bool:
    """Whether the account's method sells something of the position before this lot that is no loss to speak of."""
    if account.settings["lot_relief"] == "least_tax":
        return False
    security = world.securities[lot["security_id"]]
    clean = security["unit_value"] - (security["accrued"] or D0)
    for other in ordered(world, account, lot["security_id"]):
        if other["lot_id"] == lot["lot_id"]:
            return False
        cost = other["unit_cost"]
        loss = D0 if cost is None else other["quantity"] * (cost * security["price_factor"] - clean)
        if loss < Decimal(account.settings["harvest_min_loss"]):
            return True
    return False


def _there(world: World, account: Account) -> Decimal:
    """Losses of lots that nothing at all stands in the way of."""
    hindered = {rule["selector"] for rule in account.rules}
    bought = {world.group(lot["security_id"]) for lot in world.recent.get(account.scope, [])}
    bought |= {world.group(row["security_id"]) for row in world.scheduled.get(account.scope, [])}
    total: dict[str, Decimal] = defaultdict(Decimal)
    for lot in account.lots:
        name = lot["security_id"]
        security = world.securities[name]
        if any(world.rules.speaks(selector, name) for selector in hindered) or world.group(name) in bought:
            continue
        if security["price"] is None or security["illiquid"] or name in world.ordered.get(account.id, set()):
            continue
        stale = security["price_date"] is not None and (world.as_of - security["price_date"]).days > 5
        if stale or any(row["security_id"] == name for row in world.positions.get(account.id, [])):
            continue
        if lot["unit_cost"] is None or name in account.excluded or _stands_behind(world, account, lot):
            continue
        clean = security["unit_value"] - (security["accrued"] or D0)
        loss = lot["quantity"] * (lot["unit_cost"] * security["price_factor"] - clean)
        if loss >= Decimal(account.settings["harvest_min_loss"]):
            total[name] += loss
    return sum(total.values(), D0)
