"""T of the taxpayer's year for many accounts at once: the exact form of `ledger.year`, elementwise in
float64.

Every array has one value an account (or unit). S and L are whole-year totals: outside gains less losses
carried in, plus what is realized inside. Plain sums, products and comparisons only, so results are the same
on every machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trimtab.core.result import Failure, ValueWithFailures
from trimtab.ledger.rates import FEDERAL, GAIN_RATES, NIIT_RATE, ORDINARY_RATES, FederalTable, federal_table
from trimtab.ledger.year import CARRY_YEARS, TAIL_VALUE, UNKNOWN, UNTAXED, Brackets, TaxpayerYear

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FLAT: Final = -1
"""The `table` of a year taxed at flat rates."""
_TABLES: Final = tuple(FEDERAL.values())
_NUMBER: Final = {table: number for number, table in enumerate(_TABLES)}
TAIL: Final = float(TAIL_VALUE)
NIIT: Final = float(NIIT_RATE)
EDGES: Final = np.array([(0, *table.edges) for table in _TABLES], dtype=np.float64)
TOPS: Final = np.array([(table.zero_top, table.fifteen_top) for table in _TABLES], dtype=np.float64)
THRESHOLDS: Final = np.array([table.niit_threshold for table in _TABLES], dtype=np.float64)
LIMITS: Final = np.array([table.loss_limit for table in _TABLES], dtype=np.float64)


def _steps(rates: Sequence[Fraction]) -> tuple[float, ...]:
    return tuple(float(rate - before) for before, rate in zip((Fraction(0), *rates), rates, strict=False))


RATE_STEPS: Final = _steps([Fraction(rate) for rate in ORDINARY_RATES])
BAND_STEPS: Final = _steps([Fraction(rate) for rate in GAIN_RATES])[1:]


@dataclass(frozen=True, slots=True, eq=False)
class YearParams:
    """What T needs, one value a taxpayer: rates, dollars, the row of the bracket table or FLAT, income and
    MAGI.

    `base_short`, `base_long`: what was realized outside less losses carried in; `base_known` is False where
    that is not known and counted as nothing.
    """

    short_rate: Floats
    long_rate: Floats
    ordinary_rate: Floats
    loss_limit: Floats
    expected_gain: Floats
    zero_gain_room: Floats
    carry_value: Floats
    table: Ints
    ordinary_income: Floats
    magi: Floats
    base_short: Floats
    base_long: Floats
    base_known: Bools

    def __len__(self) -> int:
        return len(self.table)

    def take(self, index: Ints | Bools) -> "YearParams":
        """The rows of an index, in its order: one taxpayer's year spread over accounts or units."""
        return YearParams(*(getattr(self, field.name)[index] for field in fields(self)))

    @property
    def deduction(self) -> Floats:
        """Dollars of net loss that the year's other income takes."""
        bracket = self.table >= 0
        row = np.where(bracket, self.table, 0)
        capped = np.minimum(np.minimum(self.loss_limit, LIMITS[row]), np.maximum(self.ordinary_income, 0.0))
        return np.where(bracket, capped, self.loss_limit)

    @property
    def carry_span(self) -> Floats:
        """Dollars of carried loss that later years are expected to use."""
        return CARRY_YEARS * (self.loss_limit + self.expected_gain)


def params_of(years: Sequence[TaxpayerYear]) -> YearParams:
    """Columns of exact years; `base_known` is True throughout."""

    def column(name: str) -> Floats:
        return np.array([float(getattr(year, name)) for year in years], dtype=np.float64)

    def bracket(name: str) -> Floats:
        return np.array(
            [0.0 if year.brackets is None else float(getattr(year.brackets, name)) for year in years],
            dtype=np.float64,
        )

    return YearParams(
        short_rate=column("short_rate"),
        long_rate=column("long_rate"),
        ordinary_rate=column("ordinary_rate"),
        loss_limit=column("loss_limit"),
        expected_gain=column("expected_gain"),
        zero_gain_room=column("zero_gain_room"),
        carry_value=column("carry_value"),
        table=np.array(
            [FLAT if year.brackets is None else _NUMBER[year.brackets.table] for year in years],
            dtype=np.int64,
        ),
        ordinary_income=bracket("ordinary_income"),
        magi=bracket("magi"),
        base_short=column("ytd_short") - column("carryforward_short"),
        base_long=column("ytd_long") - column("carryforward_long"),
        base_known=np.ones(len(years), dtype=np.bool_),
    )


