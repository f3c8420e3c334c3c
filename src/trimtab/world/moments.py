"""The moments the market is simulated from: estimated once on real weeks, rounded, shipped as a table."""

import json
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class SlotMoments:
    """Yearly mean and volatility of total return, and dividend yield, of one asset class."""

    mean: float
    volatility: float
    dividend_yield: float


@dataclass(frozen=True, slots=True)
class SectorMoments:
    """How the companies of a sector move: beta to the US market, what the sector and each company add (yearly)."""

    companies: int
    beta: float
    beta_spread: float
    volatility: float
    specific_low: float
    specific_high: float
    dividend_yield: float


@dataclass(frozen=True, slots=True)
class Moments:
    """Slots and sectors in the order of their correlation tables."""

    slots: dict[str, SlotMoments]
    slot_correlation: tuple[tuple[float, ...], ...]
    sectors: dict[str, SectorMoments]
    sector_correlation: tuple[tuple[float, ...], ...]


def load_moments() -> Moments:
    """The table shipped with the package (made by `bench/worldmoments.py`)."""
    raw = json.loads(files("trimtab.world").joinpath("moments.json").read_text("utf-8"))
    return Moments(
        slots={name: SlotMoments(**row) for name, row in raw["slots"].items()},
        slot_correlation=tuple(tuple(row) for row in raw["slot_correlation"]),
        sectors={name: SectorMoments(**row) for name, row in raw["sectors"].items()},
        sector_correlation=tuple(tuple(row) for row in raw["sector_correlation"]),
    )
