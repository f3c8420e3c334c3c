"""Checks of limits: what may be bought and sold, caps, classes, hard bounds, cross-hedging and wash sales."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from tests.checker.account import D0, Account, World
from tests.checker.amounts import cash_target, ticket_of
from tests.checker.tax import first_long_day

SLACK = 1e-7
COSTS = 0.0002  # of value: what trading within a class may cost it
NO_BUY = {"never_buy", "never_own", "sell", "freeze", "blackout", "exclude", "held_away"}
NO_SELL = {"never_sell", "freeze", "blackout", "exclude", "held_away"}
WINDOW = dt.timedelta(days=30)


def check_limits(world: World, account: Account) -> Iterator[str]:
    """Every limit that binds a proposal."""
    if not account.proposes:
        return
    status = account.row["status"] or "open"
    if status in ("frozen", "closing", "closed") or account.row["held_away"]:
        yield f"trades though the account is {status}"
    if status == "arriving" and account.settings["arrival"] != "none" and account.id not in world.plans:
        yield from _arrives(world, account)
    for trade in account.trades:
        yield from _may(world, account, trade)
    yield from _kept(world, account)
    yield from _weights(world, account)
    yield from _classes(world, account)
    yield from _nodes(world, account)
    yield from _waits(world, account)
    yield from _wash(world, account)


def _arrives(world: World, account: Account) -> Iterator[str]:
    """Without a plan only cash that is due and not there is raised, two shares aside."""
    short = max(account.money("cash_floor"), D0) + account.money("cash_reserve") + account.due - account.cash
    if account.due <= 0 or short <= 0:
        yield "trades though it arrives and no plan is in force"
        return
    if any(trade["side"] == "buy" for trade in account.trades):
        yield "buys though it arrives and no plan is in force"
    dearest = max(world.securities[name]["unit_value"] or D0 for name in account.held)
    sold = sum((trade["notional"] for trade in account.trades), D0)
    if sold > short + 2 * dearest + 1 and not account.flagged("conflict"):
        yield f"sells {sold} though it arrives and only {short:.2f} is due beyond its cash"


def _may(world: World, account: Account, trade: dict) -> Iterator[str]:
    name, buys = trade["security_id"], trade["side"] == "buy"
    security = world.securities[name]
    if buys and name not in account.buyable:
        yield f"{name} is bought though no product of the account's target"
    closed = NO_BUY if buys else NO_SELL
    for rule in account.rules:
        if rule["rule"] in closed and world.rules.speaks(rule["selector"], name):
            yield f"{name}: {trade['side']} against {rule['rule']} {rule['selector']}"
    if security["price"] is None:
        yield f"{name} is traded without a price"
    if security["price_date"] is not None and (world.as_of - security["price_date"]).days > 5:
        yield f"{name} is traded at a price of {security['price_date']}"
    window = security["next_window"]
    if security["illiquid"] and (window is None or window > world.as_of):
        yield f"{name} is traded outside its window"


def _kept(world: World, account: Account) -> Iterator[str]:
    """Shares and lots on hold, lots that may realize no gain, and breaks."""
    moved = account.moved()
    for rule in account.rules:
        names = [name for name in moved if world.rules.speaks(rule["selector"], name)]
        if rule["rule"] == "hold_shares":
            for name in names:
                left = account.held.get(name, D0) + moved[name]
                if moved[name] < 0 and left < Decimal(rule["value"]):
                    yield f"{name}: {left} left of {rule['value']} to be kept"
        if rule["rule"] == "hold_lot":
            lots = set(rule["value"].split(";")) & {sale["lot_id"] for sale in account.sales}
            if lots:
                yield f"lots on hold are sold: {sorted(lots)}"
        if rule["rule"] in ("no_gain", "no_short_gain"):
            yield from _gains(account, rule, set(names))
    broken = {row["security_id"]: row["quantity"] for row in world.positions.get(account.id, [])}
    held: dict[str, Decimal] = defaultdict(Decimal)
    for lot in account.lots:
        held[lot["security_id"]] += lot["quantity"]
    for name in moved:
        if name in broken and broken[name] != held[name]:
            yield f"{name} is traded though the custodian shows {broken[name]} and the lots {held[name]}"
        if name in world.ordered.get(account.id, set()):
            yield f"{name} is traded though an order is open"


def _gains(account: Account, rule: dict, names: set[str]) -> Iterator[str]:
    for sale in account.sales:
        short = rule["rule"] == "no_gain" or sale["term"] == "S"
        if sale["security_id"] in names and short and (sale["gain"] is None or sale["gain"] > 0):
            yield f"{sale['security_id']}: a gain is realized against {rule['rule']}"


def _weights(world: World, account: Account) -> Iterator[str]:
    """Caps and floors, of securities and of sums."""
    value, moved = float(account.value), account.moved()
    before = {n: float(q * world.securities[n]["unit_value"]) / value for n, q in account.held.items()}
    after = dict(before)
    for name, quantity in moved.items():
        after[name] = after.get(name, 0.0) + float(quantity * world.securities[name]["unit_value"]) / value
    for rule in account.rules:
        if rule["rule"] not in ("max_weight", "min_weight"):
            continue
        names = [name for name in after if world.rules.speaks(rule["selector"], name)]
        single = rule["selector"] == "*" or rule["selector"].startswith("security:")
        sign = 1.0 if rule["rule"] == "max_weight" else -1.0
        for group in [[name] for name in names] if single else [names]:
            now, then = sum(before.get(n, 0.0) for n in group), sum(after[n] for n in group)
            limit = float(rule["value"])
            worse = sign * (then - limit) > SLACK and sign * (then - now) > SLACK
            stays = sign * (then - limit) > SLACK and not account.flagged("conflict")
            if group and (worse or (stays and _blameless(account, group))):
                yield f"{rule['rule']} {rule['selector']} of {limit}: {then:.6f} after, {now:.6f} before"


def _blameless(account: Account, group: list[str]) -> bool:
    """Whether nothing said in `conflicts` or the reasons explains why a limit stays broken."""
    blocked = {row["security_id"] for row in account.reasons if row["blocked_by"]}
    return not blocked & set(group)


def _classes(world: World, account: Account) -> Iterator[str]:
    """No class moves away from its target or past it, one share a line and its lines' tickets aside."""
    home = world.home(account)
    value = sum(world.owned(one) for one in home)
    tickets: dict[str, float] = defaultdict(float)
    points = account.number("cross_hedge_points") / 100
    target_cash = sum((cash_target(world, one) or 0.0) * world.owned(one) for one in home) / value
    stays = sum(_stays(one) * world.owned(one) / float(one.value) for one in home)
    scale = min((1.0 - stays / value) / (1.0 - target_cash), 1.0) if target_cash < 1.0 else 1.0
    gaps: dict[str, float] = defaultdict(float)
    moves: dict[str, float] = defaultdict(float)
    share: dict[str, float] = defaultdict(float)
    dearest: dict[str, float] = defaultdict(float)
    goals: dict[str, float] = defaultdict(float)
    moved = _moved_at_home(world, home)
    for line in world.lines(account):
        name = line["asset_class"]
        security = world.securities[line["security_id"]]
        unit = float(security["unit_value"] or 0) / value
        tickets[name] += float(ticket_of(world, account, line["security_id"])) / value
        goals[name] += line["target_weight"]
        gaps[name] += line["weight_before"] - line["target_weight"]
        dearest[name] = max(dearest[name], unit * float(security["min_denomination"] or 1))
        if line["security_id"] in moved:
            moves[name] += float(moved[line["security_id"]]) * unit
            share[name] += unit
    for name, move in moves.items():
        spared = goals[name] * (1.0 - scale)  # every class gives its part of cash that has to stay
        slack = len(home) * max(share[name], dearest[name]) + SLACK
        low, high = (
            min(-gaps[name] - spared, 0.0) - points - slack - COSTS - tickets[name],
            max(-gaps[name], 0.0) + points + slack,
        )
        if not low <= move <= high and not account.flagged("conflict"):
            yield f"class {name} stood {gaps[name]:+.6f} from target and moves {move:+.6f}"
        if _yields_alone(account) and move < low - _must_go(world, account, name):
            yield f"class {name} loses {-move:.6f}, more than what must go of it"
    if _yields_alone(account):
        taken = sum(max(move - max(-gaps[name], 0.0) - points, 0.0) for name, move in moves.items())
        slack = SLACK + 2 * sum(share.values())
        if taken > _stranded(world, account) + slack:
            yield f"classes take {taken:.6f} beyond their targets, more than the cash above its band"


