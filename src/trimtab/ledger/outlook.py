"""Wash windows of one household, by asking the ledger itself: what would a purchase, what would a sale disallow."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trimtab.core.amounts import NANO, ZERO, Money, Price, Quantity, total
from trimtab.core.dates import WASH_DAYS, within_wash_window
from trimtab.ledger import wash
from trimtab.ledger.lots import Closed, Ledger, Lot, close
from trimtab.ledger.sales import Piece
from trimtab.ledger.state import Household, State
from trimtab.ledger.wash import WashRules


@dataclass(frozen=True, slots=True)
class ScheduledBuy:
    """A purchase to come, by reinvestment or plan; without a quantity it may replace any number of shares."""

    account_id: str
    security_id: str
    date: dt.date
    quantity: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A row of the `wash_windows` table: see `windows.wash_windows`."""

    account_id: str
    security_id: str
    no_buy_until: dt.date | None
    loss_at_risk_if_bought: Money | None
    disallowed_if_sold: Money | None


BOUNDLESS = Quantity(10**18)


def outlook(
    ledger: Ledger,
    prices: Mapping[str, Price],
    scheduled: Sequence[ScheduledBuy] = (),
    *,
    household: Household,
    rules: WashRules,
    as_of: dt.date,
) -> list[Window]:
    """Windows of every account and priced security of a household on a date, sorted; silent positions left out."""
    windows: list[Window] = []
    for account in sorted(account.account_id for account in household.accounts):
        for security_id in sorted(prices):
            state = State.of(ledger, household)
            state.today = as_of
            wash.expire(state)
            until, risk = _if_bought(state, rules, account, security_id)
            refused = _if_sold(state, rules, (account, security_id), prices[security_id], scheduled)
            if until is not None or refused != ZERO:
                windows.append(Window(account, security_id, until, risk, refused))
    return windows


def _if_bought(
    state: State, rules: WashRules, account_id: str, security_id: str
) -> tuple[dt.date | None, Money | None]:
    """The last day a purchase would replace shares sold at a loss, and the losses; a loss may be unknown."""

    def sees(seller: str, sold: str) -> bool:
        same = state.group(sold) == state.group(security_id)
        return same and wash.in_scope(rules, state.owners, (seller, account_id))

    waiting = [loss for loss in state.pending.values() if sees(loss.account_id, loss.security_id)]
    unknown = [row for row in _unknown(state) if sees(row.account_id, row.security_id)]
    days = [*(loss.sold for loss in waiting), *(row.disposed for row in unknown)]
    until = max(days) + dt.timedelta(days=WASH_DAYS) if days else None
    return until, None if unknown else total([loss.loss_at_risk for loss in waiting])


def _unknown(state: State) -> list[Closed]:
    """Taxable sales in the window of which nobody knows whether they were at a loss."""
    today = state.today
    assert today is not None
    recent = (row for row in state.closed if row.basis is None and within_wash_window(row.disposed, today))
    return [row for row in recent if row.quantity and state.taxable(row.account_id)]


def _if_sold(
    state: State, rules: WashRules, shelf: tuple[str, str], price: Price, scheduled: Sequence[ScheduledBuy]
) -> Money | None:
    """Sell the losing lots on a copy of the ledger, let the scheduled purchases come, and read what is refused."""
    today = state.today
    assert today is not None
    held = state.held(*shelf)
    going = [lot for lot in held if _loses(lot, price)]
    state.set_held(*shelf, [lot for lot in held if not _loses(lot, price)])
    pieces: list[Piece] = []
    for lot in going:
        proceeds = price.times(lot.quantity)
        pieces.append((len(state.closed), lot))
        # an unknown loss is probed with a dollar: is any of it refused, so is an unknown amount
        known = lot if lot.basis is not None else replace(lot, basis=proceeds + Money(NANO))
        state.closed.append(close(known, sale_id="", proceeds=proceeds, disposed=today))
    wash.sell_at_a_loss(state, rules, pieces)
    for plan in sorted(scheduled, key=lambda plan: (plan.date, plan.account_id)):
        if plan.date > today and within_wash_window(today, plan.date):
            _come(state, rules, plan)
    rows = [(state.closed[row], lot) for row, lot in pieces]
    if any(row.disallowed and lot.basis is None for row, lot in rows):
        return None
    return total([row.disallowed for row, _ in rows])


def _loses(lot: Lot, price: Price) -> bool:
    floor = lot.basis if lot.loss_basis is None else lot.loss_basis
    return floor is None or floor > price.times(lot.quantity)


def _come(state: State, rules: WashRules, plan: ScheduledBuy) -> None:
    lot = Lot(
        lot_id=f"scheduled {plan.date}",
        account_id=plan.account_id,
        security_id=plan.security_id,
        quantity=plan.quantity or BOUNDLESS,
        basis=None,
        acquired=plan.date,
        adjusted_acquired=plan.date,
        sequence=state.next_sequence(),
        order_id=f"scheduled {plan.date}",
        bought_as=plan.security_id,
        purchased=True,
    )
    state.add(lot)
    wash.buy(state, rules, lot)
