"""One account laid out plainly: what it holds, owes and trades, from the tables alone."""

from __future__ import annotations

import calendar
import datetime as dt
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import exchange_calendars
import polars as pl
from tests.checker.rules import Rules
from tests.checker.tax import Year
from tests.checker.tree import Models, Shelves

D0 = Decimal(0)


@dataclass
class Account:
    """What the checks read; money is exact, weights are shares of `value`."""

    row: dict
    settings: dict[str, str]
    model: str
    rules: list[dict]
    buyable: set[str]
    evaluation: dict
    year: Year
    lots: list[dict] = field(default_factory=list)
    held: dict[str, Decimal] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    trades: list[dict] = field(default_factory=list)
    sales: list[dict] = field(default_factory=list)
    reasons: list[dict] = field(default_factory=list)
    conflicts: list[dict] = field(default_factory=list)
    targets: list[dict] = field(default_factory=list)
    orders: list[dict] = field(default_factory=list)
    cash: Decimal = D0
    due: Decimal = D0
    value: Decimal | None = None
    scope: str = ""
    bounded: bool = False

    @property
    def id(self) -> str:
        return self.row["account_id"]

    @property
    def taxed(self) -> bool:
        return self.row["tax_type"] == "taxable"

    @property
    def proposes(self) -> bool:
        return self.evaluation["decision"] == "propose"

    def number(self, key: str) -> float | None:
        said = self.settings[key]
        return None if said == "none" else float(said)

    def money(self, key: str) -> Decimal:
        return Decimal(self.settings[key])

    def flagged(self, *names: str) -> bool:
        flags = (self.evaluation["flags"] or "").split(";")
        return any(name in flags for name in names)

    def moved(self) -> dict[str, Decimal]:
        """Shares bought less shares sold, by security."""
        out: dict[str, Decimal] = defaultdict(Decimal)
        for trade in self.trades:
            out[trade["security_id"]] += trade["quantity"] if trade["side"] == "buy" else -trade["quantity"]
        return dict(out)


@dataclass
class World:
    """Both sides of a run."""

    tables: dict[str, pl.DataFrame]
    out: dict[str, pl.DataFrame]
    as_of: dt.date
    securities: dict[str, dict]
    rules: Rules
    models: Models
    shelves: Shelves
    accounts: dict[str, Account]
    taxpayers: dict[str, dict]
    positions: dict[str, list[dict]] = field(default_factory=dict)
    ordered: dict[str, set[str]] = field(default_factory=dict)
    recent: dict[str, list[dict]] = field(default_factory=dict)
    scheduled: dict[str, list[dict]] = field(default_factory=dict)
    loss_sales: dict[str, list[dict]] = field(default_factory=dict)
    plans: dict[str, dict] = field(default_factory=dict)

    def mates(self, account: Account) -> list[Account]:
        """The proposing accounts that share the account's year, itself among them."""
        payer = account.row["taxpayer_id"]
        if not account.taxed or payer not in self.taxpayers:
            return [account]
        return [
            other
            for other in self.accounts.values()
            if other.proposes and other.taxed and other.row["taxpayer_id"] == payer
        ]

    def unit(self, account: Account) -> list[Account]:
        """The accounts that were solved as one with the account, itself among them."""
        name = account.evaluation["unit_id"]
        return [other for other in self.accounts.values() if other.evaluation["unit_id"] == name]

    def home(self, account: Account) -> list[Account]:
        """The accounts that hold one target with the account (`location: on`), itself among them."""
        if account.settings["location"] != "on" or account.flagged("unhonoured:location"):
            return [account]
        return [
            other
            for other in self.accounts.values()
            if other.row["household_id"] == account.row["household_id"]
            and other.settings["location"] == "on"
            and not other.flagged("unhonoured:location")
        ]

    def owned(self, account: Account) -> float:
        """What an account counts for in its household's sums: a deferred one without the tax that is owed on it."""
        alone = self.home(account) == [account]
        owed = 0.0 if alone or account.row["tax_type"] != "tax_deferred" else account.number("ira_haircut")
        return float(account.value) * (1.0 - owed)

    def lines(self, account: Account) -> list[dict]:
        """The rows of `targets` by which the account is measured: its own, or its household's sums by value."""
        home = self.home(account)
        if home == [account]:
            return account.targets
        total = sum(self.owned(other) for other in home)
        sums: dict[str, dict] = {}
        for other in home:
            part = self.owned(other) / total
            for line in other.targets:
                none = {**line, "target_weight": 0.0, "weight_before": 0.0, "weight_after": 0.0}
                one = sums.setdefault(line["security_id"], none)
                for name in ("target_weight", "weight_before", "weight_after"):
                    one[name] += part * line[name]
        return list(sums.values())

    def group(self, security: str) -> str:
        """What the wash rule takes the security for."""
        return self.securities.get(security, {}).get("identical_group") or security


