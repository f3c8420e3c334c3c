"""Accounts of a real-data book, in columns: who they are, what they hold, and the lots they bought it in."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from books_firms import Firms, firm_id
from books_market import Market

ARMS = ("etf", "direct100", "direct500")
TAXABLE, DEFERRED, EXEMPT = 0, 1, 2
TAX_TYPES = ("taxable", "tax_deferred", "tax_exempt")
CUSTODIANS = ("schwab", "fidelity", "pershing", "altruist")
DAYS_PER_MONTH = 30.44


@dataclass(slots=True)
class Accounts:
    """One entry per account in every array."""

    firm: np.ndarray
    household: np.ndarray  # −1: none
    household_size: np.ndarray
    arm: np.ndarray
    model: list[str]
    tax_type: np.ndarray
    value: np.ndarray
    opened: np.ndarray  # row of the market's days
    rebalanced: np.ndarray  # row of the last rebalance
    fractional: np.ndarray  # the custodian keeps fractions of shares

    def __len__(self) -> int:
        return len(self.firm)

    @property
    def ids(self) -> pl.Series:
        """Account identifiers, ascending with the account's number."""
        width = max(6, len(str(len(self))))
        return pl.Series([f"A{i + 1:0{width}d}" for i in range(len(self))])


def draw_accounts(
    market: Market, firms: Firms, *, mix: dict[str, float], count: int, drift: float, rng: np.random.Generator
) -> Accounts:
    """Households of one to four accounts within firms of uneven size; the mix of arms is met exactly."""
    sizes = rng.choice([1, 2, 3, 4], size=count, p=[0.5, 0.28, 0.16, 0.06])
    household = np.repeat(np.arange(count), sizes)[:count]
    sizes = np.bincount(household, minlength=count)
    pull = 1.0 / np.arange(1, len(firms.styles) + 1) ** 0.6
    firm = rng.choice(len(firms.styles), size=count, p=pull / pull.sum())[household]
    shares = np.array([mix.get(arm, 0.0) for arm in ARMS])
    counts = np.floor(shares / shares.sum() * count + 0.5).astype(int)
    counts[0] = count - counts[1:].sum()
    arm = rng.permutation(np.repeat(np.arange(len(ARMS)), counts))
    member = np.arange(count) - np.searchsorted(household, household)
    first, later = rng.choice(3, count, p=[0.72, 0.2, 0.08]), rng.choice(3, count, p=[0.35, 0.4, 0.25])
    tax_type = np.where(member == 0, first, later)
    tax_type = np.where(arm > 0, np.where(rng.random(count) < 0.93, TAXABLE, DEFERRED), tax_type)
    median = np.array([180_000.0, 450_000.0, 1_100_000.0])[arm]
    spread = np.array([1.05, 0.6, 0.6])[arm]
    floor = np.array([9_000.0, 150_000.0, 400_000.0])[arm]
    value = np.clip(median * np.exp(spread * rng.standard_normal(count)), floor, 40_000_000.0)
    last = len(market.days) - 1
    ago = np.minimum(rng.random(count) * 2 * drift * DAYS_PER_MONTH * 252 / 365, last - 600)
    rebalanced = (last - 1 - ago).astype(int)
    oldest = np.maximum(market.row(np.datetime64("2009-06-30")), 0)
    opened = oldest + ((rebalanced - 21 - oldest) * rng.random(count) ** 0.8).astype(int)
    lone = (sizes[household] == 1) & (rng.random(count) < 0.3)
    return Accounts(
        firm=firm,
        household=np.where(lone, -1, household),
        household_size=sizes[household],
        arm=arm,
        model=_choose_models(firms, firm, arm, rng=rng),
        tax_type=tax_type,
        value=np.round(value, 2),
        opened=opened,
        rebalanced=rebalanced,
        fractional=rng.random(count) < 0.2,
    )


def _choose_models(firms: Firms, firm: np.ndarray, arm: np.ndarray, *, rng: np.random.Generator) -> list[str]:
    published = rng.integers(0, len(firms.etf_models), len(firm))
    house = rng.random(len(firm)) < 0.3
    models = []
    for f, a, p, h in zip(firm, arm, published, house, strict=True):
        own = firms.own_models.get(int(f), [])
        models.append(firms.direct[ARMS[a]] if a else own[0] if own and h else firms.etf_models[p])
    return models


