"""The accounts a desk is asked about: one for each situation that tells a rebalancer from a calculator."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from trimtab.core.seed import stream
from trimtab.world.accounts import (
    CUSTODIANS,
    Draft,
    Lot,
    World,
    account_id,
    add_account,
    add_household,
    holdings,
    invest,
)
from trimtab.world.firms import Firm, ranked
from trimtab.world.market import WEEKS, session_by
from trimtab.world.oddities import INTERVAL_FUND
from trimtab.world.securities import LEGACY_BANK, SWEEP, TOBACCO, TREASURY

REGISTRATION: Final = {"taxable": "individual", "tax_deferred": "ira", "tax_exempt": "roth_ira"}


def add_situations(world: World, accounts: int) -> int:
    """Write every situation that fits into the first third of the accounts; returns how many accounts they took."""
    number = 0
    for place, (size, situation) in enumerate(SITUATIONS):
        if 3 * (number + size) > accounts:
            break
        situation(world, number + 1, world.firms[place % len(world.firms)])
        number += size
    return number


def _draft(
    world: World, number: int, firm: Firm, *, name: str, model: str | None = "BALANCED", value: float = 400_000.0,
    tax_type: str = "taxable", household: str | None = None, weeks_ago: int = 3,
    rates: tuple[float, float, float] = (0.408, 0.238, 0.37),
) -> Draft:  # fmt: skip
    """An account at its model, alone in its household unless it is told another's."""
    home = household or f"H{number:04d}"
    if household is None:
        add_household(world, home, firm, rates=rates)
    draft = Draft(
        account_id=account_id(number), firm=firm, tax_type=tax_type, model_id=model, value=value, name=name,
        custodian=CUSTODIANS[number % len(CUSTODIANS)], registration=REGISTRATION[tax_type], household_id=home,
        taxpayer_id=home.replace("H", "T", 1),
    )  # fmt: skip
    if model:
        invest(world, draft, stream(world.seed, "account", number), weeks_ago=weeks_ago)
    return draft


def _shrink(draft: Draft, share: float) -> None:
    """Keep a share of every lot, to make room for something else."""
    draft.lots = [Lot(x.security_id, int(x.quantity * share), x.unit_cost, x.acquired) for x in draft.lots]
    draft.lots = [x for x in draft.lots if x.quantity > 0]


def _legacy(world: World, draft: Draft, security_id: str, *, share: float, basis: float, years: int) -> Lot:
    """Bring in a position worth `share` of the account, bought `years` ago at `basis` of today's price."""
    _shrink(draft, 1.0 - share)
    price = world.unit_value(security_id)
    day = _days(world, -365 * years - 40)
    lot = Lot(security_id, int(draft.value * share / price), round(price * basis, 4), day)
    draft.lots.append(lot)
    return lot


def _restrict(
    world: World, draft: Draft, rule: str, *, selector: str, value: str | None = None, note: str = ""
) -> None:
    world.rows.add(
        "restrictions", scope="account", scope_id=draft.account_id, rule=rule, selector=selector, value=value,
        note=note,
    )  # fmt: skip


def _policy(world: World, draft: Draft, **values: str) -> None:
    for key, value in values.items():
        world.rows.add(
            "policies", scope="account", scope_id=draft.account_id, key=key, value=value, by="advisor"
        )


def _days(world: World, days: int) -> date:
    """So many days from the business date; what lies in the past is a session."""
    day = world.as_of + timedelta(days=days)
    return day if days > 0 else session_by(day)


