"""Proof of value: what one year's management saved against a stated baseline, as arithmetic on two
histories.

Three steps lead from what the baseline would have realized to what was realized: gains made permanent
(turned long-term, given away, stepped up), gains deferred, losses harvested. Each is the change of T on its
straight path, so the lots' parts sum to it and the steps sum to the whole. docs/spec/savings.md states the
method and its limits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from trimtab.core.dates import Term
from trimtab.ledger.exact import ZERO, above, exact, rounded_to_sum
from trimtab.ledger.lots import Closed
from trimtab.ledger.metrics import deferral_value, share
from trimtab.ledger.netting import Carry
from trimtab.ledger.regions import path_rates, year_regions
from trimtab.ledger.year import TaxpayerYear

Point = tuple[Fraction, Fraction]


class Saving(StrEnum):
    """How a dollar of tax was saved."""

    PERMANENT = "permanent"
    DEFERRED = "deferred"
    HARVESTED = "harvested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Realized:
    """Gain recognized on one lot in the year, by term, losses negative; None where the lot's basis is
    unknown.
    """

    account_id: str
    security_id: str
    lot_id: str
    short: Fraction | None
    long: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a figure rests on: the baseline in words, and the rate and years at which deferral is valued."""

    baseline: str
    discount_rate: Fraction
    years: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One lot's part of one kind of saving: gains not realized by term (losses harvested count positive),
    tax saved.

    `used` lowered this year's tax; `carried` is the worth of losses that wait for later years. The line
    without a lot is the effect of losses that earlier years left over.
    """

    saving: Saving
    account_id: str
    security_id: str
    lot_id: str
    short: Fraction
    long: Fraction
    used: Fraction
    carried: Fraction

    @property
    def saved(self) -> Fraction:
        """Tax saved this year and carried, together."""
        return self.used + self.carried


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """A year's savings by kind, each a sum of lines; `unknown` are the lots left out because a basis is
    unknown.

    `fully_usable` is the trade's other convention: every avoided gain and every loss at its own rate,
    nothing netted.
    """

    stated: Stated
    year: TaxpayerYear
    lines: tuple[Line, ...]
    unknown: tuple[Realized, ...]
    fully_usable: Fraction

    def of(self, *kinds: Saving) -> Fraction:
        """Tax saved on the known lots in the kinds given; in all, if none is."""
        return sum((line.saved for line in self.lines if not kinds or line.saving in kinds), ZERO)

    @property
    def harvested_used(self) -> Fraction:
        """Of the harvest: what lowered this year's tax."""
        return sum((line.used for line in self.lines if line.saving is Saving.HARVESTED), ZERO)

    @property
    def harvested_carried(self) -> Fraction:
        """Of the harvest: the worth of what waits for later years, less what such losses were worth coming
        in.
        """
        return sum((line.carried for line in self.lines if line.saving is Saving.HARVESTED), ZERO)

    @property
    def deferred_present_value(self) -> Fraction:
        """Worth today of paying the deferred tax after the stated years at the stated rate."""
        deferred = self.of(Saving.DEFERRED)
        return deferral_value(deferred, discount_rate=self.stated.discount_rate, years=self.stated.years)

    @property
    def total(self) -> Fraction | None:
        """Deferred, harvested and permanent together; None (unknown) while any lot's basis is unknown."""
        return None if self.unknown else self.of()

    @property
    def deferral_share(self) -> Fraction | None:
        """Deferred part of the whole; None where unknown or nothing was saved."""
        return None if self.unknown else share(self.of(Saving.DEFERRED), self.of())

    def in_cents(self, kind: Saving) -> tuple[tuple[Line, Decimal], ...]:
        """The lines of a kind with what each saved in cents: they add up to the kind's rounded total."""
        lines = [line for line in self.lines if line.saving is kind]
        return tuple(zip(lines, rounded_to_sum([line.saved for line in lines]), strict=True))

    def ratio_to(self, fee: Fraction) -> Fraction | None:
        """Tax saved per dollar of fee; None where unknown or no fee was paid."""
        return None if self.unknown else share(self.of(), fee)


def realized_of(closed: Iterable[Closed]) -> tuple[Realized, ...]:
    """Recognized gain of each lot among closed rows, in the order lots first appear."""
    found: dict[tuple[str, str, str], list[Closed]] = {}
    for row in closed:
        found.setdefault((row.account_id, row.security_id, row.lot_id), []).append(row)
    return tuple(
        Realized(
            account_id=account,
            security_id=security,
            lot_id=lot,
            short=_sum(rows, Term.SHORT),
            long=_sum(rows, Term.LONG),
        )
        for (account, security, lot), rows in found.items()
    )


def _sum(rows: Iterable[Closed], term: Term) -> Fraction | None:
    total = ZERO
    for row in rows:
        if row.gain is None:
            return None
        if row.term is term:
            total += exact(row.gain.decimal())
    return total


