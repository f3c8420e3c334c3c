"""Jointly: answers of all accounts, those that are tied together as one unit or in turn, the others alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl

from trimtab.desk.answer import Answered, answer_all, better, solved
from trimtab.desk.day import Day, focused
from trimtab.desk.propose import Asked, ask
from trimtab.desk.units import Ties
from trimtab.desk.whole import UNSOUND, bound_with, whole_trades
from trimtab.ledger.shard import scopes
from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.certify_batch import Verdict, certify_batch, certify_trades
from trimtab.optimize.joint import Joint, join, with_lot_rows
from trimtab.optimize.located import HouseRow, Houses, around, household_terms, locate
from trimtab.optimize.problem import Bools, Floats, Ints, Status
from trimtab.optimize.roundable import differing, roundable
from trimtab.optimize.rounding import Rounded, round_batch
from trimtab.optimize.solve import GAP
from trimtab.optimize.split import budget_rows, split
from trimtab.optimize.terms import Terms, terms_at, united

_SHARD = 64  # accounts of joint units that are laid out together; no result depends on it
_ROUNDS = 3  # of rows for budgets that an answer without them breaks
_CENT = 0.01


def answer_everyone(
    day: Day, accounts: pl.DataFrame, tied: Ties, *, threads: int = 1, advance: Callable[[int], None]
) -> Iterator[Answered]:
    """Answers of all these accounts (with each, all that it is tied to); `advance` is told how many were done.

    A joint unit without a lawful answer is answered account by account, so that the safe part is not lost.
    """
    mine = tied.accounts.join(accounts.select("account_id"), on="account_id", how="semi")
    alone = accounts.join(mine, on="account_id", how="anti", maintain_order="left")
    yield from answer_all(day, alone, threads=threads, advance=advance)
    left = mine.filter(~pl.col("joint"))
    for units in _shards(mine.filter("joint")):
        group = accounts.join(units, on="account_id", how="inner", maintain_order="left")
        found = _answer(day, group, threads=threads)
        if found is not None:
            yield found
        done = [] if found is None else _named(found)
        open_units = units.filter(~pl.col("unit_id").is_in(done))
        left = pl.concat([left, open_units])
        advance(len(units) - len(open_units))
    for unit in left["unit_id"].unique().sort():
        group = accounts.join(
            left.filter(pl.col("unit_id") == unit), on="account_id", how="semi", maintain_order="left"
        )
        yield from _in_turn(day, group)
        advance(len(group))


def _shards(units: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Whole units, about as many accounts at a time."""
    ordered = units.sort("unit_id", "account_id").with_columns(
        shard=pl.int_range(pl.len()).first().over("unit_id") // _SHARD
    )
    for shard in ordered["shard"].unique().sort():
        yield ordered.filter(pl.col("shard") == shard).drop("shard").sort("account_id")


def _named(found: Answered) -> list[str]:
    """The units that a group answers for."""
    return sorted(
        {unit for unit, status in zip(found.unit_ids, found.answers.status, strict=True) if status >= 0}
    )


def _answer(day: Day, accounts: pl.DataFrame, *, threads: int) -> Answered | None:
    """Joint answers of whole units (`accounts` with their unit_id); those without a lawful one are marked as left."""
    located = day.located.join(accounts, on="account_id", how="semi")
    asked = ask(day, accounts.drop("unit_id", "joint"), located=located)
    names = accounts["unit_id"].to_numpy()
    units = [np.flatnonzero(names == name) for name in np.unique(names)]
    weight = asked.accounts["tax_weight"].to_numpy()
    keys = _wash_keys(day, asked, accounts.select("account_id", "unit_id"))
    joint = join(asked.assembled, asked.years, weight, units=units, keys=keys)
    houses = _houses(asked, np.unique(names), located)
    joint = locate(joint, asked.assembled, houses)
    held, answers, kept = _within_budgets(asked, joint, threads=threads)
    answered = np.isin(answers.status, (Status.SOLVED, Status.SOLVED_INACCURATE))
    if not answered.any():
        return None
    done = _complete(asked, held, answers, names=names, good=answered & kept, houses=houses)
    return _bounded(done, joint, threads=threads)


