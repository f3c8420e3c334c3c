"""Answer: solve what was asked, attempt by attempt, and bring the answers to whole shares."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import polars as pl

from trimtab.desk.certificate import faults_of
from trimtab.desk.conflict import TAX_BUDGET, Collision, Eased, ease, over_budget
from trimtab.desk.day import Day, focused
from trimtab.desk.near import Aim
from trimtab.desk.propose import Asked, ask, risk_weighed
from trimtab.desk.whole import UNSOUND, bound_with, whole_trades
from trimtab.optimize.batch import Answers, Batch
from trimtab.optimize.complete import complete
from trimtab.optimize.minimum import solve_with_minimum, take
from trimtab.optimize.problem import Bools, Floats, Problem, Status
from trimtab.optimize.roundable import differing, roundable, side_prices
from trimtab.optimize.rounding import Rounded, round_batch
from trimtab.optimize.shares import answers_of
from trimtab.optimize.solve import GAP, solve_batch
from trimtab.optimize.terms import Terms, terms_at
from trimtab.optimize.tracking import solve_within, variances

SHARD = 256
_TINY = 1e-9
_TIGHTER = 5  # times that a limit on tracking error is tightened for whole shares to meet it
_CENT = 0.01
_ROOMS = (0.0, 0.125, 0.25, 0.5, 1.0)
"""Of the dearest share, wholly taxed: what a tax budget that gave way gives whole shares, the least that they need."""
_ATTEMPTS = ((False, False), (False, True), (True, False), (True, True))
"""(forced, no_buys), in the order in which limits give way."""


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """One group of accounts with its answers: the objective's terms with no trade, as solved, and in whole shares.

    `faults` says per account what the certifier holds against its answer; empty where that is in order. `price` is
    what variance costs each account beyond its risk aversion, to hold it to a limit or its target. `unit_ids` names
    the unit that each account was solved in; objectives and bounds (dollars) are the unit's: `bound` of the problem as
    it was solved, `lower_bound` of what its whole shares were allowed, too. `in_turn`: accounts that share a year were
    solved one after the other.
    """

    asked: Asked
    answers: Answers
    rounded: Rounded
    none: Terms
    exact: Terms
    whole: Terms
    faults: tuple[str, ...]
    unit_ids: tuple[str, ...]
    bound: Floats
    lower_bound: Floats
    collisions: tuple[Collision, ...] = ()
    price: Floats | None = None
    in_turn: bool = False

    @property
    def solved(self) -> Bools:
        """Which accounts have an answer."""
        status = self.answers.status
        return np.asarray((status == Status.SOLVED) | (status == Status.SOLVED_INACCURATE))


def answer_all(
    day: Day, accounts: pl.DataFrame, *, threads: int = 1, advance: Callable[[int], None]
) -> Iterator[Answered]:
    """Answers of all accounts that ask, in shards; `advance` is told how many accounts were done.

    An account is answered by the first attempt that finds it feasible; else its limits give way.
    """
    for start in range(0, len(accounts), SHARD):
        left = accounts.slice(start, SHARD)
        own = focused(day, left)
        for forced, no_buys in _ATTEMPTS:
            if len(left) == 0:
                break
            found = _answer(ask(own, left, forced=forced, no_buys=no_buys), threads)
            yield _keep(found, found.solved)
            left = left.filter(pl.Series(~found.solved))
        for row in range(len(left)):
            yield _eased(own, left.slice(row, 1))
        advance(min(SHARD, len(accounts) - start))


def _answer(asked: Asked, threads: int) -> Answered:
    solve = partial(solved, threads=threads)
    batch, spared = asked.assembled.batch, _spared(asked)
    if not spared.any():
        found = solve(batch)
    else:
        light = solve(replace(batch, risk_aversion=batch.risk_aversion - spared))
        units, bound = np.flatnonzero(spared > 0.0), light.lower_bound.copy()
        bound[units] = solve(take(batch, units)).lower_bound
        found = _at_own_risk(batch, light, spared, bound)
    return _bounded(_near(asked, found, solve), solve)


def _bounded(done: Answered, solve: Callable[[Batch], Answers]) -> Answered:
    """The answers with a bound that holds for what was published, solved again where whole shares went below it."""
    asked, batch, value = done.asked, done.asked.assembled.batch, done.asked.assembled.value
    constant = asked.assembled.constant
    lower, sound = bound_with(
        batch,
        whole_trades(asked, done.rounded),
        worth=done.whole.objective / value - constant,
        bound=done.bound / value - constant,
        lawful=done.solved & done.rounded.lawful,
        solve=solve,
        paid=None if done.price is None else (done.price, done.whole.variance),
    )
    faults = tuple(fault or ("" if ok else UNSOUND) for fault, ok in zip(done.faults, sound, strict=True))
    return replace(done, lower_bound=np.minimum(done.bound, value * (lower + constant)), faults=faults)


def _spared(asked: Asked) -> Floats:
    """The risk aversion that an account's choice leaves out and its objective counts (`risk_weighed`)."""
    return asked.assembled.batch.risk_aversion * (1.0 - risk_weighed(asked.accounts))


