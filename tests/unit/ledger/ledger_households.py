"""Random households and the frames of their ledgers, for the tests of the ledger."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl

from trimtab.core.amounts import Price
from trimtab.ledger.columns import MONEY
from trimtab.ledger.entries import Entry
from trimtab.ledger.frames import lots_frame, transactions_frame
from trimtab.ledger.lots import Ledger, Lot
from trimtab.ledger.outlook import ScheduledBuy
from trimtab.ledger.shard import Shard
from trimtab.ledger.state import Household
from trimtab.ledger.wash import Scope, WashRules, in_scope

START = dt.date(2024, 1, 1)


def random_case(
    seed: int,
    *,
    methods: Sequence[str] = ("FIFO", "LIFO", "HIFO", "SPEC"),
    steps: int = 24,
    splits: bool = False,
) -> dict[str, Any]:
    """A household of a few accounts trading a few securities within some months; whole shares, whole dollars.

    With several methods the generator loses track of which lot is left after a sale by cost, so those who need every
    sale to succeed leave HIFO out or SPEC out.
    """
    rng = random.Random(seed)
    kinds = [
        ("taxable", "self"),
        ("taxable", "self"),
        ("taxable", "spouse"),
        ("ira", "self"),
        ("taxable", "child"),
    ]
    accounts = [
        {"id": f"A{i}", "type": kind, "owner": owner}
        for i, (kind, owner) in enumerate(kinds)
        if i == 0 or rng.random() < 0.6
    ]
    symbols = ["X", "Y", "Z"][: rng.randint(1, 3)]
    held: dict[tuple[str, str], list[list[Any]]] = {}
    day, rows = START, []
    for step in range(rng.randint(4, steps)):
        day += dt.timedelta(days=rng.choice([0, 0, 1, 3, 7, 12, 20, 29, 30, 31, 45]))
        account, symbol = rng.choice(accounts)["id"], rng.choice(symbols)
        shelf = held.setdefault((account, symbol), [])
        name = f"T{step:03d}"
        if splits and shelf and rng.random() < 0.08:
            rows.append(
                {
                    "id": name,
                    "type": "split",
                    "date": day.isoformat(),
                    "symbol": symbol,
                    "new": "2",
                    "old": "1",
                }
            )
            for (_, other), lots in held.items():
                if other == symbol:
                    lots[:] = [[lot, 2 * qty] for lot, qty in lots]
            continue
        base = {"id": name, "date": day.isoformat(), "account": account, "symbol": symbol}
        if shelf and rng.random() < 0.5:
            method = rng.choice(list(methods))
            total = sum(lot[1] for lot in shelf)
            qty = rng.randint(1, total)
            relief: dict[str, Any] = {"method": method}
            if method == "SPEC":
                order = rng.sample(shelf, len(shelf))
                left, picks = qty, []
                for lot in order:
                    take = min(left, lot[1])
                    if take:
                        picks.append({"lot": lot[0], "qty": str(take)})
                    left -= take
                relief["lots"] = picks
            rows.append(
                {
                    **base,
                    "type": "sell",
                    "qty": str(qty),
                    "amount": str(qty * rng.randint(5, 15)),
                    "relief": relief,
                }
            )
            _leave(shelf, qty, relief, method)
        else:
            qty = rng.randint(1, 9)
            row = {**base, "type": "buy", "qty": str(qty), "amount": str(qty * rng.randint(5, 15))}
            if rows and rng.random() < 0.15 and rows[-1]["type"] == "buy" and rows[-1]["date"] == row["date"]:
                row.update(account=rows[-1]["account"], symbol=rows[-1]["symbol"])
                row["order"] = rows[-1].setdefault("order", f"O{step}")
                shelf = held.setdefault((row["account"], row["symbol"]), [])
            rows.append(row)
            shelf.append([name, qty])
    groups = [["X", "Y"]] if len(symbols) > 1 and rng.random() < 0.4 else []
    return {"accounts": accounts, "default_relief": "FIFO", "identical_groups": groups, "transactions": rows}


def _leave(shelf: list[list[Any]], qty: int, relief: dict[str, Any], method: str) -> None:
    """Keep the generator's own count of lots; for HIFO only the total matters, so lots are renamed unknown."""
    if method == "SPEC":
        for pick in relief["lots"]:
            for lot in shelf:
                if lot[0] == pick["lot"]:
                    lot[1] -= int(pick["qty"])
    else:
        order = shelf if method == "FIFO" else shelf[::-1]
        for lot in order:
            take = min(lot[1], qty)
            lot[1] -= take
            qty -= take
    shelf[:] = [lot for lot in shelf if lot[1]]


def frames_of(
    ledger: Ledger,
    entries: Sequence[Entry],
    prices: dict[str, Price],
    scheduled: Sequence[ScheduledBuy],
    *,
    household: Household,
    rules: WashRules,
    as_of: dt.date,
) -> Shard:
    """The frames of the book that say what the ledger knows."""
    owners = {account.account_id: account.owner for account in household.accounts}
    scope = {mine: _scope(rules, owners, mine) for mine in owners}
    members = sorted(
        {
            (scope[mine], other)
            for mine in owners
            for other in owners
            if in_scope(rules, owners, (mine, other))
        }
    )
    group = {member: names[0] for names in household.identical_groups for member in names}
    taxed = {account.account_id: account.taxable for account in household.accounts}
    return Shard(
        lots=lots_frame([_one_basis(lot, prices) for lot in ledger.lots]),
        transactions=transactions_frame(ledger, entries, as_of),
        scheduled_buys=pl.DataFrame(
            [(p.account_id, p.security_id, p.date, _amount(p, prices)) for p in scheduled],
            schema={"account_id": pl.String, "security_id": pl.String, "date": pl.Date, "amount": MONEY},
            orient="row",
        ),
        accounts=pl.DataFrame(
            [(mine, taxed[mine], scope[mine], rules.exclude_acquired_before_loss_lot) for mine in owners],
            schema={
                "account_id": pl.String,
                "taxable": pl.Boolean,
                "scope_id": pl.String,
                "exclude_older": pl.Boolean,
            },
            orient="row",
        ),
        members=pl.DataFrame(members, schema={"scope_id": pl.String, "account_id": pl.String}, orient="row"),
        securities=pl.DataFrame(
            [(s, group.get(s, s), p.decimal()) for s, p in sorted(prices.items())],
            schema={"security_id": pl.String, "group_id": pl.String, "price": MONEY},
            orient="row",
        ),
    )


def _scope(rules: WashRules, owners: dict[str, str], mine: str) -> str:
    if rules.scope is Scope.ACCOUNT:
        return mine
    if rules.scope is Scope.HOUSEHOLD and owners[mine] in rules.owners:
        return "household"
    return f"taxpayer {owners[mine]}"


def _one_basis(lot: Lot, prices: dict[str, Price]) -> Lot:
    """A frame has one unit cost a lot: a gift's value basis where it would sell at a loss."""
    if lot.loss_basis is None:
        return lot
    return replace(lot, basis=lot.loss_basis, loss_basis=None, loss_acquired=None)


def _amount(plan: ScheduledBuy, prices: dict[str, Price]) -> Decimal | None:
    return None if plan.quantity is None else prices[plan.security_id].times(plan.quantity).decimal()