def _bounded(done: Answered, joint: Joint, *, threads: int) -> Answered:
    """The answers with a bound of each unit that holds for its whole shares, too."""
    trade, sale = whole_trades(done.asked, done.rounded)
    own = trade[joint.asset_at] * joint.share[joint.asset_of], sale[joint.lot_at] * joint.share[joint.lot_of]
    first = joint.members[joint.start[:-1]]
    unit = np.zeros(len(done.bound), np.int64)
    unit[joint.members] = np.repeat(np.arange(len(joint.value)), np.diff(joint.start))
    assembled, good = done.asked.assembled, done.rounded.lawful & (done.answers.status >= 0)
    constant = np.bincount(unit, assembled.value * assembled.constant, len(joint.value))
    lower, sound = bound_with(
        joint.batch,
        own,
        worth=(done.whole.objective[first] - constant) / joint.value,
        bound=(done.bound[first] - constant) / joint.value,
        lawful=np.bincount(unit[~good], minlength=len(joint.value)) == 0,
        solve=partial(solved, threads=threads),
    )
    lower = np.minimum(done.bound, (joint.value * lower + constant)[unit])
    faults = tuple(fault or ("" if sound[u] else UNSOUND) for fault, u in zip(done.faults, unit, strict=True))
    return replace(done, lower_bound=lower, faults=faults)


def _houses(asked: Asked, units: np.ndarray, located: pl.DataFrame) -> Houses:
    """The rows of each unit that is a located household, by its number, and what of each account is its owner's."""
    owned = asked.accounts.select("account_id").join(
        located.select("account_id", "net"), on="account_id", how="left", maintain_order="left"
    )
    found: dict[int, list[HouseRow]] = {}
    for unit, row, lower, upper in asked.houses.select("unit_id", "row", "lower", "upper").iter_rows():
        found.setdefault(int(np.searchsorted(units, unit)), []).append((row, lower, upper))
    return Houses(found, owned["net"].fill_null(1.0).to_numpy())


def _within_budgets(asked: Asked, joint: Joint, *, threads: int) -> tuple[Joint, Answers, Bools]:
    """Solve without the accounts' tax budgets, then with rows for those that the answer breaks; whether all are kept.

    The bound is that of the problem without such rows.
    """
    answers = solved(joint.batch, threads=threads)
    bound = answers.lower_bound.copy()
    for _ in range(_ROUNDS):
        rows = budget_rows(asked.assembled, joint, answers)
        if not rows:
            break
        joint = replace(joint, batch=with_lot_rows(joint, rows))
        answers = solved(joint.batch, threads=threads)
    broken = [unit for unit, _, _ in budget_rows(asked.assembled, joint, answers)]
    kept = ~np.isin(np.arange(len(joint.value)), broken)
    answers = replace(answers, lower_bound=bound)
    proven = answers.objective <= bound + GAP
    status = np.where(proven | (answers.status != Status.SOLVED), answers.status, Status.SOLVED_INACCURATE)
    return joint, replace(answers, status=status), kept


def _wash_keys(day: Day, asked: Asked, units: pl.DataFrame) -> Ints:
    """The wash group of every asset of a batch, numbered: shared by the taxed accounts of one scope and by the untaxed
    ones of their unit that the scope sees.
    """
    mine, members = scopes(day.tables["accounts"], day.settings.wide)
    own = mine.join(units, on="account_id", how="inner", maintain_order="right")
    taxed = own.filter("taxable").group_by("unit_id").agg(seen_by=pl.col("scope_id").min())
    sees = members.select("account_id", seen_by="scope_id", seen=pl.lit(value=True))
    own = own.join(taxed, on="unit_id", how="left").join(sees, on=["account_id", "seen_by"], how="left")
    beside = pl.when(~pl.col("taxable") & pl.col("seen")).then("seen_by")
    own = own.select("account_id", scope_id=pl.coalesce(beside, "scope_id"))
    groups = day.tables["securities"].select(
        "security_id", place=pl.coalesce("identical_group", "security_id")
    )
    lines = (
        asked.assembled.lines.join(groups, on="security_id", how="left", maintain_order="left")
        .join(own.select("account_id", "scope_id"), on="account_id", how="left", maintain_order="left")
        .with_columns(key=pl.struct("scope_id", "place").rank("dense").cast(pl.Int64) - 1)
    )
    keys = np.full(len(asked.assembled.batch.target), -1, np.int64)
    at = asked.assembled.batch.asset_offset[lines["a"].to_numpy()] + lines["line"].to_numpy()
    keys[at] = lines["key"].to_numpy()
    return keys


