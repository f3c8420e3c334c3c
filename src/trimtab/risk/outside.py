"""A risk model that comes with the book: factor exposures, factor covariance and specific variances."""

import numpy as np
import polars as pl

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.risk.algebra import product, semidefinite_factor
from trimtab.risk.covariance import repair_correlation
from trimtab.risk.jit import Flags, Floats
from trimtab.risk.model import RiskModel, freeze_model
from trimtab.risk.peers import assumed, classify, fill_from_peers

REPAIRED = 1e-8  # of a unit diagonal: what rounding in a file explains


def risk_model_from_outside(
    factor_exposures: pl.DataFrame,
    factor_covariance: pl.DataFrame,
    specific_risk: pl.DataFrame,
    securities: pl.DataFrame,
) -> ValueWithFailures[RiskModel]:
    """Σ = X Ω Xᵀ + diag(variance), per year, from the three tables; cash has none.

    A covariance given one way round counts both ways. A security needs a specific variance and at least one exposure;
    without, it takes its peers' average and is named in `proxied`.
    """
    ids, what = classify(securities)
    row_of = {name: row for row, name in enumerate(ids)}
    factors = tuple(sorted(set(factor_exposures["factor"].drop_nulls().to_list())))
    omega, failures = _covariance(factor_covariance, factors)
    exposures, exposed = _exposures(factor_exposures, row_of, factors)
    specific, stated, bad = _specific(specific_risk, row_of)
    failures += bad
    cash = np.array([kind == "cash" for kind in what.kinds], dtype=np.bool_)
    given = np.flatnonzero(exposed & stated & ~cash)
    lacking = np.flatnonzero(~(exposed & stated) & ~cash)
    half = _half(omega)
    common = half.shape[1]
    g = np.zeros((len(ids), common))
    g[given] = product(np.ascontiguousarray(exposures[given]), half)
    d = np.zeros(len(ids))
    d[given] = specific[given]
    if given.size == 0 and lacking.size:
        rows, own = assumed([what.classes[i] for i in lacking])
        g = np.zeros((len(ids), rows.shape[1]))
        g[lacking], d[lacking] = rows, own
        common = rows.shape[1]
        failures.append(_failure(Reason.MISSING, "", "", "no security has exposures and a specific variance"))
        taken = [(row, "everything") for row in lacking.tolist()]
    else:
        g, d, taken = fill_from_peers(g, d, lacking=lacking, given=given, what=what)
    notes = [f"from outside: {given.size} securities on {len(factors)} factors"]
    notes += [
        f"{ids[row]}: not in the model from outside, given the average of {whose}" for row, whose in taken
    ]
    model = freeze_model(
        ids,
        g,
        d,
        common=common,
        missing=[ids[row] for row, whose in taken if whose == "everything"],
        proxied=[ids[row] for row, _ in taken],
        notes=notes,
    )
    return ValueWithFailures.of(model, failures)


def _covariance(table: pl.DataFrame, factors: tuple[str, ...]) -> tuple[Floats, list[Failure]]:
    at = {name: k for k, name in enumerate(factors)}
    omega = np.full((len(factors), len(factors)), np.nan)
    failures: list[Failure] = []
    rows = table.select("factor_a", "factor_b", pl.col("covariance").cast(pl.Float64)).sort(
        "factor_a", "factor_b"
    )
    for a, b, value in rows.iter_rows():
        if a not in at or b not in at or value is None or not np.isfinite(value):
            continue
        i, j = at[a], at[b]
        other = omega[j, i]
        if not np.isnan(other) and abs(other - value) > 1e-9 * max(abs(other), abs(value)):
            failures.append(_failure(Reason.CONFLICT, f"{a} {b}", str(value), "the two directions disagree"))
            continue
        omega[i, j] = omega[j, i] = value
    for k, name in enumerate(factors):
        if not omega[k, k] > 0.0:
            failures.append(_failure(Reason.MISSING, name, "", f"factor {name} has no positive variance"))
            omega[k, k] = 0.0
    return np.where(np.isnan(omega), 0.0, omega), failures


def _half(omega: Floats) -> Floats:
    """H with H Hᵀ = Ω; factors of no variance give zero rows, a matrix that is not psd is repaired."""
    live = np.flatnonzero(np.diag(omega) > 0.0)
    scale = np.sqrt(np.diag(omega)[live])
    unit = repair_correlation(omega[np.ix_(live, live)] / scale[:, None] / scale[None, :])
    part = semidefinite_factor(unit, REPAIRED)
    out = np.zeros((omega.shape[0], part.shape[1]))
    out[live] = part * scale[:, None]
    return out


def _exposures(table: pl.DataFrame, row_of: dict[str, int], factors: tuple[str, ...]) -> tuple[Floats, Flags]:
    at = {name: k for k, name in enumerate(factors)}
    out = np.zeros((len(row_of), len(factors)))
    exposed = np.zeros(len(row_of), dtype=np.bool_)
    rows = table.select("security_id", "factor", pl.col("exposure").cast(pl.Float64))
    for name, factor, value in rows.sort("security_id", "factor", "exposure").iter_rows():
        if name in row_of and factor in at and value is not None and np.isfinite(value):
            out[row_of[name], at[factor]] = value
            exposed[row_of[name]] = True
    return out, exposed


def _specific(table: pl.DataFrame, row_of: dict[str, int]) -> tuple[Floats, Flags, list[Failure]]:
    out = np.zeros(len(row_of))
    stated = np.zeros(len(row_of), dtype=np.bool_)
    failures: list[Failure] = []
    rows = table.select("security_id", pl.col("variance").cast(pl.Float64)).sort("security_id", "variance")
    for name, value in rows.iter_rows():
        if name not in row_of or value is None:
            continue
        if not np.isfinite(value) or value < 0.0:
            failures.append(
                _failure(Reason.INVALID, name, str(value), f"specific variance of {name} is not ≥ 0")
            )
            continue
        out[row_of[name]] = value
        stated[row_of[name]] = True
    return out, stated, failures


def _failure(reason: Reason, row: str, value: str, message: str) -> Failure:
    table = "specific_risk" if "specific" in message else "factor_covariance"
    return Failure(
        reason, table, row, "", value, message, "correct the tables of the risk model, or give prices instead"
    )