@dataclass(slots=True)
class Positions:
    """Long arrays, sorted by account: what is held today and which share of it each is."""

    account: np.ndarray
    symbol: np.ndarray  # number in the market's symbols
    quantity: np.ndarray
    legacy: np.ndarray  # bought before the account came, at old prices


def draw_positions(
    market: Market, firms: Firms, accounts: Accounts, *, rng: np.random.Generator
) -> Positions:
    """Each account at its model on its last rebalance, then moved by real prices; some legacy beside."""
    number = {s: i for i, s in enumerate(market.symbols)}
    models = sorted(set(accounts.model))
    code = np.searchsorted(models, accounts.model)
    style = firms.styles[accounts.firm]
    account_parts, symbol_parts, weight_parts = [], [], []
    for m, model in enumerate(models):
        for s in range(4):
            members = np.nonzero((code == m) & (style == s))[0]
            if not len(members):
                continue
            first = [number[firms.products.get(leaf, [[leaf]] * 4)[s][0]] for leaf in firms.leaves[model]]
            twin = [number[firms.products.get(leaf, [[leaf]] * 4)[s][:2][-1]] for leaf in firms.leaves[model]]
            weights = np.array(list(firms.leaves[model].values()))
            swapped = rng.random((len(members), len(first))) < 0.08
            account_parts.append(np.repeat(members, len(first)))
            symbol_parts.append(np.where(swapped, twin, first).ravel())
            kept = np.where(rng.random(swapped.shape) < 0.5, weights > 0.0008, True)
            weight_parts.append((kept * weights).ravel())
    account = np.concatenate(account_parts)
    symbol = np.concatenate(symbol_parts)
    weight = np.concatenate(weight_parts) * np.exp(0.02 * rng.standard_normal(len(account)))
    account, symbol, weight, legacy = _with_legacy(market, accounts, rng=rng, model=(account, symbol, weight))
    since = market.close[-1, symbol] / _at(market.close, accounts.rebalanced[account], symbol)
    weight *= since
    order = np.lexsort((symbol, account))
    account, symbol, weight, legacy = account[order], symbol[order], weight[order], legacy[order]
    whole = np.bincount(account, weights=weight, minlength=len(accounts))
    invested = accounts.value * 0.99
    exact = invested[account] * weight / whole[account] / market.close[-1, symbol]
    quantity = np.where(accounts.fractional[account], np.floor(exact * 1e3) / 1e3, np.floor(exact))
    quantity += _one_more(exact - quantity, account, market.close[-1, symbol]) * ~accounts.fractional[account]
    keep = quantity > 0
    same = np.append(False, (account[1:] == account[:-1]) & (symbol[1:] == symbol[:-1]))
    keep &= ~same
    return Positions(account[keep], symbol[keep], quantity[keep], legacy[keep])


def _one_more(rest: np.ndarray, account: np.ndarray, price: np.ndarray) -> np.ndarray:
    """Where the dollars that whole shares left buy one share more, the largest fractions first."""
    order = np.lexsort((-rest, account))
    spent = np.cumsum(price[order])
    first = np.append(True, account[order][1:] != account[order][:-1])
    before = np.maximum.accumulate(np.where(first, spent - price[order], 0.0))
    left = np.bincount(account, weights=rest * price, minlength=int(account.max()) + 1)
    more = np.zeros(len(rest), dtype=bool)
    more[order] = spent - before <= left[account[order]]
    return more