def _yields_alone(account: Account) -> bool:
    """Whether all that its conflicts say is that classes yielded, to cash without a place or to what must go."""
    said = account.conflicts
    return bool(said) and all(row["relaxation"].startswith("open a fund of") for row in said)


def _must_go(world: World, account: Account, name: str) -> float:
    """The weight in a class of what is never to be owned or must be sold."""
    rules = [rule["selector"] for rule in account.rules if rule["rule"] in ("never_own", "sell")]
    return sum(
        line["weight_before"]
        for line in account.targets
        if line["asset_class"] == name
        and any(world.rules.speaks(selector, line["security_id"]) for selector in rules)
    )


def _stranded(world: World, account: Account) -> float:
    """Free cash, with what today's sales bring, above the cash band."""
    said, value = account.evaluation, float(account.value)
    free = float(said["cash_before"] - account.money("cash_reserve") - account.due) / value
    sold = sum(float(trade["notional"]) for trade in account.trades if trade["side"] == "sell") / value
    moved = (cash_target(world, account) or 0.0) - account.number("cash_target")
    return max(free + sold - max(account.number("cash_max") + moved, _stays(account) / value), 0.0)


def _stays(account: Account) -> float:
    """Cash that has to stay in an account."""
    stays = max(account.number("cash_floor"), 0.0)
    return stays if account.row["margin"] else max(stays, float(account.row["unsettled_cash"] or 0))


