"""Ordinary accounts: opened some day, bought into their model in a few steps, left alone for some weeks."""

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from trimtab.core.seed import stream
from trimtab.world.firms import Firm, leaves, ranked
from trimtab.world.frames import Rows
from trimtab.world.market import WEEKS, SimulatedMarket
from trimtab.world.securities import SWEEP, TREASURY

FIRST_KINDS: Final = ("taxable", "taxable", "tax_deferred", "tax_exempt")
LATER_KINDS: Final = ("tax_deferred", "tax_exempt", "taxable")
REGISTRATIONS: Final = {
    "taxable": ("individual", "joint", "trust"),
    "tax_deferred": ("ira",),
    "tax_exempt": ("roth_ira",),
}
CUSTODIANS: Final = ("schwab", "fidelity", "pershing", "altruist")
RATES: Final = (
    (0.408, 0.238, 0.37), (0.388, 0.188, 0.35), (0.358, 0.188, 0.32), (0.24, 0.15, 0.24), (0.22, 0.15, 0.22),
    (0.12, 0.0, 0.12),
)  # fmt: skip
_FIRST: Final = (
    "Ada", "Bela", "Cora", "Dana", "Edda", "Finn", "Gale", "Hugo", "Iris", "Juno", "Kit", "Lena", "Milo",
    "Nora", "Otis", "Pia", "Quin", "Rhea", "Saul", "Thea",
)  # fmt: skip
_LAST: Final = (
    "Abbott", "Birch", "Calloway", "Dunmore", "Eastman", "Fairley", "Gannet", "Hadley", "Ingram", "Jessop",
    "Kettle", "Lomax", "Marlow", "Nesbit", "Orrin", "Pascoe", "Quill", "Rowan", "Selwyn", "Tavish", "Underwood",
    "Varley", "Winslow", "Yardley",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lot:
    """One purchase: shares, dollars a share (None: the basis was lost), and the day."""

    security_id: str
    quantity: float
    unit_cost: float | None
    acquired: date


@dataclass(slots=True)
class Draft:
    """An account being made; situations change it before it becomes rows."""

    account_id: str
    firm: Firm
    tax_type: str
    model_id: str | None
    value: float
    name: str
    custodian: str
    registration: str
    household_id: str | None = None
    taxpayer_id: str | None = None
    status: str = "open"
    cash: float = 0.0
    opened: date | None = None
    lots: list[Lot] = field(default_factory=list)
    more: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """What every account is made from."""

    seed: int
    as_of: date
    market: SimulatedMarket
    firms: tuple[Firm, ...]
    rows: Rows

    def unit_value(self, security_id: str) -> float:
        """Dollars a unit is worth on the business date; a bond's unit is a dollar of face."""
        if security_id == SWEEP:
            return 1.0
        return self.market.price(security_id) * (0.01 if security_id == TREASURY else 1.0)


def holdings(world: World, model_id: str, firm: Firm) -> dict[str, float]:
    """Target weights of a model in the firm's first products and the index's companies."""
    out: dict[str, float] = {}
    for leaf, weight in leaves(model_id, world.market.index_weights).items():
        security_id = leaf if leaf in world.market.index_weights else ranked(leaf, firm.family)[0]
        out[security_id] = out.get(security_id, 0.0) + weight
    return out


def invest(
    world: World, draft: Draft, rng: np.random.Generator, *, weeks_ago: int, share: float = 0.99
) -> None:
    """Fill an account with its model as it stood `weeks_ago` and has drifted since, in lots of earlier weeks."""
    assert draft.model_id is not None
    market = world.market
    then = WEEKS - 1 - weeks_ago
    first = int(rng.integers(20, max(then - 60, 21)))
    draft.opened = market.dates[first]
    weeks = [first, *sorted(int(w) for w in rng.integers(first, then, 3)), then]
    weights = holdings(world, draft.model_id, draft.firm)
    grown = {s: w * market.price(s) / market.price(s, then) for s, w in weights.items()}
    whole = math.fsum(grown.values())
    wanted = {s: draft.value * share * w / whole / market.price(s) for s, w in sorted(grown.items())}
    for security_id, shares in _whole(wanted, market).items():
        _buy(draft, market, rng, security_id=security_id, shares=shares, weeks=weeks)


def _whole(wanted: dict[str, float], market: SimulatedMarket) -> dict[str, int]:
    """Whole shares: all rounded down, then one more each, the largest fractions first, while the dollars last."""
    shares = {s: math.floor(x) for s, x in wanted.items()}
    left = math.fsum((x - shares[s]) * market.price(s) for s, x in wanted.items())
    for security_id in sorted(wanted, key=lambda s: (shares[s] - wanted[s], s)):
        price = market.price(security_id)
        if price <= left:
            shares[security_id] += 1
            left -= price
    return shares


def _buy(
    draft: Draft,
    market: SimulatedMarket,
    rng: np.random.Generator,
    *,
    security_id: str,
    shares: int,
    weeks: list[int],
) -> None:
    """Split a position into purchases: most of it at the opening, the rest on some of the account's other days."""
    later = [w for w in weeks[1:] if rng.random() < 0.45]
    sizes = [int(shares * (0.08 + 0.14 * rng.random())) for _ in later]
    for week, size in [(weeks[0], shares - sum(sizes)), *zip(later, sizes, strict=True)]:
        if size > 0:
            draft.lots.append(Lot(security_id, size, market.price(security_id, week), market.dates[week]))


def ordinary(world: World, number: int, *, household: str, firm: Firm, member: int) -> Draft:
    """The account of that number: it depends on the seed and the number, not on how many others there are."""
    rng = stream(world.seed, "account", number)
    u = float(rng.random())
    kinds = FIRST_KINDS if member == 0 else LATER_KINDS
    tax_type = kinds[int(rng.integers(0, len(kinds)))]
    direct = tax_type == "taxable" and u < 0.3
    model_id = "DIRECT-US" if direct else firm.models[int(rng.integers(0, len(firm.models)))]
    size = (13.2 if direct else 12.1) + (0.5 if direct else 0.9) * _bell(rng)
    value = min(max(round(math.exp(size), -2), 150_000.0 if direct else 9_000.0), 9_000_000.0)
    registration = REGISTRATIONS[tax_type]
    draft = Draft(
        account_id=account_id(number),
        firm=firm,
        tax_type=tax_type,
        model_id=model_id,
        value=value,
        name=f"{_FIRST[int(rng.integers(0, len(_FIRST)))]} {surname(household)}",
        custodian=CUSTODIANS[int(rng.choice(4, p=[0.45, 0.35, 0.12, 0.08]))],
        registration=registration[int(rng.integers(0, len(registration)))],
        household_id=household,
        taxpayer_id=household.replace("H", "T", 1),
    )
    late = rng.random() < 0.12
    invest(world, draft, rng, weeks_ago=int(rng.integers(14, 40)) if late else int(rng.integers(1, 9)))
    if u > 0.96:
        draft.cash = round(value * 0.05 * float(rng.random()), 2)
    if tax_type == "taxable" and rng.random() < 0.5:
        draft.more["ytd_short"] = round(value * 0.003 * _bell(rng), 2)
        draft.more["ytd_long"] = round(value * 0.008 * _bell(rng), 2)
    return draft


def _bell(rng: np.random.Generator) -> float:
    """A near-normal draw from twelve uniforms, alike on every machine."""
    return math.fsum(rng.random(12).tolist()) - 6.0


def account_id(number: int) -> str:
    """The identifier of the account of that number, from 1."""
    return f"A{number:05d}"


def surname(household: str) -> str:
    """An invented family name for a household id such as H0007."""
    return _LAST[int(household[1:]) % len(_LAST)]


def add_household(
    world: World, household: str, firm: Firm, *, rates: tuple[float, float, float] | None = None
) -> None:
    """A household and its taxpayer: rates of a bracket, for some a carried loss or gains made elsewhere."""
    rng = stream(world.seed, "household", household)
    short, long, ordinary_rate = (
        rates or RATES[int(rng.choice(len(RATES), p=[0.25, 0.15, 0.2, 0.2, 0.12, 0.08]))]
    )
    carried = round(math.exp(9.0 + _bell(rng)), 2) if rng.random() < 0.2 else 0.0
    outside = round(6000.0 * _bell(rng), 2) if rng.random() < 0.15 else 0.0
    world.rows.add(
        "households", household_id=household, firm_id=firm.firm_id, name=f"{surname(household)} household"
    )
    world.rows.add(
        "taxpayers", taxpayer_id=household.replace("H", "T", 1), household_id=household, short_rate=short,
        long_rate=long, ordinary_rate=ordinary_rate, ytd_short=0.0, ytd_long=outside, carryforward_short=0.0,
        carryforward_long=carried, expected_gain=0.0, zero_gain_room=15_000.0 if long == 0.0 else None,
    )  # fmt: skip


def add_account(world: World, draft: Draft) -> None:
    """Write the account, its lots and the purchases of the last 61 days; cash is what the lots leave of its value."""
    held = math.fsum(x.quantity * world.unit_value(x.security_id) for x in draft.lots)
    left = round(draft.value - held, 2)
    world.rows.add(
        "accounts", account_id=draft.account_id, firm_id=draft.firm.firm_id, tax_type=draft.tax_type,
        cash=round(max(left, 0.0) + draft.cash, 2), household_id=draft.household_id, taxpayer_id=draft.taxpayer_id,
        advisor_id=f"{draft.firm.firm_id}-ADV{sum(map(ord, draft.name)) % 3 + 1}", custodian=draft.custodian,
        model_id=draft.model_id, name=draft.name, registration=draft.registration, status=draft.status,
        opened=draft.opened, **draft.more,
    )  # fmt: skip
    lots = sorted(draft.lots, key=lambda x: (x.security_id, x.acquired, x.quantity))
    for number, lot in enumerate(lots, start=1):
        lot_id = f"L{number:03d}"
        world.rows.add(
            "lots", account_id=draft.account_id, lot_id=lot_id, security_id=lot.security_id, quantity=lot.quantity,
            unit_cost=lot.unit_cost, acquired=lot.acquired,
        )  # fmt: skip
        if (world.as_of - lot.acquired).days <= 61 and lot.unit_cost is not None:
            world.rows.add(
                "transactions", account_id=draft.account_id, transaction_id=f"B-{lot_id}", date=lot.acquired,
                kind="buy", security_id=lot.security_id, quantity=lot.quantity,
                amount=round(lot.quantity * lot.unit_cost, 2), lot_id=lot_id,
            )  # fmt: skip
