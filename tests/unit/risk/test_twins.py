import numpy as np
import pytest

from trimtab.risk.twins import twin_columns


def residuals_with_twins(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    r = 0.03 * rng.normal(size=(300, 6))
    r[:, 4] = r[:, 1] + 0.003 * rng.normal(size=300)
    return r


def test_share_classes_are_seen_and_share_their_risk() -> None:
    r = residuals_with_twins(1)
    specific = (r * r).mean(axis=0)
    g, rest = twin_columns(r, specific, ("",) * 6)
    assert np.flatnonzero(g.any(axis=1)).tolist() == [1, 4]
    np.testing.assert_allclose((g * g).sum(axis=1) + rest, specific, rtol=1e-9)
    apart = np.sqrt(((g[1] - g[4]) ** 2).sum() + rest[1] + rest[4])
    assert apart == pytest.approx(0.003, rel=0.15)


def test_declared_twins_share_what_they_were_seen_to_share() -> None:
    r = residuals_with_twins(2)
    r[:, 3] = 0.6 * r[:, 2] + 0.8 * r[:, 3]
    specific = (r * r).mean(axis=0)
    assert not twin_columns(r, specific, ("",) * 6)[0][3].any()
    g, rest = twin_columns(r, specific, ("", "", "x", "x", "", "y"))
    assert float(g[2] @ g[3]) / np.sqrt(specific[2] * specific[3]) == pytest.approx(0.6, abs=0.12)
    assert rest[5] == specific[5]


def test_strangers_share_nothing() -> None:
    r = 0.03 * np.random.default_rng(3).normal(size=(300, 5))
    g, rest = twin_columns(r, (r * r).mean(axis=0), ("",) * 5)
    assert g.shape == (5, 0)
    np.testing.assert_array_equal(rest, (r * r).mean(axis=0))
