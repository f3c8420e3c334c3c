"""Prices, classification and a date become the risk model of a book."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.risk.algebra import gram, product, row_squares, semidefinite_factor
from trimtab.risk.funds import fund_rows
from trimtab.risk.jit import Flags, Floats, Ints
from trimtab.risk.longrun import long_run_ratio
from trimtab.risk.model import RiskModel, freeze_model
from trimtab.risk.outside import risk_model_from_outside
from trimtab.risk.peers import Classification, assumed, classify, fill_from_peers
from trimtab.risk.returns import WEEKS_A_YEAR, weekly_rates, weekly_returns
from trimtab.risk.stocks import fit_stocks
from trimtab.risk.ticks import contradicted
from trimtab.risk.twins import twin_columns

__all__ = ["build_risk_model", "risk_model_from_outside"]

WINDOW_WEEKS = 520
LEAST_WEEKS = 26  # of its own a security needs to be estimated rather than given its peers' average
LEAST_STOCKS = 60  # below it stocks are treated as funds are: too few to tell factors from


@dataclass(frozen=True, slots=True)
class _Parts:
    """Annual (G, D) of the estimated rows so far and how many leading columns are the stocks' factors."""

    exposures: Floats
    specific: Floats
    common: int


def build_risk_model(
    prices: pl.DataFrame, securities: pl.DataFrame, *, as_of: date, risk_free: pl.DataFrame | None = None
) -> ValueWithFailures[RiskModel]:
    """Σ of every security of the book, annual, from weekly returns of up to ten years (`docs/spec/risk.md`).

    With `risk_free` (date, rate per year) returns are in excess of it. Cash has no risk; a security without history
    takes its peers' average and is named in `proxied`.
    """
    ids, what = classify(securities)
    risky = np.array([i for i, kind in enumerate(what.kinds) if kind != "cash"], dtype=np.int64)
    outcome = weekly_returns(prices, tuple(ids[i] for i in risky), as_of=as_of)
    failures = list(outcome.failures)
    history = outcome.value
    window = np.ascontiguousarray(history.values[-WINDOW_WEEKS:])
    window, contradicted_by_peers = _without_spikes(
        window, history.security_ids, np.array(what.kinds)[risky] != "equity"
    )
    failures += contradicted_by_peers
    enough = _estimable(window)
    if not enough.any():
        return ValueWithFailures.of(_without_history(ids, what, risky), [*failures, *_no_history(risky.size)])
    paid = weekly_rates(risk_free, history.weeks)
    values = history.values - paid[:, None]
    window -= paid[-len(window) :, None]
    parts, notes = _estimate(window[:, enough], _take(what, risky[enough]))
    exposures = np.zeros((len(ids), parts.exposures.shape[1]))
    specific = np.zeros(len(ids))
    rows = risky[enough]
    exposures[rows], specific[rows] = parts.exposures, parts.specific
    lacking = risky[~enough]
    exposures, specific, taken = fill_from_peers(exposures, specific, lacking=lacking, given=rows, what=what)
    ratio, said = long_run_ratio(
        values[:, enough], row_squares(exposures[rows]) + specific[rows], window=WINDOW_WEEKS
    )
    notes.append(said)
    notes += [f"{ids[row]}: no history of its own, given the risk of {whose}" for row, whose in taken]
    model = freeze_model(
        ids,
        exposures * np.sqrt(ratio),
        specific * ratio,
        common=parts.common,
        missing=[ids[row] for row, whose in taken if whose == "everything"],
        proxied=[ids[row] for row, _ in taken],
        notes=notes,
    )
    return ValueWithFailures.of(model, failures)


def _without_spikes(window: Floats, names: tuple[str, ...], funds: Flags) -> tuple[Floats, list[Failure]]:
    """The window without fund prices that the closest fund contradicts."""
    columns = np.flatnonzero(funds)
    out = window.copy()
    out[:, columns], found = contradicted(np.ascontiguousarray(window[:, columns]))
    return out, [
        Failure(
            Reason.INVALID,
            "prices",
            names[columns[i]],
            "close",
            str(found[i]),
            f"{names[columns[i]]}: {found[i]} weekly closes left out of the risk model; the closest fund contradicts"
            " them and the next week takes them back",
            "check the closes for wrong or stale prices",
        )
        for i in np.flatnonzero(found)
    ]