def unit_value(row: dict, closes: dict[str, Decimal]) -> Decimal | None:
    """Dollars per unit: price (else the last close) × factor + accrued."""
    price = row["price"] if row["price"] is not None else closes.get(row["security_id"])
    if price is None:
        return None
    return (price * row["price_factor"]).quantize(Decimal("1e-9")) + (row["accrued"] or D0)


def read_world(tables: dict[str, pl.DataFrame], out: dict[str, pl.DataFrame], as_of: dt.date) -> World:
    """Lay out every enrolled account."""
    closes: dict[str, Decimal] = {}
    for row in tables["prices"].sort("date").unique("security_id", keep="last").to_dicts():
        closes[row["security_id"]] = row["close"]
    securities = {}
    for row in tables["securities"].to_dicts():
        securities[row["security_id"]] = {**row, "unit_value": unit_value(row, closes)}
    models = Models(tables["models"])
    rules, shelves = Rules(tables, as_of), Shelves(tables, models)
    world = World(tables, out, as_of, securities, rules, models, shelves, {}, {})
    world.taxpayers = {row["taxpayer_id"]: row for row in tables["taxpayers"].to_dicts()}
    for row in tables["plans"].to_dicts():
        if row["approved"] <= as_of and (row["until"] is None or row["until"] >= as_of):
            world.plans[row["account_id"]] = row
    _accounts(world, shelves)
    return world


def _accounts(world: World, shelves: Shelves) -> None:
    tables, out = world.tables, world.out
    households = {row["household_id"]: row for row in tables["households"].to_dicts()}
    settings: dict[str, dict[str, str]] = defaultdict(dict)
    for account, key, value in out["settings"].select("account_id", "key", "value").iter_rows():
        settings[account][key] = value
    said = {row["account_id"]: row for row in out["evaluations"].to_dicts()}
    realized = _realized(world)
    for row in tables["accounts"].to_dicts():
        name = row["account_id"]
        if name not in said or name not in settings:
            continue
        model = row["model_id"] or households.get(row["household_id"], {}).get("model_id") or ""
        world.accounts[name] = Account(
            row,
            settings[name],
            model,
            world.rules.heard(row, model),
            shelves.buyable(row, model) if model else set(),
            said[name],
            _year(world, row, settings[name], realized),
        )
    for table in ("lots", "trades", "sales", "reasons", "conflicts", "targets", "orders"):
        source = tables if table == "lots" else out
        for row in source[table].to_dicts():
            if row["account_id"] in world.accounts:
                getattr(world.accounts[row["account_id"]], table).append(row)
    orders, flows = _by_account(tables["open_orders"]), _by_account(tables["cash_flows"])
    for account in world.accounts.values():
        _worth(world, account, orders[account.id], flows[account.id])


def _by_account(frame: pl.DataFrame) -> dict[str, list[dict]]:
    out: dict[str, list[dict]] = defaultdict(list)
    for row in frame.to_dicts():
        out[row["account_id"]].append(row)
    return out


