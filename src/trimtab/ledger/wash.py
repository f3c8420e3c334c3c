"""Wash sales over every account of a scope: which shares replace which, what is disallowed, where it goes.

26 USC 1091, Reg. 1.1091-1 and -2, Rev. Rul. 56-602 and 2008-5; conventions and contested points are settings.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import takewhile

from trimtab.core.amounts import Quantity
from trimtab.core.dates import wash_window, within_wash_window
from trimtab.ledger.lots import Closed, Lot, Moved, Pending
from trimtab.ledger.state import State


class Scope(StrEnum):
    """Whose purchases replace a loss."""

    HOUSEHOLD = "household"  # every account of the owners named, taxable or not
    TAXPAYER = "taxpayer"  # the accounts of the same owner
    ACCOUNT = "account"  # the same account, identical groups included
    BROKER = "broker"  # the same account and the same security: Form 1099-B box 1g


class Tacking(StrEnum):
    """How the holding period of the shares sold passes to the replacement."""

    DAYS = "tack_days"  # the days held are added: the date moves back by them (26 USC 1223(3))
    DATE = "original_date"  # the old date is copied, as some brokers do


@dataclass(frozen=True, slots=True)
class WashRules:
    """The settings that decide a wash sale, the contested ones by the names of the policy keys."""

    scope: Scope = Scope.HOUSEHOLD
    owners: tuple[str, ...] = ("self", "spouse")
    exclude_acquired_before_loss_lot: bool = False
    holding_period: Tacking = Tacking.DAYS


def sell_at_a_loss(state: State, rules: WashRules, sold: Sequence[tuple[int, Lot]]) -> None:
    """Match the loss pieces of one sale against shares bought before it; what stays unmatched waits.

    `sold` names the closed rows of one order with the lots they relieved, all already out of the open lots: shares
    disposed of in the same order replace nothing. A sale in a tax-advantaged account has no loss to refuse.
    """
    for row, lot in sorted(sold, key=lambda piece: piece[1].purchase_order()):
        loss = _pending(state.closed[row], row, lot) if state.taxable(lot.account_id) else None
        if loss is None:
            continue
        for candidate in _bought_before(state, rules, loss):
            loss = _match(state, rules, loss, candidate)
            if not loss.exposed:
                break
        if loss.exposed:
            state.wait(loss)


def buy(state: State, rules: WashRules, bought: Lot) -> None:
    """Match a purchase against the losses waiting in their windows, the earliest sale first."""
    rest: Lot | None = bought
    for loss in state.waiting_for(bought):
        if rest is None:
            break
        if within_wash_window(loss.sold, rest.acquired) and _replaces(state, rules, loss, rest):
            left, rest = _absorb(state, rules, loss, rest)
            _wait_or_settle(state, left)


def expire(state: State) -> None:
    """Forget losses whose window has closed."""
    today = state.today
    assert today is not None
    closed = takewhile(lambda loss: not within_wash_window(loss.sold, today), state.pending.values())
    for loss in tuple(closed):
        state.settle(loss)


def rescale(state: State, security_id: str, ratio: Fraction) -> None:
    """After a split the shares still to be matched are counted in new shares; what was matched is settled."""
    for loss in tuple(state.pending.values()):
        if loss.security_id == security_id:
            scaled = Quantity(loss.exposed.nano * ratio.numerator // ratio.denominator)
            left = replace(loss, quantity=scaled, matched=Quantity(0), loss=loss.loss_at_risk)
            _wait_or_settle(state, left)


def _wait_or_settle(state: State, loss: Pending) -> None:
    if loss.exposed:
        state.wait(loss)
    else:
        state.settle(loss)


def _pending(closed: Closed, row: int, lot: Lot) -> Pending | None:
    if closed.basis is None or closed.basis <= closed.proceeds:
        return None
    return Pending(
        row=row,
        account_id=closed.account_id,
        security_id=closed.security_id,
        sold=closed.disposed,
        quantity=closed.quantity,
        matched=Quantity(0),
        loss=closed.basis - closed.proceeds,
        acquired=lot.acquired,
        sequence=lot.sequence,
        adjusted_acquired=closed.adjusted_acquired,
        order_id=lot.order_id,
        bought_as=lot.bought_as,
    )


def _bought_before(state: State, rules: WashRules, loss: Pending) -> Iterator[Lot]:
    """Open purchases of the thirty days before that may replace the loss, the earliest first."""
    first, last = wash_window(loss.sold)
    lots = [
        lot
        for account_id in _accounts(state, rules, loss)
        for shelf in state.family_shelves(account_id, loss.security_id)
        for lot in shelf
        if first <= lot.acquired <= last and _replaces(state, rules, loss, lot)
    ]
    return iter(sorted(lots, key=Lot.purchase_order))


def _accounts(state: State, rules: WashRules, loss: Pending) -> Iterator[str]:
    return (other for other in state.owners if in_scope(rules, state.owners, (loss.account_id, other)))


def in_scope(rules: WashRules, owners: dict[str, str], pair: tuple[str, str]) -> bool:
    """Whether a purchase in the second account replaces a loss of the first.

    An owner outside the household's list is a taxpayer of his own; a joint account is self's and the spouse's.
    """
    mine, other = pair
    if rules.scope in (Scope.ACCOUNT, Scope.BROKER):
        return mine == other
    if rules.scope is Scope.HOUSEHOLD and _listed(rules, owners[mine]):
        return _listed(rules, owners[other])
    return owners[mine] == owners[other]


def _listed(rules: WashRules, owner: str) -> bool:
    return owner in rules.owners or (owner == "joint" and not {"self", "spouse"}.isdisjoint(rules.owners))


def _replaces(state: State, rules: WashRules, loss: Pending, lot: Lot) -> bool:
    if not lot.purchased or lot.replacement or lot.order_id == loss.order_id:
        return False
    if not in_scope(rules, state.owners, (loss.account_id, lot.account_id)):
        return False
    if rules.exclude_acquired_before_loss_lot and (lot.acquired, lot.sequence) < (
        loss.acquired,
        loss.sequence,
    ):
        return False
    return _identical(state, rules, loss, lot)


def _identical(state: State, rules: WashRules, loss: Pending, lot: Lot) -> bool:
    """Same security or group, or a call on it; shares that came by a merger count only against their own kind."""
    if rules.scope is Scope.BROKER:
        return lot.security_id == loss.security_id
    group = state.group(loss.security_id)
    if lot.underlying_id:
        return group in (state.group(lot.underlying_id), state.group(lot.security_id))
    bought = state.group(lot.bought_as)
    return group == state.group(lot.security_id) and bought in (group, state.group(loss.bought_as))


def _match(state: State, rules: WashRules, loss: Pending, candidate: Lot) -> Pending:
    matched, _ = _absorb(state, rules, loss, candidate)
    return matched


def _absorb(state: State, rules: WashRules, loss: Pending, lot: Lot) -> tuple[Pending, Lot | None]:
    """Let shares of an open lot absorb the loss of as many shares sold; returns what is left of both."""
    quantity = min(loss.exposed, lot.quantity)
    matched = replace(loss, matched=loss.matched + quantity)
    amount = loss.loss_at_risk - matched.loss_at_risk
    part, rest = lot.cut(quantity)
    taxable = state.taxable(lot.account_id)
    row = state.closed[loss.row]
    state.closed[loss.row] = replace(
        row,
        disallowed=row.disallowed + amount,
        permanent=row.permanent if taxable else row.permanent + amount,
    )
    used = replace(part, replacement=True)
    if taxable:
        used = replace(
            used,
            basis=None if used.basis is None else used.basis + amount,
            adjusted_acquired=_tacked(rules, loss, lot),
        )
        why = Moved.WASH_UNKNOWN if used.basis is None else Moved.WASH_ADDED
        state.move(row.sale_id, used, why, amount)
    state.exchange(lot, [used] if rest is None else [used, rest])
    return matched, rest


def _tacked(rules: WashRules, loss: Pending, lot: Lot) -> dt.date:
    if rules.holding_period is Tacking.DATE:
        return loss.adjusted_acquired
    return lot.acquired - (loss.sold - loss.adjusted_acquired)