def _at_own_risk(batch: Batch, answers: Answers, spared: Floats, bound: Floats) -> Answers:
    """Answers found with some risk aversion `spared`, at the account's own; `bound` is of its own objective."""
    found = answers.status <= Status.SOLVED_INACCURATE
    moved = found & (spared > 0.0)
    objective = np.where(moved, answers.objective + spared * variances(batch, answers), answers.objective)
    lower = np.where(
        moved, np.minimum(np.maximum(bound, answers.lower_bound), objective), answers.lower_bound
    )
    proven = objective <= lower + GAP
    status = np.where(moved, np.where(proven, Status.SOLVED, Status.SOLVED_INACCURATE), answers.status)
    return replace(answers, objective=objective, lower_bound=lower, status=status)


def _near(asked: Asked, answers: Answers, solve: Callable[[Batch], Answers]) -> Answered:
    """Whole shares within the limits on tracking error: where rounding passes one, solved again a little tighter."""
    aim = Aim.of(asked)
    if not aim.asks:
        spared = _spared(asked)
        return _complete(asked, answers, price=-spared if spared.any() else None)
    batch, inner = asked.assembled.batch, aim.limit.copy()
    first = tracked = solve_within(batch, answers, inner, solve=solve, target=aim.target)
    for _ in range(_TIGHTER):
        done = _complete(asked, tracked.answers, price=tracked.price)
        over = first.met & done.rounded.lawful & (aim.beyond(done.whole.variance) > 0.0)
        if not over.any():
            break
        inner = np.where(over, np.maximum(inner - 1.2 * aim.beyond(done.whole.variance), 0.0), inner)
        tracked = solve_within(batch, answers, inner, solve=solve, target=aim.target)
    exact = _at(asked, first.answers.trade, first.answers.sale)
    found = aim.collisions(np.where(done.rounded.lawful, done.whole.variance, exact.variance), first.answers)
    bound = asked.assembled.value * (first.answers.lower_bound + asked.assembled.constant)
    return replace(
        done, answers=first.answers, exact=exact, bound=bound, collisions=found, price=tracked.price
    )


def _eased(day: Day, account: pl.DataFrame) -> Answered:
    """Answer for one account whose limits collide: widened as far as the order of giving way needs."""
    short = bool(account["cash_short"][0])
    asked = ask(day, account, forced=short, no_buys=short)
    eased = ease(_lightly(asked))
    batch = asked.assembled.batch
    if eased.problem is None or eased.solution is None:
        empty = solve_batch(batch)
        unsolved = replace(empty, status=np.full(1, Status.INFEASIBLE))
        return replace(_complete(asked, unsolved), collisions=eased.collisions)
    passed = any(one.limit == TAX_BUDGET for one in eased.collisions)
    for part in _ROOMS if passed else _ROOMS[-1:]:
        done = _widened(asked, eased, part)
        if done.rounded.lawful[0]:
            break
    done = _bounded(done, solve_batch)
    return replace(done, collisions=(*_as_passed(done, eased.collisions), *done.collisions))