def params_from_frame(taxpayers: pl.DataFrame, *, tax_year: int) -> ValueWithFailures[YearParams]:
    """Columns of the book's `taxpayers`, in its order; then one row for a taxpayer unknown and one for an
    untaxed account.

    A status or year without a bracket table is a failure and falls back to the flat rates. `carry_value` is
    a policy: it starts at its default and the caller puts in the account's own.
    """
    extra = params_of([UNKNOWN, UNTAXED])

    def column(name: str, otherwise: Floats | float, tail: Floats) -> Floats:
        given = taxpayers.get_column(name).cast(pl.Float64).to_numpy().astype(np.float64)
        return np.concatenate([np.where(np.isnan(given), otherwise, given), tail])

    short_rate = column("short_rate", float(UNKNOWN.short_rate), extra.short_rate)
    known = taxpayers.select(pl.col("ytd_short", "ytd_long").is_not_null()).min_horizontal().to_numpy()
    tables, failures = _tables(taxpayers, tax_year)
    count = len(taxpayers)
    bracket = np.concatenate([tables, extra.table]) >= 0
    nothing = np.zeros(2)
    value = YearParams(
        short_rate=short_rate,
        long_rate=column("long_rate", float(UNKNOWN.long_rate), extra.long_rate),
        ordinary_rate=column("ordinary_rate", short_rate[:count], extra.ordinary_rate),
        loss_limit=column("loss_limit", float(UNKNOWN.loss_limit), extra.loss_limit),
        expected_gain=column("expected_gain", 0.0, extra.expected_gain),
        zero_gain_room=column("zero_gain_room", 0.0, extra.zero_gain_room),
        carry_value=np.full(count + 2, float(UNKNOWN.carry_value)),
        table=np.concatenate([tables, extra.table]),
        ordinary_income=np.where(bracket, column("ordinary_income", 0.0, nothing), 0.0),
        magi=np.where(bracket, column("magi", 0.0, nothing), 0.0),
        base_short=column("ytd_short", 0.0, nothing) - column("carryforward_short", 0.0, nothing),
        base_long=column("ytd_long", 0.0, nothing) - column("carryforward_long", 0.0, nothing),
        base_known=np.concatenate([known, [False, True]]).astype(np.bool_),
    )
    return ValueWithFailures.of(value, failures)


def _tables(taxpayers: pl.DataFrame, tax_year: int) -> tuple[Ints, list[Failure]]:
    """Row of the bracket table of each taxpayer that gives status, income and MAGI; FLAT for the others."""
    names = ("filing_status", "ordinary_income", "magi")
    asked = taxpayers.select(pl.col(*names).is_not_null()).min_horizontal().to_numpy()
    statuses = taxpayers.get_column("filing_status").to_list()
    ids = taxpayers.get_column("taxpayer_id").to_list()
    found = {
        status: federal_table(tax_year, status) for status in sorted({s for s in statuses if s is not None})
    }
    tables = np.full(len(taxpayers), FLAT, dtype=np.int64)
    failures: list[Failure] = []
    for row in np.flatnonzero(asked):
        table = found[statuses[row]]
        if isinstance(table, FederalTable):
            tables[row] = _NUMBER[table]
        else:
            failures.append(_placed(table, str(ids[row])))
    return tables, failures


def _placed(failure: Failure, taxpayer_id: str) -> Failure:
    return Failure(
        failure.reason,
        failure.table,
        taxpayer_id,
        failure.field,
        failure.value,
        f"{failure.message}; the flat rates are used",
        failure.remedy,
    )


