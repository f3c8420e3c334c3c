"""Checks of standings and decisions: targets, drift, bands, triggers, benefit and bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.checker.account import Account, World
from tests.checker.amounts import cash_target

TOL = 1e-9
_UNKNOWN = (
    "drift_before", "drift_after", "worst_class", "worst_class_deviation", "tracking_error_before",
    "tracking_error_after", "tax_of_full_realignment",
)  # fmt: skip


def check_standing(world: World, account: Account) -> Iterator[str]:
    """Where the account stands before and after, and whether its decision follows."""
    said = account.evaluation
    if said["decision"] not in ("propose", "hold", "blocked", "error"):
        yield f"decision {said['decision']}"
    if not said["why"]:
        yield "no reason is given"
    if said["decision"] == "error" or account.flagged("no_target"):
        yield from (
            f"{name} {said[name]} though it is unknown" for name in _UNKNOWN if said[name] is not None
        )
        return
    if account.value is None or account.value <= 0 or not account.targets:
        return
    yield from _weights(world, account)
    yield from _target(world, account)
    cash = [_free_at_home(world, account, name) for name in ("cash_before", "cash_after")]
    for i, name in enumerate(("drift_before", "drift_after")):
        drift = _drift(world, account, ("weight_before", "weight_after")[i], cash[i])
        if said[name] is None or abs(said[name] - drift) > TOL:
            yield f"{name} {said[name]} but recomputed {drift}"
    gaps = _gaps(world, account, cash[0])
    worst = max(gaps, key=lambda name: (abs(gaps[name]), name))
    if said["worst_class"] is None or abs(abs(said["worst_class_deviation"]) - abs(gaps[worst])) > TOL:
        yield f"worst class {said['worst_class']} {said['worst_class_deviation']} but {worst} {gaps[worst]}"
    yield from _decision(world, account, gaps, _free(account, said["cash_before"]))
    yield from _worth_it(world, account)


def _free(account: Account, cash: object) -> float:
    return float(cash - account.money("cash_reserve") - account.due) / float(account.value)  # type: ignore[operator]


def _free_at_home(world: World, account: Account, name: str) -> float:
    """Free cash as a share of the value of all accounts that hold the target."""
    home = world.home(account)
    total = sum(world.owned(one) for one in home)
    return sum(_free(one, one.evaluation[name]) * world.owned(one) for one in home) / total


def _weights(world: World, account: Account) -> Iterator[str]:
    value, moved = float(account.value), account.moved()
    lines = {line["security_id"]: line for line in account.targets}
    for name in sorted(set(account.held) | set(moved)):
        if name not in lines:
            if account.held.get(name):
                yield f"{name} is held but has no line in targets"
            continue
        unit = float(world.securities[name]["unit_value"]) / value
        before = float(account.held.get(name, 0)) * unit
        after = before + float(moved.get(name, 0)) * unit
        for column, weight in (("weight_before", before), ("weight_after", after)):
            if abs(lines[name][column] - weight) > TOL:
                yield f"{name}: {column} {lines[name][column]} but recomputed {weight}"


def _target(world: World, account: Account) -> Iterator[str]:
    """Target weights sum to one with cash, and each class to its share of the tree where all slots are filled."""
    cash = cash_target(world, account)
    if account.evaluation["why"] in ("no_target", "error"):
        return
    total = sum(line["target_weight"] for line in account.targets) + (cash or 0.0)
    if abs(total - 1.0) > 1e-6:
        yield f"target weights sum to {total}"


def _drift(world: World, account: Account, column: str, cash: float) -> float:
    slots: dict[str, float] = defaultdict(float)
    for line in world.lines(account):
        slots[line["slot"]] += line[column] - line["target_weight"]
    off = abs(cash - (cash_target(world, account) or 0.0))
    return (sum(abs(gap) for gap in slots.values()) + off) / 2


def _gaps(world: World, account: Account, cash: float) -> dict[str, float]:
    gaps: dict[str, float] = defaultdict(float)
    for line in world.lines(account):
        gaps[line["asset_class"]] += line["weight_before"] - line["target_weight"]
    gaps["cash"] = cash - (cash_target(world, account) or 0.0)
    return dict(gaps)


def _decision(world: World, account: Account, gaps: dict[str, float], cash: float) -> Iterator[str]:
    said = account.evaluation
    target: dict[str, float] = defaultdict(float)
    for line in world.lines(account):
        target[line["asset_class"]] += line["target_weight"]
    absolute, relative = account.number("band_class_abs"), account.number("band_class_rel")
    out = {
        name
        for name, gap in gaps.items()
        if name != "cash" and abs(gap) > min(absolute, relative * target[name]) + 1e-9
    }
    moved = (cash_target(world, account) or 0.0) - account.number("cash_target")
    low = min(max(account.number("cash_min") + moved, 0.0), 1.0)
    high = min(max(account.number("cash_max") + moved, 0.0), 1.0)
    cash_out = not low - 1e-9 <= cash <= high + 1e-9
    tracking = (said["tracking_error_before"] or 0.0) > account.number("band_tracking_error") + 1e-12
    why = (said["why"] or "").split(";")
    if said["why"] == "within_bands":
        for name, is_out in (("a class", bool(out)), ("cash", cash_out), ("tracking error", tracking)):
            if is_out:
                yield f"holds as within bands though {name} is out of its band: {sorted(out)} {cash:.6f}"
    if said["decision"] == "propose":
        for word, is_out in (
            ("class_band", bool(out)),
            ("cash_band", cash_out),
            ("tracking_error_band", tracking),
        ):
            if (word in why) != is_out:
                yield f"{word} is {'said' if word in why else 'not said'} though {sorted(out)} {cash:.6f}"


def _worth_it(world: World, account: Account) -> Iterator[str]:
    """Objective, bound and least benefit are the unit's; what is forced in one of its accounts moves all."""
    said = account.evaluation
    unit = world.unit(account)
    if account.evaluation["unit_id"] != min(one.id for one in unit):
        yield f"unit {account.evaluation['unit_id']} is not named by its first account"
    for name in ("objective", "objective_no_trade", "lower_bound", "gap"):
        if any(one.evaluation[name] != said[name] for one in unit):
            yield f"{name} is not the same in all accounts of unit {said['unit_id']}"
    total = sum(float(one.value) for one in unit)
    if said["objective"] is not None and said["objective"] < said["lower_bound"] - TOL * total:
        yield f"objective {said['objective']} below its bound {said['lower_bound']}"
    if said["decision"] != "propose":
        return
    if said["objective"] is None or said["objective_no_trade"] is None or said["lower_bound"] is None:
        yield "a proposal without objective or bound"
        return
    share = sum(one.number("min_benefit_bps") / 1e4 * float(one.value) for one in unit)
    least = max(share, max(one.number("min_benefit") for one in unit))
    gained = said["objective_no_trade"] - said["objective"]
    forced = any(
        one.flagged("forced_sale")
        or any(word in (one.evaluation["why"] or "") for word in ("cash_short", "forced", "limit"))
        for one in unit
    )
    rules = ("max_weight", "min_weight", "sell", "never_own")
    capped = any(rule["rule"] in rules for one in unit for rule in one.rules)
    bounded = any(one.bounded for one in unit)
    most = account.number("max_tracking_error")
    before, after = said["tracking_error_before"] or 0.0, said["tracking_error_after"] or 0.0
    if most is not None and before > most:
        forced = True
    if account.settings["rebalance_to"] == "target":
        # To the target whatever it costs: it must at least come nearer.
        forced = after <= before + 1e-9
    if gained < least - 0.01 and not forced and not capped and not bounded:
        yield f"gains {gained:.2f}, less than the minimum of {least:.2f}"
