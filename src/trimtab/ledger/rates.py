"""Dated tables of rates, as data: a new year is a new row, never a new line of code.

Federal figures: Rev. Proc. 2023-34 (2024), 2024-40 (2025), 2025-32 (2026) and the 2025 Act's standard
deductions. State figures: the parameters stated in docs/spec/tax.md; a state without a row is given by its
parameters.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trimtab.core.result import Failure, Reason

ORDINARY_RATES: Final = tuple(Decimal(r) for r in ("0.10", "0.12", "0.22", "0.24", "0.32", "0.35", "0.37"))
GAIN_RATES: Final = tuple(Decimal(r) for r in ("0", "0.15", "0.20"))
NIIT_RATE: Final = Decimal("0.038")
NIIT_THRESHOLDS: Final = {"single": 200_000, "mfj": 250_000, "mfs": 125_000, "hoh": 200_000}
LOSS_LIMITS: Final = {"single": 3_000, "mfj": 3_000, "mfs": 1_500, "hoh": 3_000}
DONATION_FLOOR_FROM: Final = 2026
DONATION_FLOOR: Final = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class FederalTable:
    """One year and filing status: upper edges of the first six brackets, tops of the 0 % and 15 % gain
    bands.
    """

    year: int
    status: str
    edges: tuple[int, int, int, int, int, int]
    zero_top: int
    fifteen_top: int
    standard_deduction: int
    niit_threshold: int
    loss_limit: int


# year, status: bracket edges | 0 % top, 15 % top | standard deduction
_FEDERAL: Final = {
    (2024, "single"): ((11600, 47150, 100525, 191950, 243725, 609350), 47025, 518900, 14600),
    (2024, "mfj"): ((23200, 94300, 201050, 383900, 487450, 731200), 94050, 583750, 29200),
    (2024, "mfs"): ((11600, 47150, 100525, 191950, 243725, 365600), 47025, 291850, 14600),
    (2024, "hoh"): ((16550, 63100, 100500, 191950, 243700, 609350), 63000, 551350, 21900),
    (2025, "single"): ((11925, 48475, 103350, 197300, 250525, 626350), 48350, 533400, 15750),
    (2025, "mfj"): ((23850, 96950, 206700, 394600, 501050, 751600), 96700, 600050, 31500),
    (2025, "mfs"): ((11925, 48475, 103350, 197300, 250525, 375800), 48350, 300000, 15750),
    (2025, "hoh"): ((17000, 64850, 103350, 197300, 250500, 626350), 64750, 566700, 23625),
    (2026, "single"): ((12400, 50400, 105700, 201775, 256225, 640600), 49450, 545500, 16100),
    (2026, "mfj"): ((24800, 100800, 211400, 403550, 512450, 768700), 98900, 613700, 32200),
    (2026, "mfs"): ((12400, 50400, 105700, 201775, 256225, 384350), 49450, 306850, 16100),
    (2026, "hoh"): ((17700, 67450, 105700, 201750, 256200, 640600), 66200, 579600, 24150),
}

FEDERAL: Final = {
    (year, status): FederalTable(
        year, status, edges, zero, fifteen, deduction, NIIT_THRESHOLDS[status], LOSS_LIMITS[status]
    )
    for (year, status), (edges, zero, fifteen, deduction) in _FEDERAL.items()
}
YEARS: Final = tuple(sorted({year for year, _ in FEDERAL}))
STATUSES: Final = tuple(sorted({status for _, status in FEDERAL}))


def federal_table(year: int, status: str) -> FederalTable | Failure:
    """The federal table of a year and filing status, or why there is none: rates are never guessed."""
    table = FEDERAL.get((year, status))
    if table is not None:
        return table
    known_status = status in STATUSES
    return Failure(
        reason=Reason.MISSING if known_status else Reason.INVALID,
        table="taxpayers",
        row="",
        field="year" if known_status else "filing_status",
        value=str(year) if known_status else status,
        message=f"no federal table for {status} in {year}",
        remedy=f"use a filing status of {', '.join(STATUSES)} and a year from {YEARS[0]} to {YEARS[-1]}",
    )


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of a rate table: the rate up to `up_to` dollars; None is without end."""

    up_to: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class ExciseTable:
    """A tax on long-term gains alone: a deduction, then tiers of rates (Washington)."""

    deduction: Decimal
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class SplitTable:
    """A state that taxes short and long gains at rates of their own, with a surtax above a threshold
    (Massachusetts).

    `dividend_offset`: dividends and interest that a net short-term loss may meet before it meets long-term
    gain.
    """

    short_rate: Decimal
    long_rate: Decimal
    dividend_offset: Decimal
    surtax_rate: Decimal
    surtax_threshold: Decimal | None


EXCISE: Final = {
    ("WA", 2024): ExciseTable(Decimal(270_000), (Tier(None, Decimal("0.07")),)),
    ("WA", 2025): ExciseTable(
        Decimal(278_000), (Tier(Decimal(1_000_000), Decimal("0.07")), Tier(None, Decimal("0.099")))
    ),
}
SPLIT: Final = {
    ("MA", 2025): SplitTable(
        Decimal("0.085"), Decimal("0.05"), Decimal(2_000), Decimal("0.04"), Decimal(1_083_150)
    ),
}
