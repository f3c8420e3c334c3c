"""The checker's door: tables in and tables out go in, violations in words come out."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

import polars as pl
from tests.checker.account import Account, World, read_world
from tests.checker.amounts import check_amounts
from tests.checker.budgets import check_budgets
from tests.checker.forced import check_forced
from tests.checker.limits import WINDOW, check_limits
from tests.checker.relief import average_costs, check_relief
from tests.checker.standing import check_standing


def check_run(tables: dict[str, pl.DataFrame], out: dict[str, pl.DataFrame], as_of: dt.date) -> list[str]:
    """Every violation of a run, one sentence each, `ACCOUNT: what is wrong`."""
    world = read_world(tables, out, as_of)
    for account in world.accounts.values():
        average_costs(world, account)
    _facts(world)
    found = list(_enrolment(world))
    for account in world.accounts.values():
        for check in (
            check_amounts,
            check_limits,
            check_standing,
            check_forced,
            check_relief,
            _settings(world),
        ):
            found += [f"{account.id}: {words}" for words in check(world, account)]
    beyond = (*_across(world), *check_budgets(world))
    return found + [f"{name}: {words}" for name, words in beyond]


def _enrolment(world: World) -> Iterator[str]:
    """One evaluation per enrolled account."""
    accounts = world.tables["accounts"]
    enrolled = accounts.filter(pl.col("status").fill_null("open") != "closed")["account_id"].to_list()
    rows = world.out["evaluations"]["account_id"].to_list()
    for name in sorted({name for name in rows if rows.count(name) > 1}):
        yield f"{name}: evaluated more than once"
    for name in sorted(set(enrolled) - set(rows)):
        yield f"{name}: not evaluated"
    closed = set(accounts["account_id"]) - set(enrolled)
    for name in sorted(closed & set(rows)):
        yield f"{name}: evaluated though closed"
    for table, frame in world.out.items():
        if "account_id" in frame.columns:
            for name in sorted(set(frame["account_id"]) - set(rows)):
                yield f"{name}: a row of {table} though not enrolled"


def _facts(world: World) -> None:
    """What limits read across accounts: scopes, loss sales, recent and scheduled purchases, breaks, open orders."""
    world.positions, world.ordered = defaultdict(list), defaultdict(set)
    for row in world.tables["positions"].to_dicts():
        world.positions[row["account_id"]].append(row)
    for row in world.tables["open_orders"].to_dicts():
        world.ordered[row["account_id"]].add(row["security_id"])
    scope = {account.id: _scope(account) for account in world.accounts.values()}
    for account in world.accounts.values():
        account.scope = scope[account.id]
        account.bounded = bool(account.model and world.models.tree(account.model).bounds)
    own = {row["account_id"]: row for row in world.tables["accounts"].to_dicts()}
    world.recent, world.scheduled = defaultdict(list), defaultdict(list)
    world.loss_sales = _loss_sales(world, scope, own)
    origins = _origins(world)
    wide = [(account.scope, account) for account in world.accounts.values()]
    for lot in world.tables["lots"].drop_nulls("acquired").to_dicts():
        bought = origins.get((lot["account_id"], lot["lot_id"]), "buy") in ("buy", "reinvest", "option_buy")
        if lot["acquired"] >= world.as_of - WINDOW and bought:
            for place in {place for place, account in wide if _sees(account, own.get(lot["account_id"]))}:
                world.recent[place].append(lot)
    for row in world.tables["scheduled_buys"].to_dicts():
        if world.as_of < row["date"] <= world.as_of + WINDOW:
            for place in {place for place, account in wide if _sees(account, own.get(row["account_id"]))}:
                world.scheduled[place].append(row)


def _origins(world: World) -> dict[tuple[str, str], str]:
    """How each lot came, where the transactions say so."""
    rows = world.tables["transactions"].filter(pl.col("kind") != "sell").drop_nulls("lot_id").to_dicts()
    return {(row["account_id"], row["lot_id"]): row["kind"] for row in rows}


def _scope(account: Account) -> str:
    kind = account.settings["wash_scope"]
    household, payer = account.row["household_id"], account.row["taxpayer_id"]
    owners = account.settings["wash_owners"].split(";")
    if kind == "household" and household:
        if "spouse" in owners:
            return f"household:{household}"
        return "/".join(["owners", household, payer or "", *sorted(set(owners) - {"self"})])
    if kind in ("household", "taxpayer") and payer:
        return f"taxpayer:{payer}"
    return f"account:{account.id}"


def _sees(account: Account, other: dict | None) -> bool:
    if other is None:
        return False
    if account.scope.startswith("owners/"):
        _, household, *payers = account.scope.split("/")
        return other["household_id"] == household and other["taxpayer_id"] in (None, *payers)
    kind, _, name = account.scope.partition(":")
    return other.get(f"{kind}_id") == name


def _loss_sales(world: World, scope: dict[str, str], own: dict[str, dict]) -> dict[str, list[dict]]:
    """Sales at a loss of the last thirty days that no later purchase has replaced yet, by scope that sees them."""
    out: dict[str, list[dict]] = defaultdict(list)
    moves = (
        world.tables["transactions"]
        .filter(pl.col("date") >= world.as_of - 2 * WINDOW)
        .sort("date")
        .to_dicts()
    )
    for row in moves:
        lost = row["kind"] == "sell" and row["gain"] is not None and row["gain"] < 0
        if not lost or own[row["account_id"]]["tax_type"] != "taxable" or row["account_id"] not in scope:
            continue
        group, seller = world.group(row["security_id"]), world.accounts[row["account_id"]]
        bought = [
            move["quantity"] or Decimal(0)
            for move in moves
            if move["kind"] in ("buy", "reinvest")
            and abs((move["date"] - row["date"]).days) <= 30
            and world.group(move["security_id"] or "") == group
            and _sees(seller, own.get(move["account_id"]))
            and move["lot_id"] != row["lot_id"]
        ]
        entry = {**row, "open": row["quantity"] - sum(bought, Decimal(0))}
        for account in world.accounts.values():
            if _sees(seller, account.row) and entry not in out[account.scope]:
                out[account.scope].append(entry)
    return out


def _settings(world: World):
    """A simple check of provenance: an account's own unlocked rows are in its settings."""
    since = pl.col("since").is_null() | (pl.col("since") <= world.as_of)
    until = pl.col("until").is_null() | (pl.col("until") >= world.as_of)
    rows = world.tables["policies"].filter(since & until).to_dicts()
    locked = {row["key"] for row in rows if row["locked"]}
    own = defaultdict(list)
    for row in rows:
        if row["scope"] == "account" and row["key"] not in locked:
            own[row["scope_id"]].append(row)

    def check(_: World, account: Account) -> Iterator[str]:
        for row in own[account.id]:
            said = account.settings[row["key"]]
            same = said == row["value"] or _number(said) == _number(row["value"])
            if not same:
                yield f"its own {row['key']} is {row['value']} but {said} holds"

    return check


def _number(text: str) -> object:
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def _across(world: World) -> Iterator[tuple[str, str]]:
    """Sales at a loss in one account and buys of the group in another of its scope, in the same run."""
    buys: dict[str, set[str]] = defaultdict(set)
    for account in world.accounts.values():
        for trade in account.trades:
            if trade["side"] == "buy":
                buys[account.id].add(world.group(trade["security_id"]))
    for account in world.accounts.values():
        lost = {
            world.group(s["security_id"]) for s in account.sales if s["gain"] is not None and s["gain"] < 0
        }
        if not lost or not account.taxed:
            continue
        for other in world.accounts.values():
            if other is not account and _sees(account, other.row) and lost & buys[other.id]:
                yield account.id, f"sold at a loss while {other.id} buys {sorted(lost & buys[other.id])}"
