import numpy as np
import pytest

from trimtab.risk.longrun import long_run_ratio


def test_a_calm_window_is_scaled_to_the_stormier_whole() -> None:
    rng = np.random.default_rng(1)
    history = np.vstack([0.04 * rng.normal(size=(520, 9)), 0.02 * rng.normal(size=(520, 9))])
    window = 52 * history[520:].var(axis=0)
    ratio, note = long_run_ratio(history, window, window=520)
    assert ratio == 2.0  # 2.5 is held at the bound
    assert "9 securities" in note
    history[:520] *= 0.75
    assert long_run_ratio(history, window, window=520)[0] == pytest.approx(
        (0.03**2 + 0.02**2) / 2 / 0.02**2, rel=0.1
    )


def test_without_longer_history_nothing_is_scaled() -> None:
    history = np.full((600, 2), np.nan)
    history[-520:] = 0.02 * np.random.default_rng(2).normal(size=(520, 2))
    ratio, note = long_run_ratio(history, np.array([0.01, 0.01]), window=520)
    assert ratio == 1.0
    assert "window" in note