def _widened(asked: Asked, eased: Eased, part: float) -> Answered:
    """The answer within limits that gave way, the tax budget with `part` of a share's room."""
    assert eased.problem is not None
    assert eased.solution is not None
    batch = asked.assembled.batch
    problem = _roomy(batch, eased.problem, asked, part)
    wide = replace(
        batch,
        lower=problem.lower,
        upper=problem.upper,
        row_lower=problem.row_lower,
        row_upper=problem.row_upper,
        gain_budget=_one(problem.gain_budget),
        turnover=_one(problem.turnover),
        max_trades=_one(problem.max_trades),
        piece_sides=batch.piece_sides if problem.year is None else problem.year.sides,
    )
    asked = replace(asked, assembled=replace(asked.assembled, batch=wide))
    answers, spared = answers_of(wide, [eased.solution]), _spared(asked)
    if spared.any():
        answers = _at_own_risk(wide, answers, spared, answers.lower_bound)
    return _near(asked, answers, solve_batch)


def _as_passed(done: Answered, collisions: tuple[Collision, ...]) -> tuple[Collision, ...]:
    """The collisions with what whole shares pass the tax budget by, to the cent, in place of what was expected."""
    if not done.rounded.lawful[0]:
        return collisions
    years, budget = done.asked.years, done.asked.accounts["tax_budget"].to_numpy()
    standing = np.maximum(budget, years.budget_used(np.zeros(1), np.zeros(1)))
    excess = round(float((years.budget_used(done.whole.short, done.whole.long) - standing)[0]), 2)
    others = tuple(one for one in collisions if one.limit != TAX_BUDGET)
    taxed = bool(years.taxed[0])
    return (*others, over_budget(excess)) if taxed and excess >= _CENT else others


def _lightly(asked: Asked) -> Asked:
    """What was asked, without the risk that its choice leaves out."""
    batch = asked.assembled.batch
    light = replace(batch, risk_aversion=batch.risk_aversion - _spared(asked))
    return replace(asked, assembled=replace(asked.assembled, batch=light))


def _one(limit: float | None) -> Floats:
    """The column of a batch of one."""
    return np.full(1, np.inf if limit is None else limit)


def _roomy(batch: Batch, eased: Problem, asked: Asked, part: float) -> Problem:
    """Limits that gave way give a share more (the dearest), for whole shares to fit; the tax budget `part` of that."""
    holdings = asked.holdings
    share = float((holdings.unit * (holdings.price * 1e-18) / holdings.value[0]).max())
    year = eased.year
    if year is not None:
        moved = year.sides[:, :, 2] > batch.piece_sides[:, :, 2]
        rates = np.abs(year.sides[:, :, :2]).max(axis=2)
        room = np.where(moved, part * share * rates, 0.0)
        year = replace(year, sides=np.dstack([year.sides[:, :, :2], year.sides[:, :, 2] + room]))
    gains = eased.gain_budget
    if gains is not None and gains > batch.gain_budget[0]:
        gains += share * float(np.abs(batch.lot_gain).max(initial=0.0))
    return replace(
        eased,
        gain_budget=gains,
        year=year,
        turnover=eased.turnover
        if eased.turnover is None
        else eased.turnover + share * (eased.turnover > batch.turnover[0]),
        row_lower=np.where(eased.row_lower < batch.row_lower, eased.row_lower - share, eased.row_lower),
        row_upper=np.where(eased.row_upper > batch.row_upper, eased.row_upper + share, eased.row_upper),
    )


def _at(asked: Asked, trade: Floats, sale: Floats) -> Terms:
    """The objective's terms at some trades and sales."""
    return terms_at(asked.assembled, asked.years, asked.accounts["tax_weight"].to_numpy(), trade, sale)