def _complete(
    asked: Asked, joint: Joint, answers: Answers, *, names: np.ndarray, good: Bools, houses: Houses
) -> Answered:
    """Give joint answers back to their accounts, in whole shares, valued and certified as units."""
    batch, given = split(asked.assembled, joint, answers)
    asked = replace(asked, assembled=replace(asked.assembled, batch=batch))
    weight = asked.accounts["tax_weight"].to_numpy()
    _, unit = np.unique(names, return_inverse=True)
    apart = partial(terms_at, asked.assembled, asked.years, weight)
    alone = replace(asked, assembled=around(asked.assembled, joint, given, houses))
    room = roundable(alone.assembled, given, asked.holdings)
    rounded = _rounded(alone, given, room, partial(terms_at, alone.assembled, asked.years, weight))

    def at(trade: Floats, sale: Floats) -> Terms:
        found = household_terms(apart(trade, sale), asked.assembled, joint, houses=houses, trade=trade)
        return united(found, unit, years=asked.years, weight=weight)

    trades = whole_trades(asked, rounded)
    whole = at(*trades)
    lawful = rounded.lawful & _budgets_kept(asked, whole)
    out = np.bincount(unit[~lawful], minlength=len(good)) + ~good > 0
    constant = np.bincount(unit, asked.assembled.value * asked.assembled.constant, len(good))
    bound = (joint.value * answers.lower_bound + constant)[unit]
    return Answered(
        asked,
        replace(given, status=np.where(out[unit], -1, given.status)),
        replace(rounded, lawful=lawful),
        at(np.zeros(len(batch.target)), np.zeros(len(batch.lot_size))),
        at(given.trade, given.sale),
        whole,
        _faults(joint, answers, unit=unit, whole=certify_trades(room, *trades, ticket=room.ticket)),
        tuple(names.tolist()),
        bound,
        bound,
    )


def _faults(joint: Joint, answers: Answers, *, unit: Ints, whole: Verdict) -> tuple[str, ...]:
    """The gravest fault of each account's unit: of its answer, else of the whole shares of one account."""
    free = replace(joint.batch, min_trade=np.zeros_like(joint.batch.min_trade))
    exact = certify_batch(free, answers, idle=False)
    found = ["" if ok else kind for ok, kind in zip(exact.ok, exact.kind, strict=True)]
    for account in np.flatnonzero(~whole.ok):
        found[unit[account]] = found[unit[account]] or f"{whole.kind[account]} in whole shares"
    return tuple(found[u] for u in unit)


def _rounded(asked: Asked, given: Answers, room: Batch, at: Callable[[Floats, Floats], Terms]) -> Rounded:
    """Whole shares of every account: the better of two ways, its gains priced at the rates of the joint answer."""
    batch = asked.assembled.batch
    rates = np.zeros((len(batch), 2))
    rates[np.diff(batch.piece_offset) > 0] = batch.piece_slope
    weight = asked.accounts["tax_weight"].to_numpy()

    def attempt(within: Batch, only: Bools | None = None) -> tuple[Rounded, Floats]:
        rounded = round_batch(within, given, asked.holdings, only=only)
        found = at(*whole_trades(asked, rounded))
        worth = found.objective - weight * found.tax + rates[:, 0] * found.short + rates[:, 1] * found.long
        return rounded, np.where(rounded.lawful, worth, np.inf)

    rounded, worth = attempt(room)
    priced = roundable(asked.assembled, given, asked.holdings, edges=True)
    other = differing(room, priced)
    edged, worth_edged = attempt(priced, other)
    return better(batch, rounded, edged, take=other & (worth_edged < worth))


def _budgets_kept(asked: Asked, whole: Terms) -> Bools:
    """Whether the tax that each account adds by itself is within its budget, to the cent."""
    added = asked.years.added_tax(whole.short, whole.long)
    room = asked.years.budget_room(asked.accounts["tax_budget"].to_numpy())
    return np.asarray(~asked.years.taxed | (added <= room + _CENT))


def _in_turn(day: Day, accounts: pl.DataFrame) -> Iterator[Answered]:
    """Accounts of one taxpayer one after the other, by account_id: each meets the year as those before it leave it."""
    before, day = day.years, focused(day, accounts)
    for row in range(len(accounts)):
        one = accounts.slice(row, 1)
        found = list(answer_all(replace(day, years=before), one, advance=lambda _: None))
        place = before.account_ids.index(one["account_id"][0])
        if not _keeps_budget(day, found, place):
            found = list(answer_all(day, one, advance=lambda _: None))
        for group in found:
            yield replace(group, in_turn=True)
        short, long = _realized(found)
        same = (before.payer == before.payer[place]) & (np.arange(len(before.payer)) != place)
        before = before.after(np.where(same, short, 0.0), np.where(same, long, 0.0))


def _realized(found: list[Answered]) -> tuple[float, float]:
    """The gains of the answer to one account, nothing where it has none that may be traded."""
    for group in found:
        if group.answers.status[0] >= 0 and group.solved[0] and group.rounded.lawful[0]:
            return float(group.whole.short[0]), float(group.whole.long[0])
    return 0.0, 0.0


def _keeps_budget(day: Day, found: list[Answered], place: int) -> bool:
    """Whether an answer keeps the account's tax budget in the year as it stood before the run."""
    years = day.years.take(np.array([place]))
    short, long = (np.array([gain]) for gain in _realized(found))
    if not years.taxed[0]:
        return True
    budget = found[0].asked.accounts["tax_budget"].to_numpy()
    return bool((years.added_tax(short, long) <= years.budget_room(budget) + _CENT)[0])
