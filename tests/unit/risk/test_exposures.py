import numpy as np
import pytest

from risk.samples import sigma_of
from trimtab.risk.exposures import exposures_batch, exposures_for
from trimtab.risk.model import RiskModel, freeze_model


@pytest.fixture(scope="module")
def model() -> RiskModel:
    """Rows 0–9 stocks on 4 factors, 10–29 funds on the factors and 18 columns of their own, 30 cash."""
    rng = np.random.default_rng(1)
    g = np.zeros((31, 23))
    g[:10, :4] = 0.1 * rng.normal(size=(10, 4))
    g[[2, 5], 22] = 0.1, 0.12  # twins
    g[10:30, :4] = 0.1 * rng.normal(size=(20, 4))
    g[10:30, 4:22] = 0.03 * rng.normal(size=(20, 18))
    d = rng.uniform(0.001, 0.05, 31)
    d[30] = 0.0
    return freeze_model(tuple(f"S{i:02d}" for i in range(31)), g, d, common=4)


def same_risk(model: RiskModel, rows: np.ndarray, g: np.ndarray, d: np.ndarray) -> None:
    np.testing.assert_allclose(g @ g.T + np.diag(d), sigma_of(model)[np.ix_(rows, rows)], atol=1e-8)
    assert (d >= 0.0).all()


@pytest.mark.parametrize("resplit", [False, True])
@pytest.mark.parametrize(
    "rows",
    [
        [0],
        [30],
        [],
        [3, 7, 9],
        [10, 13, 20, 29],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12],
        [2, 5, 30],
        list(range(31)),
    ],
)
def test_the_covariance_is_kept(model: RiskModel, rows: list[int], resplit: bool) -> None:
    at = np.array(rows, dtype=np.int64)
    g, d = exposures_for(model, at, resplit=resplit)
    same_risk(model, at, g, d)
    assert g.shape[1] <= len(rows)


def test_stocks_need_only_the_stock_factors(model: RiskModel) -> None:
    rows = np.arange(10)
    assert exposures_for(model, rows)[0].shape == (10, 5)  # and the twins' column
    without = np.array([0, 1, 2, 3, 4, 6, 7, 8, 9])
    g, d = exposures_for(model, without)
    assert g.shape == (9, 4)
    assert d[2] == pytest.approx(
        model.specific[2] + 0.01, abs=1e-9
    )  # the absent twin's share is its own risk


def test_a_few_funds_beside_stocks_bring_few_columns(model: RiskModel) -> None:
    rows = np.array([0, 1, 2, 3, 4, 6, 7, 8, 9, 11, 14])
    g, d = exposures_for(model, rows)
    assert g.shape == (11, 6)
    assert not g[:9, 4:].any()
    same_risk(model, rows, g, d)


def test_few_funds_beside_many_stocks_leave_the_stock_factors_as_they_are() -> None:
    rng = np.random.default_rng(6)
    g = np.zeros((50, 21))
    g[:, :3] = 0.1 * rng.normal(size=(50, 3))
    g[40:, 3:] = 0.03 * rng.normal(size=(10, 18))
    many = freeze_model(tuple(f"{i:02d}" for i in range(50)), g, rng.uniform(0.01, 0.05, 50), common=3)
    rows = np.array([*range(40), 43, 47])
    block, own = exposures_for(many, rows)
    assert block.shape == (42, 5)
    np.testing.assert_array_equal(block[:, :3], many.exposures[rows, :3])
    same_risk(many, rows, block, own)


def test_resplitting_moves_risk_to_the_diagonal(model: RiskModel) -> None:
    rows = np.arange(10, 22)
    _, before = exposures_for(model, rows)
    _, after = exposures_for(model, rows, resplit=True)
    variance = np.diag(sigma_of(model))[rows]
    assert (after / variance).sum() > (before / variance).sum() + 0.1


def test_stocks_with_much_of_their_own_keep_their_few_columns() -> None:
    rng = np.random.default_rng(5)
    stocks = freeze_model(
        tuple(f"{i:02d}" for i in range(30)),
        0.1 * rng.normal(size=(30, 5)),
        rng.uniform(0.03, 0.1, 30),
        common=5,
    )
    rows = np.arange(30)
    g, d = exposures_for(stocks, rows, resplit=True)
    assert g.shape == (30, 5)
    np.testing.assert_array_equal(d, stocks.specific)


@pytest.mark.parametrize("resplit", [False, True])
def test_a_security_given_twice_is_one_security(model: RiskModel, resplit: bool) -> None:
    rows = np.array([3, 12, 3, 7])
    g, d = exposures_for(model, rows, resplit=resplit)
    sigma = sigma_of(model)
    expected = sigma[np.ix_(rows, rows)]
    np.testing.assert_allclose(g @ g.T + np.diag(d), expected, atol=1e-8)
    assert d[0] == d[2] == 0.0
    apart = np.array([1.0, 0.0, -1.0, 0.0])
    assert ((apart @ g) ** 2).sum() + (apart**2 * d).sum() < 1e-15


def test_the_batch_is_the_single_bit_for_bit_and_shares_blocks(model: RiskModel) -> None:
    sets = [[10, 11, 12], [0, 1, 2, 3, 4, 5, 6], [10, 11, 12], [12, 11, 10], []]
    offsets = np.cumsum([0, *map(len, sets)])
    rows = np.concatenate([np.array(s, dtype=np.int64) for s in sets])
    batch = exposures_batch(model, offsets, rows, resplit=True)
    assert batch.block_of[0] == batch.block_of[2]
    assert len(set(batch.block_of.tolist())) == 4
    for account, held in enumerate(sets):
        g, d = batch.block(account)
        alone_g, alone_d = exposures_for(model, np.array(held, dtype=np.int64), resplit=True)
        np.testing.assert_array_equal(g, alone_g)
        np.testing.assert_array_equal(d, alone_d)