def _complete(asked: Asked, answers: Answers, *, price: Floats | None = None) -> Answered:
    """Bring answers to whole shares and value them; `price` weighs variance in choosing among whole shares."""
    batch = asked.assembled.batch
    extra = np.zeros(len(batch)) if price is None else price
    weighed = replace(asked.assembled, batch=replace(batch, risk_aversion=batch.risk_aversion + extra))

    def at(trade: Floats, sale: Floats) -> Terms:
        return _at(asked, trade, sale)

    def attempt(
        room: Batch, only: Bools | None = None, prices: Floats | None = None
    ) -> tuple[Rounded, Floats]:
        rounded = round_batch(room, answers, asked.holdings, only=only, lot_prices=prices)
        worth = at(*whole_trades(asked, rounded))
        weighed_worth = worth.objective + extra * asked.assembled.value * worth.variance
        return rounded, np.where(rounded.lawful, weighed_worth, np.inf)

    room, priced = (roundable(weighed, answers, asked.holdings, edges=edges) for edges in (False, True))
    rounded, worth = attempt(room, prices=side_prices(batch, answers))
    other = differing(room, priced)
    if other.any():
        edged, worth_edged = attempt(priced, other)
        rounded = better(batch, rounded, edged, take=other & (worth_edged < worth))
    rest = (answers.status <= Status.SOLVED_INACCURATE) & ~rounded.lawful
    loose = roundable(weighed, answers, asked.holdings, pieces=False) if rest.any() else room
    if rest.any():
        rounded = better(batch, rounded, _off_piece(asked, loose, answers, rest), take=rest)
    nothing = at(np.zeros(len(batch.target)), np.zeros(len(batch.lot_size)))
    trades = whole_trades(asked, rounded)
    exact, whole = at(answers.trade, answers.sale), at(*trades)
    faults = faults_of(
        batch, answers, rooms=((room, ~rest), (loose, rest)), trades=trades, lawful=rounded.lawful
    )
    bound = asked.assembled.value * (answers.lower_bound + asked.assembled.constant)
    names = asked.assembled.account_ids
    return Answered(asked, answers, rounded, nothing, exact, whole, faults, names, bound, bound)


def _off_piece(asked: Asked, loose: Batch, answers: Answers, which: Bools) -> Rounded:
    """Whole shares of some accounts wherever their year then stands; lawful where the tax itself keeps its budget."""
    rounded = round_batch(loose, answers, asked.holdings, only=which)
    worth, years = _at(asked, *whole_trades(asked, rounded)), asked.years
    room = years.budget_room(asked.accounts["tax_budget"].to_numpy())
    within = ~years.taxed | (years.added_tax(worth.short, worth.long) <= room + _TINY * asked.assembled.value)
    return replace(rounded, lawful=rounded.lawful & within)


def better(batch: Batch, first: Rounded, second: Rounded, *, take: Bools) -> Rounded:
    """The second rounding for the accounts that take it, the first for all others."""
    asset, lot = (np.repeat(take, np.diff(offset)) for offset in (batch.asset_offset, batch.lot_offset))
    which = {"quantity": asset, "notional": asset, "paid": asset, "sold": lot}
    return Rounded(
        **{
            field.name: np.where(
                which.get(field.name, take), getattr(second, field.name), getattr(first, field.name)
            )
            for field in fields(Rounded)
        }
    )


def solved(batch: Batch, *, threads: int) -> Answers:
    """Solve a batch, minimum trades included; the fallback is asked for what the kernels leave open."""
    return complete(batch, solve_with_minimum(batch, threads=threads))


def _keep(found: Answered, done: Bools) -> Answered:
    """Mark the accounts of a group that this attempt answers for; the others are left to the next."""
    status = np.where(done, found.answers.status, -1)
    mine = tuple(one for one in found.collisions if done[one.account])
    return replace(found, answers=replace(found.answers, status=status), collisions=mine)
