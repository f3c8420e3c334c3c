"""Laws of the risk model: psd, the same bits in any order, the split's bounds, blocks that keep the covariance."""

import itertools
from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.risk.build import build_risk_model
from trimtab.risk.covariance import split_covariance
from trimtab.risk.exposures import exposures_for
from trimtab.risk.measure import contributions, tracking_errors
from trimtab.risk.model import freeze_model

SEEDS = st.integers(0, 2**32 - 1)
AS_OF = date(2020, 12, 11)


def random_sigma(seed: int, n: int, rank: int, own: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(n, rank)) * rng.uniform(0.01, 0.3, (n, 1))
    return half @ half.T + np.diag(own * rng.uniform(0.0, 0.1, n) ** 2)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 14), st.integers(1, 16), st.sampled_from([0.0, 1e-6, 1.0]))
def test_a_split_keeps_sigma_and_its_bounds(seed: int, n: int, rank: int, own: float) -> None:
    sigma = random_sigma(seed, n, rank, own)
    g, d = split_covariance(sigma)
    variance = np.diag(sigma)
    assert (d >= 0.0).all()
    assert (d <= variance * (1 + 1e-9)).all()
    scale = np.sqrt(np.outer(variance, variance))
    assert (np.abs(g @ g.T + np.diag(d) - sigma) <= 1e-6 * scale + 1e-18).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(2, 10))
def test_a_split_is_at_least_the_smallest_eigenvalue(seed: int, n: int) -> None:
    sigma = random_sigma(seed, n, 3, 1.0)
    root = np.sqrt(np.diag(sigma))
    smallest = np.linalg.eigvalsh(sigma / np.outer(root, root))[0]
    _, d = split_covariance(sigma)
    assert (d / np.diag(sigma)).sum() >= n * smallest - 1e-5


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 9), st.integers(27, 130), st.floats(0.0, 0.4))
def test_a_model_is_psd_never_riskless_and_blind_to_order(
    seed: int, n: int, weeks: int, holes: float
) -> None:
    rng = np.random.default_rng(seed)
    returns = 0.02 * rng.normal(size=(weeks, n)) + 0.02 * rng.normal(size=(weeks, 1))
    closes = 50.0 * np.cumprod(1.0 + np.clip(returns, -0.2, 0.2), axis=0)
    rows = [
        (AS_OF - timedelta(days=7 * (weeks - 1 - t)), f"F{i}", float(closes[t, i]))
        for t in range(weeks)
        for i in range(n)
        if rng.random() >= holes
    ]
    schema = {"date": pl.Date, "security_id": pl.String, "close": pl.Float64}
    prices = pl.DataFrame(rows, schema=schema, orient="row")
    securities = pl.DataFrame(
        {
            "security_id": [f"F{i}" for i in range(n)],
            "kind": [("etf", "equity", "bond")[i % 3] for i in range(n)],
            "asset_class": [("x", "y")[i % 2] for i in range(n)],
        }
    )
    model = build_risk_model(prices, securities, as_of=AS_OF).value
    sigma = model.exposures @ model.exposures.T + np.diag(model.specific)
    assert (np.diag(sigma) > 0.0).all()
    assert np.linalg.eigvalsh(sigma)[0] > -1e-12
    again = build_risk_model(
        prices.sample(fraction=1.0, shuffle=True, seed=seed % 1000),
        securities.sample(fraction=1.0, shuffle=True, seed=seed % 999),
        as_of=AS_OF,
    ).value
    assert again.digest == model.digest
    assert np.array_equal(again.exposures, model.exposures)
    assert np.array_equal(again.specific, model.specific)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(1, 20), st.integers(0, 12), st.booleans())
def test_an_accounts_block_keeps_the_covariance(seed: int, n: int, local: int, resplit: bool) -> None:
    rng = np.random.default_rng(seed)
    g = 0.1 * rng.normal(size=(25, 3 + local))
    g[:12, 3:] = 0.0
    g[rng.random(g.shape) < 0.2] = 0.0
    d = rng.uniform(0.0, 0.05, 25) * (rng.random(25) < 0.9)
    model = freeze_model(tuple(f"{i:02d}" for i in range(25)), g, d, common=3)
    rows = rng.choice(25, n, replace=False)
    block, own = exposures_for(model, rows, resplit=resplit)
    expected = model.exposures[rows] @ model.exposures[rows].T + np.diag(model.specific[rows])
    assert block.shape[1] <= n
    assert (own >= 0.0).all()
    np.testing.assert_allclose(
        block @ block.T + np.diag(own), expected, atol=2e-7 * max(expected.max(), 1e-9)
    )


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_contributions_sum_and_scale(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    model = freeze_model(
        tuple("ABCDEFGHIJ"), 0.1 * rng.normal(size=(10, 4)), rng.uniform(0.0, 0.04, 10), common=4
    )
    offsets = np.cumsum([0, *sizes])
    rows = np.concatenate([rng.choice(10, size, replace=False) for size in sizes]).astype(np.int64)
    active = 0.1 * rng.normal(size=rows.size)
    te = tracking_errors(model, offsets, rows, active)
    parts = contributions(model, offsets, rows, active)
    summed = np.array([parts[a:b].sum() for a, b in itertools.pairwise(offsets)])
    np.testing.assert_allclose(summed, te, atol=1e-12)
    np.testing.assert_allclose(
        tracking_errors(model, offsets, rows, 3.0 * active), 3.0 * te, rtol=1e-9, atol=1e-15
    )