def savings_of_year(
    year: TaxpayerYear,
    baseline: Sequence[Realized],
    managed: Sequence[Realized],
    *,
    stated: Stated,
    baseline_carry: Carry | None = None,
    escaped: frozenset[tuple[str, str]] = frozenset(),
) -> Savings:
    """Savings of a client's year between the baseline's realizations and what was done, at the client's own
    rates.

    `baseline_carry`: losses the baseline carries into the year, where they differ from the client's.
    `escaped`: (account, lot) whose avoided gain is never taxed (given to charity, stepped up).
    """
    changes, unknown = _changes(baseline, managed, escaped)
    first = year if baseline_carry is None else _with_carry(year, baseline_carry)
    start = (sum((c.baseline_short for c in changes), ZERO), sum((c.baseline_long for c in changes), ZERO))
    at = first.position(*start)
    worths = year_regions(year), year_regions(year.in_money())
    lines: list[Line] = []
    for saving in Saving:
        moves = {
            change.key: change.moves[saving] for change in changes if change.moves[saving] != (ZERO, ZERO)
        }
        end = (
            at[0] - sum((m[0] for m in moves.values()), ZERO),
            at[1] - sum((m[1] for m in moves.values()), ZERO),
        )
        rates, due = path_rates(worths[0], at, end), path_rates(worths[1], at, end)
        lines += [_line(saving, key, move, rates=rates, due=due) for key, move in moves.items()]
        at = end
    if baseline_carry is not None:
        lines.append(_carry_line(year, first, at))
    usable = sum((line.short * year.short_rate + line.long * year.long_rate for line in lines), ZERO)
    return Savings(stated=stated, year=year, lines=tuple(lines), unknown=unknown, fully_usable=usable)


def _with_carry(year: TaxpayerYear, carry: Carry) -> TaxpayerYear:
    return replace(year, carryforward_short=carry.short, carryforward_long=carry.long)


def _line(saving: Saving, key: tuple[str, str, str], move: Point, *, rates: Point, due: Point) -> Line:
    used = move[0] * due[0] + move[1] * due[1]
    return Line(
        saving=saving,
        account_id=key[0],
        security_id=key[1],
        lot_id=key[2],
        short=move[0],
        long=move[1],
        used=used,
        carried=move[0] * rates[0] + move[1] * rates[1] - used,
    )


def _carry_line(year: TaxpayerYear, first: TaxpayerYear, at: Point) -> Line:
    """The effect of other losses carried in: what they save this year, and what they were worth coming in."""
    carry_short = year.carryforward_short - first.carryforward_short
    carry_long = year.carryforward_long - first.carryforward_long
    end = (at[0] - carry_short, at[1] - carry_long)
    money = year.in_money()
    used = money.tax(*at) - money.tax(*end)
    left = year.tax(*at) - year.tax(*end) - used
    came = _worth_in(year) - _worth_in(first)
    return Line(
        saving=Saving.HARVESTED,
        account_id="",
        security_id="",
        lot_id="",
        short=ZERO,
        long=ZERO,
        used=used,
        carried=left - came,
    )


def _worth_in(year: TaxpayerYear) -> Fraction:
    return year.carried_value(year.carryforward_short + year.carryforward_long)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One known lot in both histories: the baseline's gains, and how much less of them each kind of saving
    left.
    """

    key: tuple[str, str, str]
    baseline_short: Fraction
    baseline_long: Fraction
    moves: Mapping[Saving, Point]


def _changes(
    baseline: Sequence[Realized], managed: Sequence[Realized], escaped: frozenset[tuple[str, str]]
) -> tuple[list[_Change], tuple[Realized, ...]]:
    before = {(r.account_id, r.security_id, r.lot_id): r for r in baseline}
    after = {(r.account_id, r.security_id, r.lot_id): r for r in managed}
    assert len(before) == len(baseline), "a lot stands twice in the baseline; add its rows first"
    assert len(after) == len(managed), "a lot stands twice in what was realized; add its rows first"
    changes, unknown = [], []
    for key in sorted(before.keys() | after.keys()):
        old, new = _known(before.get(key)), _known(after.get(key))
        if old is None or new is None:
            unknown.append(after.get(key) or before[key])
            continue
        moves = _moves(old, new, gone=(key[0], key[2]) in escaped)
        changes.append(_Change(key=key, baseline_short=old[0], baseline_long=old[1], moves=moves))
    return changes, tuple(unknown)


def _known(realized: Realized | None) -> Point | None:
    """The lot's gains; nothing where the history did not touch it, None where its basis is unknown."""
    if realized is None:
        return ZERO, ZERO
    if realized.short is None or realized.long is None:
        return None
    return realized.short, realized.long


def _moves(old: Point, new: Point, *, gone: bool) -> dict[Saving, Point]:
    """Split a lot's change: gain turned from short to long, other gain avoided, loss taken beyond the
    baseline's.
    """
    turned = min(above(above(old[0]), above(new[0])), above(above(new[1]), above(old[1])))
    avoided = (above(old[0]) - above(new[0]) - turned, above(old[1]) - above(new[1]) + turned)
    losses = (above(-new[0]) - above(-old[0]), above(-new[1]) - above(-old[1]))
    permanent, deferred = (turned, -turned), avoided
    if gone:
        permanent, deferred = (turned + avoided[0], avoided[1] - turned), (ZERO, ZERO)
    return {Saving.PERMANENT: permanent, Saving.DEFERRED: deferred, Saving.HARVESTED: losses}