def _concentrated(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Never-sell bank stock", value=1_200_000.0)
    _legacy(world, draft, LEGACY_BANK, share=0.30, basis=0.12, years=19)
    _restrict(
        world, draft, "never_sell", selector=f"security:{LEGACY_BANK}", note="inherited from the founder"
    )
    add_account(world, draft)


def _budgeted(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Tax budget by quarter", value=800_000.0)
    _legacy(world, draft, "KESTR", share=0.25, basis=0.2, years=12)
    _policy(world, draft, budget_tax="12000", budget_prorate="quarter")
    add_account(world, draft)


def _screened(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="No tobacco", model="DIRECT-US", value=900_000.0)
    _legacy(world, draft, TOBACCO[0], share=0.06, basis=0.35, years=8)
    _restrict(world, draft, "never_own", selector="tag:tobacco>=0.15", note="client's conviction")
    _policy(world, draft, budget_tax="0")
    add_account(world, draft)


def _withdrawal(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Cash due this week", value=350_000.0)
    _policy(world, draft, cash_floor="1000")
    world.rows.add(
        "cash_flows", account_id=draft.account_id, flow_id="W1", date=_days(world, 4), amount=25_000.0, direction="out",
        kind="once", status="requested",
    )  # fmt: skip
    add_account(world, draft)


def _unknown_basis(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Basis lost in transfer", weeks_ago=9)
    lot = _legacy(world, draft, "EFA", share=0.1, basis=0.7, years=6)
    draft.lots[-1] = Lot(lot.security_id, lot.quantity, None, lot.acquired)
    add_account(world, draft)


def _monthly_distribution(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Monthly distribution", tax_type="tax_deferred", value=620_000.0)
    world.rows.add(
        "cash_flows", account_id=draft.account_id, flow_id="RMD", date=_days(world, 3), amount=2_100.0, direction="out",
        kind="rmd", every="month", status="requested",
    )  # fmt: skip
    add_account(world, draft)


def _household(world: World, number: int, firm: Firm) -> None:
    """A couple: taxable account above its equity target with low basis, an IRA below it by as much, a Roth."""
    taxable = _draft(world, number, firm, name="Household of three, taxable", value=500_000.0)
    assert taxable.household_id is not None
    _legacy(world, taxable, ranked("us_total", firm.family)[0], share=0.12, basis=0.25, years=11)
    home = taxable.household_id
    ira = _draft(
        world, number + 1, firm, name="Household of three, IRA", model="BALANCED", value=500_000.0,
        tax_type="tax_deferred", household=home,
    )  # fmt: skip
    _legacy(world, ira, ranked("us_bond", firm.family)[0], share=0.12, basis=1.0, years=1)
    roth = _draft(
        world, number + 2, firm, name="Household of three, Roth", model="GROWTH", value=120_000.0,
        tax_type="tax_exempt", household=home,
    )  # fmt: skip
    for draft in (taxable, ira, roth):
        add_account(world, draft)


def _worst(world: World, draft: Draft) -> tuple[str, int]:
    """The fund of the model that cost most since its peak of the last two years, and that peak's week."""
    assert draft.model_id is not None
    start, end = WEEKS - 104, WEEKS - 12
    best = ("", start, 0.0)
    for security_id, weight in sorted(holdings(world, draft.model_id, draft.firm).items()):
        path = world.market.path(security_id)[start:end]
        week = int(path.argmax())
        loss = weight * (float(path[week]) / world.market.price(security_id) - 1.0)
        if loss > best[2]:
            best = (security_id, start + week, loss)
    return best[0], best[1]


def _with_losses(world: World, draft: Draft) -> Lot | None:
    """Move the fund that lost the model most to a purchase at its peak; None where nothing fell."""
    security_id, week = _worst(world, draft)
    if not security_id:
        return None
    shares = sum(x.quantity for x in draft.lots if x.security_id == security_id)
    draft.lots = [x for x in draft.lots if x.security_id != security_id]
    lot = Lot(security_id, shares, world.market.price(security_id, week), world.market.dates[week])
    draft.lots.append(lot)
    return lot


def _harvest(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Losses to harvest", model="AGGRESSIVE", value=750_000.0)
    _with_losses(world, draft)
    add_account(world, draft)


def _wash_window(world: World, number: int, firm: Firm) -> None:
    """A loss lot of which two fifths were bought again twelve days ago; the spouse's IRA is about to buy the same."""
    draft = _draft(world, number, firm, name="Wash window", model="AGGRESSIVE", value=750_000.0)
    lot = _with_losses(world, draft)
    spouse = _draft(
        world, number + 1, firm, name="Wash window, spouse's IRA", value=90_000.0, tax_type="tax_deferred",
        household=draft.household_id,
    )  # fmt: skip
    if lot is not None:
        part = int(lot.quantity * 0.4)
        price = world.market.price(lot.security_id, -3)
        draft.lots[-1] = Lot(lot.security_id, lot.quantity - part, lot.unit_cost, lot.acquired)
        draft.lots.append(Lot(lot.security_id, part, price, _days(world, -12)))
        for owner, days in ((spouse, 10), (draft, 5)):
            world.rows.add(
                "scheduled_buys", account_id=owner.account_id, security_id=lot.security_id, date=_days(world, days),
                amount=500.0,
            )  # fmt: skip
    for account in (draft, spouse):
        add_account(world, account)


def _status(status: str, name: str) -> Callable[[World, int, Firm], None]:
    def situation(world: World, number: int, firm: Firm) -> None:
        draft = _draft(world, number, firm, name=name, weeks_ago=30)
        draft.status = status
        add_account(world, draft)

    return situation


def _arriving(world: World, number: int, firm: Firm) -> None:
    """Thirty legacy lots of ten companies, nothing of the model yet, no plan approved."""
    draft = _draft(world, number, firm, name="Arrived this week", model=None, value=950_000.0)
    draft.model_id, draft.status = "BALANCED", "arriving"
    rng = stream(world.seed, "arriving", number)
    names = sorted(world.market.index_weights)
    for k in rng.permutation(len(names))[:10]:
        security_id = names[int(k)]
        shares = int(draft.value * 0.97 / 30 / world.market.price(security_id))
        for week in sorted(int(w) for w in rng.integers(10, WEEKS - 20, 3)):
            draft.lots.append(
                Lot(security_id, shares, world.market.price(security_id, week), world.market.dates[week])
            )
    add_account(world, draft)


def _small(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Small and particular", value=9_000.0, model="GROWTH")
    funds = sorted({x.security_id for x in draft.lots})
    _restrict(world, draft, "never_sell", selector=f"security:{funds[0]}")
    _restrict(world, draft, "never_sell", selector=f"security:{funds[1]}")
    _restrict(world, draft, "never_buy", selector="class:real_estate")
    _policy(world, draft, budget_tax="200")
    add_account(world, draft)


def _illiquid(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Interval fund and cash due", value=540_000.0)
    _legacy(world, draft, INTERVAL_FUND, share=0.15, basis=0.95, years=3)
    world.rows.add(
        "cash_flows", account_id=draft.account_id, flow_id="W1", date=_days(world, 5), amount=30_000.0, direction="out",
        kind="once", status="requested",
    )  # fmt: skip
    add_account(world, draft)


def _zero_bracket(world: World, number: int, firm: Firm) -> None:
    add_account(
        world, _draft(world, number, firm, name="Untaxed gains", value=210_000.0, rates=(0.12, 0.0, 0.12))
    )


def _bonds_and_sweep(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Treasury note and sweep", model="CONSERVATIVE", value=480_000.0)
    _shrink(draft, 0.88)
    draft.lots.append(Lot(TREASURY, 40_000, 0.992, _days(world, -400)))
    draft.lots.append(Lot(SWEEP, 3_000.0, 1.0, _days(world, -30)))
    add_account(world, draft)


def _closed_menu(world: World, number: int, firm: Firm) -> None:
    draft = _draft(
        world, number, firm, name="401(k) with a menu", tax_type="tax_deferred", value=260_000.0, weeks_ago=25
    )
    draft.registration = "401k"
    for security_id in sorted(holdings(world, "BALANCED", firm)):
        world.rows.add("menu", account_id=draft.account_id, security_id=security_id)
    add_account(world, draft)


def _no_target(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Without a model yet", value=300_000.0)
    draft.model_id = None
    add_account(world, draft)


def _nearly_long(world: World, number: int, firm: Firm) -> None:
    """Overweight in a lot with a gain that turns long-term in a fortnight."""
    draft = _draft(world, number, firm, name="Long-term in two weeks", value=450_000.0)
    lot = _legacy(world, draft, ranked("us_total", firm.family)[0], share=0.09, basis=0.8, years=1)
    draft.lots[-1] = Lot(lot.security_id, lot.quantity, lot.unit_cost, _days(world, -352))
    add_account(world, draft)


def _break(world: World, number: int, firm: Firm) -> None:
    """The custodian reports twice the shares of one fund: a split not posted yet."""
    draft = _draft(world, number, firm, name="Custodian disagrees", value=330_000.0, weeks_ago=28)
    funds = sorted({x.security_id for x in draft.lots})
    for place, security_id in enumerate(funds):
        held = sum(x.quantity for x in draft.lots if x.security_id == security_id)
        quantity = held * 2 if place == 0 else held
        world.rows.add("positions", account_id=draft.account_id, security_id=security_id, quantity=quantity)
    add_account(world, draft)


def _open_order(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Order still open", value=280_000.0)
    lot = max(draft.lots, key=lambda x: (x.quantity, x.security_id))
    world.rows.add(
        "open_orders", account_id=draft.account_id, order_id="O1", security_id=lot.security_id, side="sell",
        quantity=max(int(lot.quantity * 0.1), 1),
    )  # fmt: skip
    add_account(world, draft)


def _legacy_funds(world: World, number: int, firm: Firm) -> None:
    """A hold-only fund that still counts as its slot, and a dear mutual fund about to distribute a gain."""
    draft = _draft(world, number, firm, name="Old funds", value=520_000.0, weeks_ago=12)
    _legacy(world, draft, "EFA", share=0.08, basis=0.75, years=5)
    _legacy(world, draft, "HGRFX", share=0.12, basis=0.55, years=9)
    add_account(world, draft)


def _deposit(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Deposit arrived", value=240_000.0)
    draft.cash = 20_000.0
    add_account(world, draft)


def _held_shares(world: World, number: int, firm: Firm) -> None:
    draft = _draft(world, number, firm, name="Keeps a hundred shares", model="DIRECT-US", value=700_000.0)
    _legacy(world, draft, "OAKHA", share=0.08, basis=0.5, years=7)
    _restrict(
        world, draft, "hold_shares", selector="security:OAKHA", value="100", note="for the grandchildren"
    )
    _restrict(world, draft, "max_weight", selector="sector:Energy", value="0.03")
    add_account(world, draft)


SITUATIONS: Final[tuple[tuple[int, Callable[[World, int, Firm], None]], ...]] = (
    (1, _concentrated), (1, _budgeted), (1, _screened), (1, _withdrawal), (1, _unknown_basis),
    (1, _monthly_distribution), (3, _household), (1, _harvest), (2, _wash_window),
    (1, _status("frozen", "Frozen by court order")), (1, _status("closing", "Leaving the firm")),
    (1, _arriving), (1, _small), (1, _illiquid), (1, _zero_bracket),
    (1, _bonds_and_sweep), (1, _closed_menu), (1, _no_target), (1, _nearly_long), (1, _break), (1, _open_order),
    (1, _legacy_funds), (1, _deposit), (1, _held_shares),
)  # fmt: skip
"""How many accounts each situation takes, in the order they are numbered."""