def _realized(world: World) -> dict[str, tuple[float, float]]:
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in world.tables["transactions"].to_dicts():
        told = row["gain"] is not None and row["term"] in ("S", "L")
        if told and row["date"].year == world.as_of.year and row["date"] <= world.as_of:
            sums[row["account_id"]]["SL".index(row["term"])] += float(row["gain"])
    out = {}
    for row in world.tables["accounts"].to_dicts():
        short, long = sums[row["account_id"]]
        own_short = float(row["ytd_short"]) if row["ytd_short"] is not None else short
        own_long = float(row["ytd_long"]) if row["ytd_long"] is not None else long
        out[row["account_id"]] = (own_short, own_long)
    return out


def _year(
    world: World, row: dict, settings: dict[str, str], realized: dict[str, tuple[float, float]]
) -> Year:
    year = Year(carry_value=float(settings["carry_value"]))
    year.own_short, year.own_long = realized[row["account_id"]]
    payer = world.taxpayers.get(row["taxpayer_id"] or "")
    if payer is None:
        return year
    year.short_rate, year.long_rate = payer["short_rate"], payer["long_rate"]
    year.ordinary_rate = payer["short_rate"] if payer["ordinary_rate"] is None else payer["ordinary_rate"]
    year.loss_limit, year.expected_gain = float(payer["loss_limit"]), float(payer["expected_gain"])
    year.room = float(payer["zero_gain_room"] or 0)
    year.others_short = float(payer["ytd_short"] or 0) - float(payer["carryforward_short"] or 0)
    year.others_long = float(payer["ytd_long"] or 0) - float(payer["carryforward_long"] or 0)
    same = world.tables["accounts"].filter(
        (pl.col("taxpayer_id") == row["taxpayer_id"])
        & (pl.col("tax_type") == "taxable")
        & (pl.col("account_id") != row["account_id"])
    )
    for other in same["account_id"]:
        year.others_short += realized[other][0]
        year.others_long += realized[other][1]
    return year


def _worth(world: World, account: Account, orders: list[dict], flows: list[dict]) -> None:
    """Value, cash and holdings with open orders counted as done."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for lot in account.lots:
        held[lot["security_id"]] += lot["quantity"]
    cash = account.row["cash"]
    for rule in account.rules:
        if rule["rule"] == "exclude":
            names = {name for name in held if world.rules.speaks(rule["selector"], name)}
            account.excluded |= names
    for order in orders:
        if order["security_id"] in account.excluded:
            continue
        amount = order["quantity"] if order["side"] == "buy" else -order["quantity"]
        held[order["security_id"]] += amount
        cash -= amount * (world.securities[order["security_id"]]["unit_value"] or D0)
    total, known = D0, True
    for name, quantity in held.items():
        if name in account.excluded:
            continue
        unit = world.securities[name]["unit_value"]
        if unit is None:
            known = known and quantity == 0
            continue
        if world.securities[name]["kind"] == "cash":
            cash += quantity * unit
        else:
            total += quantity * unit
            account.held[name] = quantity
    account.cash = cash
    account.due = sum((_due(flow, account, world.as_of) for flow in flows), D0)
    if known:
        account.value = total + cash - account.money("cash_reserve") - account.due


@cache
def last_chance(as_of: dt.date) -> dt.date:
    """The day before the next session's sales settle, by the exchange's own schedule."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sessions = exchange_calendars.get_calendar("XNYS").sessions
    after = [day.date() for day in sessions[sessions > as_of.isoformat()][:2]]
    return after[1] - dt.timedelta(days=1)


def _due(flow: dict, account: Account, as_of: dt.date) -> Decimal:
    if flow["direction"] != "out" or flow["status"] == "done":
        return D0
    horizon = max(as_of + dt.timedelta(days=int(account.settings["cash_lead_days"])), last_chance(as_of))
    if flow["every"] is None:
        return flow["amount"] if flow["date"] <= horizon else D0
    step = {"month": 1, "quarter": 3, "year": 12}[flow["every"]]
    total, k = D0, 0
    while True:
        months = flow["date"].month - 1 + k * step
        year, month = flow["date"].year + months // 12, months % 12 + 1
        day = min(flow["date"].day, calendar.monthrange(year, month)[1])
        due = dt.date(year, month, day)
        if due > horizon or (flow["until"] is not None and due > flow["until"]):
            return total
        total += flow["amount"] if due >= as_of else D0
        k += 1