def _moved_at_home(world: World, home: list[Account]) -> dict[str, Decimal]:
    out: dict[str, Decimal] = defaultdict(Decimal)
    for one in home:
        for name, quantity in one.moved().items():
            part = 1.0 if len(home) == 1 else world.owned(one) / float(one.value)
            out[name] += quantity * Decimal(str(part))
    return dict(out)


def _nodes(world: World, account: Account) -> Iterator[str]:
    """Hard bounds of the model's nodes."""
    if not account.model:
        return
    tree = world.models.tree(account.model)
    invested = 1.0 - (cash_target(world, account) or 0.0)
    scale = 1.0 if tree.cash is not None else invested
    home = world.home(account)
    value, moved = sum(world.owned(one) for one in home), _moved_at_home(world, home)
    known = {line["security_id"] for line in world.lines(account)}
    for bound in tree.bounds:
        names = set().union(*(world.shelves.under(one.row, one.model, bound.path) for one in home))
        if names & world.shelves.beside(account.row, account.model, bound.path):
            continue  # a security that stands in two nodes cannot be told apart by the tables
        lines = [
            line
            for line in world.lines(account)
            if line["security_id"] in names
            or (
                bound.asset_class
                and line["slot"].startswith("held:")
                and line["asset_class"] == bound.asset_class
            )
        ]
        slack = SLACK + len(home) * max(
            (float(world.securities[n]["unit_value"]) / value for n in known & set(moved)),
            default=0.0,
        )
        now, then = (sum(line[c] for line in lines) for c in ("weight_before", "weight_after"))
        share = bound.parent_share * scale
        if bound.upper is not None and then > max(bound.upper * share, now) + slack:
            yield f"{bound.path}: {then:.6f} above {bound.upper * share:.6f}"
        if bound.lower is not None and then < min(bound.lower * share, now) - slack:
            yield f"{bound.path}: {then:.6f} below {bound.lower * share:.6f}"


def _waits(world: World, account: Account) -> Iterator[str]:
    """Lots that wait to turn long-term, and lots of unknown basis, are sold only where a limit forces it."""
    if not account.taxed or account.flagged("forced_sale"):
        return
    wait = int(account.settings["long_term_wait_days"])
    lots = {(lot["security_id"], lot["lot_id"]): lot for lot in account.lots}
    for sale in account.sales:
        lot = lots.get((sale["security_id"], sale["lot_id"]))
        if lot is None:
            continue
        if sale["gain"] is None:
            yield f"{sale['security_id']}: a lot of unknown basis is sold unforced"
            continue
        since = lot["adjusted_acquired"] or lot["acquired"]
        days = (first_long_day(since) - world.as_of).days
        if sale["gain"] > 0 and 0 < days <= wait:
            yield f"{sale['security_id']}: a gain is realized {days} days before it is long-term"


def _wash(world: World, account: Account) -> Iterator[str]:
    """No buy within thirty days either side of a sale at a loss, in any account of the scope."""
    scope = account.scope
    bought = {world.group(t["security_id"]) for t in account.trades if t["side"] == "buy"}
    at_loss = {
        world.group(s["security_id"]) for s in account.sales if s["gain"] is not None and s["gain"] < 0
    }
    if bought & at_loss and account.taxed:
        yield f"bought and sold at a loss: {sorted(bought & at_loss)}"
    for row in world.loss_sales.get(scope, []):
        days = (world.as_of - row["date"]).days
        if 0 <= days <= 30 and world.group(row["security_id"]) in bought and row["open"] > 0:
            yield f"{row['security_id']} was sold at a loss {days} days ago and its group is bought"
    if not account.taxed:
        return
    sold = {(s["security_id"], s["lot_id"]): s["quantity"] for s in account.sales}
    for lot in world.recent.get(scope, []):
        group, mine = world.group(lot["security_id"]), lot["account_id"] == account.id
        if group not in at_loss:
            continue
        gone = sold.get((lot["security_id"], lot["lot_id"]), D0) if mine else D0
        losing = {
            s["lot_id"] for s in account.sales if world.group(s["security_id"]) == group and s["gain"] < 0
        }
        refused = sum(s["disallowed"] for s in account.sales if world.group(s["security_id"]) == group)
        if account.flagged("forced_sale") and refused > 0:
            continue  # a limit forced it, and the loss is told as refused
        if gone < lot["quantity"] and not (mine and losing == {lot["lot_id"]}):
            yield (
                f"{group} is sold at a loss though {lot['account_id']} bought {lot['security_id']} "
                f"on {lot['acquired']}"
            )
    for row in world.scheduled.get(scope, []):
        if world.group(row["security_id"]) in at_loss:
            yield f"{row['security_id']} is sold at a loss though {row['account_id']} buys it on {row['date']}"
