import numpy as np

from trimtab.risk.ticks import contradicted


def three_funds(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    market = 0.02 * rng.normal(size=(300, 1))
    return market + np.array([0.0005, 0.0005, 0.003]) * rng.normal(size=(300, 3))


def test_the_fund_in_error_is_found_by_the_third() -> None:
    values = three_funds(1)
    values[100, 1] += 0.02
    values[101, 1] -= 0.02
    out, found = contradicted(values)
    assert found.tolist() == [0, 1, 0]
    assert np.argwhere(np.isnan(out)).tolist() == [[100, 1], [101, 1]]


def test_a_lasting_difference_is_no_error() -> None:
    values = three_funds(2)
    values[100, 1] += 0.02
    out, found = contradicted(values)
    assert not found.any()
    np.testing.assert_array_equal(out, values)


def test_strangers_are_not_heard() -> None:
    values = 0.02 * np.random.default_rng(3).normal(size=(300, 4))
    values[100, 1] += 0.2
    values[101, 1] -= 0.2
    assert not contradicted(values)[1].any()


def test_two_funds_cannot_tell_who_is_wrong() -> None:
    values = three_funds(4)[:, :2].copy()
    values[100, 1] += 0.02
    values[101, 1] -= 0.02
    assert not contradicted(values)[1].any()