def exact_year(row: Mapping[str, object], *, tax_year: int, carry_value: object = None) -> TaxpayerYear:
    """The exact year of one row of `taxpayers`; floats are taken as the decimals they print as."""

    def number(name: str, otherwise: Fraction) -> Fraction:
        value = row.get(name)
        return otherwise if value is None else Fraction(str(value))

    short_rate = number("short_rate", UNKNOWN.short_rate)
    zero = Fraction(0)
    brackets = None
    if all(row.get(name) is not None for name in ("filing_status", "ordinary_income", "magi")):
        table = federal_table(tax_year, str(row["filing_status"]))
        if isinstance(table, FederalTable):
            brackets = Brackets(
                table=table, ordinary_income=number("ordinary_income", zero), magi=number("magi", zero)
            )
    return TaxpayerYear(
        short_rate=short_rate,
        long_rate=number("long_rate", UNKNOWN.long_rate),
        ordinary_rate=number("ordinary_rate", short_rate),
        ytd_short=number("ytd_short", zero),
        ytd_long=number("ytd_long", zero),
        carryforward_short=number("carryforward_short", zero),
        carryforward_long=number("carryforward_long", zero),
        loss_limit=number("loss_limit", UNKNOWN.loss_limit),
        expected_gain=number("expected_gain", zero),
        zero_gain_room=number("zero_gain_room", zero),
        carry_value=UNKNOWN.carry_value if carry_value is None else Fraction(str(carry_value)),
        brackets=brackets,
    )


def year_tax(short: Floats, long: Floats, params: YearParams) -> Floats:
    """T(S, L) of each account."""
    taxed_short = np.maximum(short - np.maximum(-long, 0.0), 0.0)
    taxed_long = np.maximum(long - np.maximum(-short, 0.0), 0.0)
    left = np.maximum(-(short + long), 0.0)
    absorbed = np.minimum(left, params.deduction)
    carried = left - absorbed
    near = np.minimum(carried, params.carry_span)
    worth = params.long_rate * (params.carry_value * near + TAIL * (carried - near))
    due = (
        params.short_rate * taxed_short
        + params.long_rate * np.maximum(taxed_long - params.zero_gain_room, 0.0)
        - params.ordinary_rate * absorbed
    )
    bracket = np.flatnonzero(params.table >= 0)
    if len(bracket):
        due[bracket] = _bracket_due(
            params.take(bracket),
            taxed_short=taxed_short[bracket],
            taxed_long=taxed_long[bracket],
            absorbed=absorbed[bracket],
        )
    added: Floats = due - worth
    return added


def _bracket_due(params: YearParams, *, taxed_short: Floats, taxed_long: Floats, absorbed: Floats) -> Floats:
    below = params.ordinary_income + taxed_short - absorbed
    above = below + taxed_long
    room = np.maximum(THRESHOLDS[params.table] - params.magi, 0.0)
    stacked = (
        ordinary_tax(below, params.table) + gain_tax(above, params.table) - gain_tax(below, params.table)
    )
    due = np.minimum(stacked, ordinary_tax(above, params.table)) - ordinary_tax(
        params.ordinary_income, params.table
    )
    due += NIIT * np.maximum(taxed_short + taxed_long - room, 0.0)
    return due


def ordinary_tax(income: Floats, table: Ints) -> Floats:
    """Tax of ordinary income by the brackets of each account's table."""
    return _ramps(income, EDGES[table], RATE_STEPS)


def gain_tax(income: Floats, table: Ints) -> Floats:
    """Tax of gains that fill the bands from zero up to an income."""
    return _ramps(income, TOPS[table], BAND_STEPS)


def _ramps(income: Floats, edges: Floats, steps: Sequence[float]) -> Floats:
    tax = np.zeros_like(income)
    for number, step in enumerate(steps):
        tax += step * np.maximum(income - edges[:, number], 0.0)
    return tax


def ordinary_slope(income: Floats, table: Ints) -> Floats:
    """Ordinary rate on the next dollar above an income."""
    return _slopes(income, EDGES[table], RATE_STEPS)


def gain_slope(income: Floats, table: Ints) -> Floats:
    """Rate of the gain band of the next dollar above an income."""
    return _slopes(income, TOPS[table], BAND_STEPS)


def _slopes(income: Floats, edges: Floats, steps: Sequence[float]) -> Floats:
    rate = np.zeros_like(income)
    for number, step in enumerate(steps):
        rate += np.where(income >= edges[:, number], step, 0.0)
    return rate
