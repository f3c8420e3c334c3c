"""Checks of budgets: what all accounts that share one use of it together, as much of the year as is released."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.checker.account import Account, World


def check_budgets(world: World) -> Iterator[tuple[str, str]]:
    """(account, violation) of every shared or lonely budget."""
    for members in sharers(world).values():
        if any(sale["gain"] is None for one in members for sale in one.sales):
            continue
        used, before = _used(members, today=True), _used(members, today=False)
        for one in members:
            said = one.evaluation["budget_used"]
            if said is not None and abs(float(said) - used) > 0.02:
                yield one.id, f"budget_used {said} but recomputed {used:.2f}"
        told = sum(_named(one, "tax_budget") for one in members)
        budget = _dollars(world, members, "budget_tax")
        if budget is None:
            budget = sum(_fraction(world, one) for one in members)
        if used > max(budget, before) + told + 0.02:
            yield members[0].id, f"tax due of {used:.2f} exceeds the budget of {budget:.2f}, told: {told:.2f}"
        if any(_named(one, "gain_budget") for one in members):
            continue
        gains = _dollars(world, members, "budget_gain")
        earlier = sum(one.year.own_short + one.year.own_long for one in members)
        net = earlier + sum(sum(_gains(one)) for one in members)
        if gains is not None and net > max(gains, earlier, 0.0) + 0.02:
            yield members[0].id, f"net gains of {net:.2f} exceed the budget of {gains:.2f}"


def _named(account: Account, limit: str) -> float:
    """By how much a limit is said to be passed."""
    return sum(row["shortfall"] or 0.0 for row in account.conflicts if row["limit"] == limit)


def sharers(world: World) -> dict[str, list[Account]]:
    """Taxed accounts by the budget they share, as `budget_scope` says."""
    found: dict[str, list[Account]] = defaultdict(list)
    for account in world.accounts.values():
        if account.taxed and account.evaluation["decision"] != "error":
            scope = account.settings["budget_scope"]
            owner = account.row.get(f"{scope}_id") if scope != "account" else None
            found[f"{scope}:{owner}" if owner else f"account:{account.id}"].append(account)
    return found


def _gains(account: Account) -> tuple[float, float]:
    short, long = (
        sum(
            float(sale["gain"] + sale["disallowed"])
            for sale in account.sales
            if sale["term"] == term and sale["gain"] is not None
        )
        for term in "SL"
    )
    return short, long


def _used(members: list[Account], *, today: bool) -> float:
    """Tax due for what the members realized this year (and propose), taxpayer by taxpayer."""
    by_payer: dict[tuple, list[Account]] = defaultdict(list)
    for one in members:
        by_payer[one.row["taxpayer_id"] or one.id,].append(one)
    total = 0.0
    for accounts in by_payer.values():
        year = accounts[0].year
        whole = (year.others_short + year.own_short, year.others_long + year.own_long)
        ours = (sum(a.year.own_short for a in accounts), sum(a.year.own_long for a in accounts))
        gains = [sum(_gains(a)[term] for a in accounts) if today else 0.0 for term in (0, 1)]
        after = year.owed(whole[0] + gains[0], whole[1] + gains[1])
        total += max(after - year.owed(whole[0] - ours[0], whole[1] - ours[1]), 0.0)
    return total


def _dollars(world: World, members: list[Account], key: str) -> float | None:
    """The least budget in dollars that anybody who shares says, as much as is released; a plan's goes first."""
    said = []
    for one in members:
        plan = world.plans.get(one.id, {})
        amount = one.number(key) if plan.get(key) is None else float(plan[key])
        if amount is not None:
            said.append(int(round(amount * 100) * _released(world, one) + 1e-6) / 100)
    return min(said, default=None)


def _fraction(world: World, account: Account) -> float:
    plan = world.plans.get(account.id, {})
    if plan.get("budget_gain") is not None or plan.get("point"):
        return float(
            "inf"
        )  # a plan in gains alone has no budget of tax; that of a point is not recomputed here
    share = account.number("budget_tax_fraction") or 0.0
    return share * _released(world, account) * max(float(account.value or 0), 0.0)


def _released(world: World, account: Account) -> float:
    month = world.as_of.month
    parts = {"month": month / 12, "quarter": -(-month // 3) / 4}
    return parts.get(account.settings["budget_prorate"], 1.0)