def _with_legacy(
    market: Market,
    accounts: Accounts,
    rng: np.random.Generator,
    model: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One taxable account in eight brought old stock or old funds: 3 to 35 % in one to three of them."""
    account, symbol, weight = model
    old = market.row(np.datetime64("2006-01-03"))
    kinds = market.securities["kind"].to_numpy()
    known = ~np.isnan(market.cost[old])
    stocks = np.nonzero(known & (kinds == "equity") & np.isin(market.symbols, market.index500["symbol"]))[0]
    funds = np.nonzero(known & (kinds == "etf"))[0]
    owners = np.nonzero((accounts.tax_type == TAXABLE) & (rng.random(len(accounts)) < 0.125))[0]
    owner = np.repeat(owners, rng.integers(1, 4, len(owners)))
    stock = rng.random(len(owner)) < (0.6 if len(stocks) else 0.0)
    what = np.where(
        stock, rng.choice(stocks if len(stocks) else funds, len(owner)), rng.choice(funds, len(owner))
    )
    share = np.round(0.03 + 0.32 * rng.random(len(owner)) ** 2, 4)
    taken = np.bincount(owner, weights=share, minlength=len(accounts))
    share = share * np.minimum(1.0, 0.6 / np.maximum(taken, 1e-9))[owner]
    taken = np.minimum(taken, 0.6)
    return (
        np.concatenate([account, owner]),
        np.concatenate([symbol, what]),
        np.concatenate([weight * (1 - taken[account]), share]),
        np.concatenate([np.zeros(len(account), bool), np.ones(len(owner), bool)]),
    )


def _at(matrix: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Values of a day, or of the first later day that has one."""
    first = np.argmax(~np.isnan(matrix), axis=0)
    value: np.ndarray = matrix[np.maximum(row, first[column]), column]
    gap = np.isnan(value)
    if gap.any():
        value[gap] = matrix[-1, column[gap]]
    return value


@dataclass(slots=True)
class Lots:
    """Long arrays, sorted by account and symbol."""

    account: np.ndarray
    symbol: np.ndarray
    quantity: np.ndarray
    cost: np.ndarray  # NaN: basis unknown
    row: np.ndarray  # of the market's days

    def __len__(self) -> int:
        return len(self.account)


def draw_lots(
    market: Market, accounts: Accounts, positions: Positions, *, settled: bool, rng: np.random.Generator
) -> Lots:
    """Each position in one to six purchases: at opening, on common later dates, at the last rebalance."""
    n = len(positions.account)
    direct = accounts.arm[positions.account] > 0
    number = np.where(direct, 1 + (rng.random(n) < 0.1), 1 + np.minimum(rng.poisson(1.2, n), 5))
    place = np.repeat(np.arange(n), number)
    turn = np.arange(len(place)) - np.repeat(np.cumsum(number) - number, number)
    account = positions.account[place]
    dates = _trade_dates(market, accounts, rng)
    slot = np.where(
        turn == 0, np.where(rng.random(len(place)) < 0.6, 0, rng.integers(0, 6, len(place))), turn
    )
    row = dates[account, slot]
    old = market.row(np.datetime64("2001-01-02")) + (rng.random(len(place)) ** 1.5 * 2200).astype(int)
    row = np.where(positions.legacy[place], np.minimum(old, accounts.opened[account]), row)
    first_day = np.argmax(~np.isnan(market.cost), axis=0)
    row = np.maximum(row, first_day[positions.symbol[place]])
    if settled:
        row = _harvested(market, row, positions.symbol[place])
    part = rng.random(len(place)) + np.where(turn == 0, 1.0, 0.2)
    whole = np.bincount(place, weights=part, minlength=n)
    step = np.where(accounts.fractional[account], 1e3, 1.0)
    quantity = np.floor(positions.quantity[place] * part / whole[place] * step) / step
    given = np.bincount(place, weights=np.where(turn == 0, 0.0, quantity), minlength=n)
    quantity = np.where(turn == 0, np.round(positions.quantity[place] - given[place], 3), quantity)
    cost = np.round(_at(market.cost, row, positions.symbol[place]), 4)
    lost = positions.legacy[place] & (rng.random(len(place)) < 0.04)
    cost = np.where(lost | (rng.random(len(place)) < 0.0005), np.nan, np.maximum(cost, 0.0001))
    keep = np.nonzero(quantity > 0)[0]
    keep = keep[np.lexsort((row[keep], positions.symbol[place[keep]], account[keep]))]
    return Lots(account[keep], positions.symbol[place[keep]], quantity[keep], cost[keep], row[keep])


def _harvested(market: Market, row: np.ndarray, symbol: np.ndarray) -> np.ndarray:
    """Purchase days after harvesting: a losing lot was replaced at its security's low of two to six months ago."""
    first, last = max(len(market.days) - 126, 0), len(market.days) - 46
    recent = np.where(np.isnan(market.cost[first:last]), np.inf, market.cost[first:last])
    low = first + np.argmin(recent, axis=0)
    losing = _at(market.cost, row, symbol) > 0.98 * market.close[-1, symbol]
    return np.where(losing, np.maximum(row, low[symbol]), row)


def _trade_dates(market: Market, accounts: Accounts, rng: np.random.Generator) -> np.ndarray:
    """Six purchase days per account from opening to the last rebalance; one in 25 bought lately."""
    n = len(accounts)
    span = accounts.rebalanced - accounts.opened
    between = accounts.opened[:, None] + (span[:, None] * np.sort(rng.random((n, 4)), axis=1)).astype(int)
    lately = np.where(
        rng.random(n) < 0.04, len(market.days) - 2 - rng.integers(0, 40, n), accounts.rebalanced
    )
    return np.column_stack([accounts.opened, between, np.maximum(lately, accounts.opened)])


def lots_frame(market: Market, accounts: Accounts, lots: Lots) -> pl.DataFrame:
    """The `lots` table; lot identifiers count within the account."""
    start = np.searchsorted(lots.account, np.arange(len(accounts)))
    within = np.arange(len(lots)) - start[lots.account] + 1
    labels = pl.Series([f"L{i:04d}" for i in range(int(within.max(initial=0)) + 1)])
    return pl.DataFrame(
        {
            "account_id": accounts.ids.gather(lots.account),
            "lot_id": labels.gather(within),
            "security_id": pl.Series(market.symbols).gather(lots.symbol),
            "quantity": lots.quantity,
            "unit_cost": pl.Series(lots.cost).fill_nan(None),
            "acquired": pl.Series(market.days[lots.row]).cast(pl.Date),
        }
    )


def accounts_frame(
    market: Market, accounts: Accounts, lots: Lots, *, rng: np.random.Generator
) -> pl.DataFrame:
    """The `accounts` table: cash is what whole shares left over, and for some a deposit or almost none."""
    n = len(accounts)
    held = np.bincount(lots.account, weights=lots.quantity * market.close[-1, lots.symbol], minlength=n)
    cash = np.maximum(accounts.value - held, 0.0)  # what whole shares left over
    cash += np.where(rng.random(n) < 0.01, accounts.value * rng.random(n) * 0.06, 0.0)
    cash *= np.where(rng.random(n) < 0.01, 0.1, 1.0)
    taxable = accounts.tax_type == TAXABLE
    registration = np.where(
        taxable,
        np.where(rng.random(n) < 0.5, "individual", np.where(rng.random(n) < 0.6, "joint", "trust")),
        np.where(accounts.tax_type == EXEMPT, "roth_ira", np.where(rng.random(n) < 0.07, "401k", "ira")),
    )
    status = rng.choice(["open", "frozen", "closing", "arriving"], n, p=[0.985, 0.005, 0.005, 0.005])
    household = [None if h < 0 else f"H{h + 1:06d}" for h in accounts.household]
    taxpayer = [None if h < 0 else f"T{h + 1:06d}" for h in accounts.household]
    told, traded = taxable & (rng.random(n) < 0.93), rng.random(n) < 0.5
    short = np.where(told, np.round(traded * accounts.value * 0.004 * rng.standard_normal(n), 2), np.nan)
    long = np.where(
        told, np.round(traded * accounts.value * 0.01 * (rng.standard_normal(n) + 0.3), 2), np.nan
    )
    return pl.DataFrame(
        {
            "account_id": accounts.ids,
            "firm_id": [firm_id(f) for f in accounts.firm],
            "tax_type": [TAX_TYPES[t] for t in accounts.tax_type],
            "cash": np.round(cash, 2),
            "household_id": household,
            "taxpayer_id": taxpayer,
            "advisor_id": [
                f"{firm_id(f)}-ADV{a}" for f, a in zip(accounts.firm, rng.integers(1, 6, n), strict=True)
            ],
            "custodian": rng.choice(CUSTODIANS, n, p=[0.45, 0.35, 0.12, 0.08]),
            "model_id": accounts.model,
            "registration": registration,
            "status": status,
            "margin": rng.random(n) < 0.02,
            "reinvest": rng.random(n) < 0.06,
            "ytd_short": pl.Series(short).fill_nan(None),
            "ytd_long": pl.Series(long).fill_nan(None),
            "opened": pl.Series(market.days[accounts.opened]).cast(pl.Date),
        }
    )
