"""RiskModel: exposures and specific variances of every security, frozen, with a digest of exact integers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from trimtab.core.digest import digest
from trimtab.risk.jit import Floats

EXPOSURE_STEPS = 2.0**40
VARIANCE_STEPS = 2.0**50


@dataclass(frozen=True, slots=True)
class RiskModel:
    """Σ = exposures exposuresᵀ + diag(specific), annual, rows in the order of `security_ids` (ascending).

    The first `common` columns are factors of stocks; the others are local to funds or to twins, and exactly zero
    elsewhere. `proxied` were given their peers' average; `missing` had not even peers. All values lie on a binary
    grid, so that the digest covers exactly what is used.
    """

    security_ids: tuple[str, ...]
    exposures: Floats
    specific: Floats
    common: int
    missing: frozenset[str]
    proxied: frozenset[str]
    notes: tuple[str, ...]
    digest: str
    row_of: dict[str, int] = field(repr=False, compare=False)


def freeze_model(
    security_ids: tuple[str, ...],
    exposures: Floats,
    specific: Floats,
    *,
    common: int,
    missing: Iterable[str] = (),
    proxied: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> RiskModel:
    """Put the numbers on their grid, drop columns nobody is exposed to, and sign the result with its digest."""
    assert exposures.shape[0] == specific.shape[0] == len(security_ids)
    assert bool(np.isfinite(exposures).all())
    assert bool((np.isfinite(specific) & (specific >= 0.0)).all())
    steps = np.rint(exposures * EXPOSURE_STEPS).astype(np.int64)
    variance_steps = np.rint(specific * VARIANCE_STEPS).astype(np.int64)
    kept = (steps != 0).any(axis=0)
    common = int(kept[:common].sum())
    steps = np.ascontiguousarray(steps[:, kept])
    proxied, missing = frozenset(proxied), frozenset(missing)
    content = {
        "security_ids": security_ids,
        "columns": steps.shape[1],
        "common": common,
        "exposures": steps.astype("<i8").tobytes(),
        "specific": variance_steps.astype("<i8").tobytes(),
        "missing": missing,
        "proxied": proxied,
    }
    return RiskModel(
        security_ids=security_ids,
        exposures=np.ascontiguousarray(steps / EXPOSURE_STEPS),
        specific=variance_steps / VARIANCE_STEPS,
        common=common,
        missing=missing,
        proxied=proxied,
        notes=tuple(notes),
        digest=digest(content),
        row_of={security_id: row for row, security_id in enumerate(security_ids)},
    )