def _take(what: Classification, rows: Ints) -> Classification:
    pick = rows.tolist()
    return Classification(
        tuple(what.kinds[i] for i in pick),
        tuple(what.classes[i] for i in pick),
        tuple(what.sectors[i] for i in pick),
        tuple(what.twins[i] for i in pick),
    )


def _estimable(window: Floats) -> Flags:
    known = ~np.isnan(window)
    moving = (known & (window != 0.0)).sum(axis=0)
    counts = known.sum(axis=0)
    return np.asarray((counts >= LEAST_WEEKS) & (2 * moving >= counts), dtype=np.bool_)


def _estimate(window: Floats, what: Classification) -> tuple[_Parts, list[str]]:
    kinds = np.array(what.kinds)
    stocks = np.flatnonzero(kinds == "equity")
    if stocks.size < LEAST_STOCKS:
        fund = fund_rows(window, np.zeros((window.shape[0], 0)))
        note = f"dense covariance of {kinds.size} securities over {fund.weeks} weeks"
        return _Parts(fund.exposures * np.sqrt(WEEKS_A_YEAR), fund.specific * WEEKS_A_YEAR, 0), [note]
    funds = np.flatnonzero(kinds != "equity")
    stock = fit_stocks(
        np.ascontiguousarray(window[:, stocks]),
        tuple(what.sectors[i] for i in stocks),
        np.ascontiguousarray(window[:, funds]),
    )
    half = semidefinite_factor(gram(stock.series) / (window.shape[0] - 1), 1e-9)
    twin_g, twin_d = twin_columns(stock.residuals, stock.specific, tuple(what.twins[i] for i in stocks))
    notes = [f"{stocks.size} stocks on {', '.join(stock.names)} over {window.shape[0]} weeks"]
    common = half.shape[1]
    exposures = np.zeros((kinds.size, common + twin_g.shape[1]))
    specific = np.zeros(kinds.size)
    exposures[stocks, :common] = product(stock.loadings, half)
    exposures[stocks, common:] = twin_g
    specific[stocks] = twin_d
    if funds.size:
        fund = fund_rows(np.ascontiguousarray(window[:, funds]), stock.series)
        exposures = np.hstack([exposures, np.zeros((kinds.size, fund.exposures.shape[1]))])
        exposures[funds, :common] = product(fund.loadings, half)
        exposures[funds, common + twin_g.shape[1] :] = fund.exposures
        specific[funds] = fund.specific
        notes.append(
            f"dense covariance of what stock factors leave of {funds.size} funds over {fund.weeks} weeks"
        )
    return _Parts(exposures * np.sqrt(WEEKS_A_YEAR), specific * WEEKS_A_YEAR, common), notes


def _without_history(ids: tuple[str, ...], what: Classification, risky: Ints) -> RiskModel:
    exposures, specific = np.zeros((len(ids), 0)), np.zeros(len(ids))
    if risky.size:
        rows, own = assumed([what.classes[i] for i in risky])
        exposures = np.zeros((len(ids), rows.shape[1]))
        exposures[risky], specific[risky] = rows, own
    names = [ids[i] for i in risky]
    note = "no usable price history: 10 % common, 10 % class and 5 % own volatility are assumed"
    return freeze_model(
        ids, exposures, specific, common=exposures.shape[1], missing=names, proxied=names, notes=[note]
    )


def _no_history(count: int) -> list[Failure]:
    if count == 0:
        return []
    return [
        Failure(
            Reason.MISSING,
            "prices",
            "",
            "close",
            "",
            f"no security of the book has {LEAST_WEEKS} weekly returns; the risk model is assumed, not measured",
            "give a price history, or a risk model from outside (factor_exposures, factor_covariance, specific_risk)",
        )
    ]
