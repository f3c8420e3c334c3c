"""Checks of amounts: value, cash, whole shares, lots, gains, terms, tax and sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.checker.account import D0, Account, World
from tests.checker.tax import first_long_day

CENT = Decimal("0.01")
TINY = Decimal("0.000001")


def check_amounts(world: World, account: Account) -> Iterator[str]:
    """Everything that is counted in dollars and shares."""
    yield from _value(account)
    if not account.proposes:
        if account.trades or account.sales or account.orders:
            yield "trades without a proposal"
        return
    if not account.trades:
        yield "a proposal without trades"
    yield from _trades(world, account)
    yield from _lots(world, account)
    yield from _cash(world, account)
    yield from _tax(world, account)
    yield from _sums(world, account)
    yield from _orders(account)


def _value(account: Account) -> Iterator[str]:
    said = account.evaluation
    both = said["value"] is not None and account.value is not None
    if said["value"] != account.value and not (both and abs(said["value"] - account.value) <= TINY):
        yield f"value {said['value']} but recomputed {account.value}"
    if said["cash_before"] is not None and abs(said["cash_before"] - account.cash) > TINY:
        yield f"cash_before {said['cash_before']} but recomputed {account.cash}"


def _trades(world: World, account: Account) -> Iterator[str]:
    seen: dict[str, str] = {}
    for trade in account.trades:
        name, security = trade["security_id"], world.securities[trade["security_id"]]
        if seen.setdefault(name, trade["side"]) != trade["side"]:
            yield from _bought_back(account, name)
        if trade["price"] != security["unit_value"]:
            yield f"{name}: price {trade['price']} is not {security['unit_value']}"
        if abs(trade["notional"] - trade["quantity"] * trade["price"]) > TINY:
            yield f"{name}: notional {trade['notional']} is not quantity × price"
        spread = (
            Decimal(str(2 if security["half_spread_bps"] is None else security["half_spread_bps"])) / 10000
        )
        cost = trade["notional"] * (spread + fee_of(world, account, trade)) + ticket_of(world, account, name)
        if abs(trade["cost"] - cost) > TINY:
            yield f"{name}: cost {trade['cost']} but recomputed {cost}"
        yield from _whole(account, trade, security)


def _bought_back(account: Account, name: str) -> Iterator[str]:
    """A security is bought and sold only to realize long gains that are taxed at nothing, share for share."""
    both = [trade["quantity"] for trade in account.trades if trade["security_id"] == name]
    lots = [sale for sale in account.sales if sale["security_id"] == name]
    gain = sum((sale["gain"] or D0 for sale in lots), D0)
    long = sum(
        (sale["gain"] for sale in account.sales if sale["term"] == "L" and sale["gain"] is not None), D0
    )
    short = sum(
        (sale["gain"] for sale in account.sales if sale["term"] == "S" and sale["gain"] is not None), D0
    )
    if (
        account.settings["gain_harvest"] != "auto"
        or len(set(both)) > 1
        or account.settings["max_trades"] != "none"
    ):
        yield f"{name} is both bought and sold: {both}"
    if any(sale["term"] != "L" or not sale["gain"] or sale["gain"] <= 0 for sale in lots):
        yield f"{name} is bought back though not all it realizes is a long gain"
    taxed = account.year.added(float(short), float(long)) - account.year.added(
        float(short), float(long - gain)
    )
    if taxed > 0.01:
        yield f"{name} is bought back though its gain of {gain:.2f} adds {taxed:.2f} of tax"


def _terms(world: World, account: Account, security: str) -> dict:
    """What the fund asks of this account; empty where it asks nothing."""
    for row in world.tables["fund_terms"].to_dicts():
        here = row["custodian"] in (None, account.row.get("custodian"))
        if row["security_id"] == security and here:
            return row
    return {}


def ticket_of(world: World, account: Account, security: str) -> Decimal:
    own = _terms(world, account, security).get("ticket")
    return account.money("ticket") if own is None else own


def fee_of(world: World, account: Account, trade: dict) -> Decimal:
    """The redemption fee of a sale: charged on all of it where any lot of the position is young enough."""
    terms = _terms(world, account, trade["security_id"])
    if trade["side"] != "sell" or not terms.get("redemption_fee_bps"):
        return D0
    ages = [
        (world.as_of - lot["acquired"]).days
        for lot in account.lots
        if lot["security_id"] == trade["security_id"] and lot["acquired"]
    ]
    young = any(age < (terms["redemption_days"] or 0) for age in ages)
    return Decimal(str(terms["redemption_fee_bps"])) / 10000 if young else D0


def _whole(account: Account, trade: dict, security: dict) -> Iterator[str]:
    name, quantity = trade["security_id"], trade["quantity"]
    said = account.settings["fractional"]
    unit = security["min_denomination"] or Decimal(1)
    if said == "true" or (said == "security" and security["fractional"]):
        unit = TINY
    emptied = trade["side"] == "sell" and quantity == account.held.get(name, D0)
    if quantity <= 0:
        yield f"{name}: quantity {quantity}"
    if quantity % unit != 0 and not emptied:
        yield f"{name}: {quantity} is no multiple of {unit}"
    least = max(account.money("min_trade"), account.value * account.money("min_trade_bps") / 10000)
    if trade["notional"] < least - CENT and not emptied:
        yield f"{name}: a trade of {trade['notional']:.2f} is below the minimum {least:.2f}"


def _lots(world: World, account: Account) -> Iterator[str]:
    lots = {(lot["security_id"], lot["lot_id"]): lot for lot in account.lots}
    sold: dict[str, Decimal] = defaultdict(Decimal)
    for sale in account.sales:
        name = sale["security_id"]
        lot = lots.get((name, sale["lot_id"]))
        if lot is None:
            yield f"lot {sale['lot_id']} of {name} is not held"
            continue
        sold[name] += sale["quantity"]
        if not 0 < sale["quantity"] <= lot["quantity"]:
            yield f"lot {sale['lot_id']} of {name}: {sale['quantity']} of {lot['quantity']} sold"
        yield from _gain(world, sale, lot)
    moved = account.moved()
    for name in sorted(set(moved) | set(sold)):
        away = sum(
            (t["quantity"] for t in account.trades if t["security_id"] == name and t["side"] == "sell"), D0
        )
        if away != sold.get(name, D0):
            yield f"{name}: lots sold {sold.get(name, D0)} but the trade is {away}"
        if account.held.get(name, D0) + moved.get(name, D0) < 0:
            yield f"{name}: short after the trade"


def _gain(world: World, sale: dict, lot: dict) -> Iterator[str]:
    name, security = sale["security_id"], world.securities[sale["security_id"]]
    clean = security["unit_value"] - (security["accrued"] or D0)
    if abs(sale["proceeds"] - sale["quantity"] * clean) > TINY:
        yield f"lot {sale['lot_id']} of {name}: proceeds {sale['proceeds']}"
    if lot["unit_cost"] is None:
        if sale["gain"] is not None or sale["basis"] is not None:
            yield f"lot {sale['lot_id']} of {name}: a gain is stated though the basis is unknown"
        return
    basis = sale["quantity"] * (lot["unit_cost"] * security["price_factor"])
    if sale["basis"] is None or abs(sale["basis"] - basis) > TINY:
        yield f"lot {sale['lot_id']} of {name}: basis {sale['basis']} but recomputed {basis}"
    elif abs(sale["gain"] - (sale["proceeds"] - sale["basis"])) > TINY:
        yield f"lot {sale['lot_id']} of {name}: gain {sale['gain']}"
    since = lot["adjusted_acquired"] or lot["acquired"]
    if since is not None:
        term = "L" if first_long_day(since) <= world.as_of else "S"
        if sale["term"] != term:
            yield f"lot {sale['lot_id']} of {name}: term {sale['term']} but held since {since}"
    if sale["acquired"] != lot["acquired"]:
        yield f"lot {sale['lot_id']} of {name}: acquired {sale['acquired']}"


def _cash(world: World, account: Account) -> Iterator[str]:
    said = account.evaluation
    spent = sum((t["notional"] if t["side"] == "buy" else -t["notional"] for t in account.trades), D0)
    spent += sum((t["cost"] for t in account.trades), D0)
    after = account.cash - spent
    if abs(said["cash_after"] - after) > TINY:
        yield f"cash_after {said['cash_after']} but recomputed {after}"
    free_before = account.cash - account.money("cash_reserve") - account.due
    free = free_before - spent
    unsettled = D0 if account.row["margin"] else account.row["unsettled_cash"] or D0
    lowest = max(account.money("cash_floor"), unsettled, D0)
    if free < lowest - CENT and free < free_before - TINY:
        yield f"cash of {free:.2f} falls below its lowest of {lowest:.2f}"
    if free < lowest - CENT and any(t["side"] == "buy" for t in account.trades):
        yield f"buys though cash of {free:.2f} stays below its lowest of {lowest:.2f}"
    target = cash_target(world, account)
    if any(t["side"] == "buy" for t in account.trades) and target is not None:
        wanted = Decimal(str(target)) * account.value
        if free < wanted - CENT:
            yield f"buys take cash to {free:.2f}, below its target of {wanted:.2f}"


def cash_target(world: World, account: Account) -> float | None:
    """The account's cash target: the model's cash node, else the policy."""
    if not account.model:
        return None
    node = world.models.tree(account.model).cash
    return account.number("cash_target") if node is None else node


def _tax(world: World, account: Account) -> Iterator[str]:
    said = account.evaluation
    unknown = any(sale["gain"] is None or sale["term"] is None for sale in account.sales)
    if unknown:
        if said["tax"] is not None and account.taxed:
            yield "tax is stated though the basis of a lot sold is unknown"
        return
    short = sum((sale["gain"] + sale["disallowed"] for sale in account.sales if sale["term"] == "S"), D0)
    long = sum((sale["gain"] + sale["disallowed"] for sale in account.sales if sale["term"] == "L"), D0)
    for name, value in (("realized_short", short), ("realized_long", long)):
        if abs(said[name] - value) > TINY:
            yield f"{name} {said[name]} but lots give {value}"
    yield from _added(world, account)
    lots = sum((sale["tax"] for sale in account.sales), D0)
    if abs(lots - said["tax"]) > CENT:
        yield f"tax {said['tax']} but the lots' taxes sum to {lots}"
    for trade in account.trades:
        if trade["side"] == "buy":
            continue
        mine = [sale for sale in account.sales if sale["security_id"] == trade["security_id"]]
        for name, term in (("gain_short", "S"), ("gain_long", "L")):
            total = sum((sale["gain"] for sale in mine if sale["term"] == term), D0)
            if abs(trade[name] - total) > TINY:
                yield f"{trade['security_id']}: {name} {trade[name]} but lots give {total}"


def _added(world: World, account: Account) -> Iterator[str]:
    """What the sales of all accounts of one taxpayer add to the year is the sum of their taxes."""
    mates = world.mates(account)
    if any(sale["gain"] is None or sale["term"] is None for mate in mates for sale in mate.sales):
        return
    short, long = (
        float(
            sum((s["gain"] + s["disallowed"] for mate in mates for s in mate.sales if s["term"] == term), D0)
        )
        for term in "SL"
    )
    tax = account.year.added(short, long) if account.taxed else 0.0
    said = sum(float(mate.evaluation["tax"]) for mate in mates)
    if abs(said - tax) > 0.01 * len(mates):
        yield f"taxes of the year's accounts sum to {said} but the year gives {tax:.4f}"


def _sums(world: World, account: Account) -> Iterator[str]:
    said = account.evaluation
    bought = sum((t["notional"] for t in account.trades if t["side"] == "buy"), D0)
    sold = sum((t["notional"] for t in account.trades if t["side"] == "sell"), D0)
    turnover = float((bought + sold) / (2 * account.value))
    if abs(said["turnover"] - turnover) > 1e-9:
        yield f"turnover {said['turnover']} but recomputed {turnover}"
    most = account.number("max_turnover")
    if most is not None and turnover > most + 1e-9 and not account.flagged("forced_sale", "conflict"):
        yield f"turnover {turnover:.4f} exceeds {most}"
    count = account.number("max_trades")
    if count is not None and len(account.trades) > count and not account.flagged("forced_sale", "conflict"):
        yield f"{len(account.trades)} trades exceed {count:.0f}"
    nearest, after = account.number("max_tracking_error"), said["tracking_error_after"] or 0.0
    said_so = any(row["limit"] == "max_tracking_error" for row in account.conflicts)
    if account.trades and nearest is not None and after > nearest + 1e-7 and not said_so:
        yield f"tracking error {after:.6f} exceeds {nearest}"
    cost = sum((t["cost"] for t in account.trades), D0)
    if abs(said["cost"] - cost) > TINY:
        yield f"cost {said['cost']} but the trades' costs sum to {cost}"
    made = [row for row in account.reasons if row["decision"] != "hold"]
    if sorted(row["security_id"] for row in made) != sorted(t["security_id"] for t in account.trades):
        yield "reasons do not name each trade once"
    yield from _reason_sums(world, account, made)


def _reason_sums(world: World, account: Account, made: list[dict]) -> Iterator[str]:
    said = account.evaluation
    slack = 0.001 * (len(made) + 1)
    if said["tax"] is not None and all(row["tax"] is not None for row in made):
        total = sum(row["tax"] for row in made)
        if abs(total + float(said["tax"])) > slack:
            yield f"taxes of the reasons sum to {total:.4f}, not to {-said['tax']}"
    before, after = said["tracking_error_before"], said["tracking_error_after"]
    if before is not None and after is not None:
        home = world.home(account)
        value = sum(world.owned(one) for one in home)
        fall = account.number("risk_aversion") * value * (before**2 - after**2)
        total = sum(row["benefit"] for one in home for row in one.reasons if row["decision"] != "hold")
        if abs(total - fall) > slack + 1e-6 * abs(fall):
            yield f"benefits sum to {total:.4f}, but risk falls by {fall:.4f}"


def _orders(account: Account) -> Iterator[str]:
    wanted = {(t["security_id"], t["side"]): t["quantity"] for t in account.trades}
    given = {(o["security_id"], o["side"]): o["quantity"] for o in account.orders}
    if wanted != given:
        yield "orders are not the trades"
    lots = {(s["security_id"], s["lot_id"]): s["quantity"] for s in account.sales}
    for order in account.orders:
        for part in filter(None, (order["lot_instructions"] or "").split(";")):
            lot, _, quantity = part.rpartition(":")
            if lots.pop((order["security_id"], lot), None) != Decimal(quantity):
                yield f"order of {order['security_id']}: lot {part} is not what is sold"
    if lots:
        yield f"lots without an instruction: {sorted(lots)}"
