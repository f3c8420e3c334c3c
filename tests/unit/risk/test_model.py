import dataclasses

import numpy as np
import pytest

from trimtab.risk.model import freeze_model


def small(**changes: object):
    g = np.array([[0.1, 0.0, 0.02], [0.2, 0.0, 0.0]])
    kwargs = {"common": 2, "proxied": ["B"], "notes": ["n"], **changes}
    return freeze_model(("A", "B"), g, np.array([0.01, 0.02]), **kwargs)


def test_columns_of_nobody_go_and_values_lie_on_the_grid() -> None:
    model = small()
    assert model.exposures.shape == (2, 2)
    assert model.common == 1
    assert (model.exposures * 2.0**40 % 1 == 0).all()
    assert (model.specific * 2.0**50 % 1 == 0).all()
    np.testing.assert_allclose(model.exposures, [[0.1, 0.02], [0.2, 0.0]], atol=1e-12)
    assert model.row_of == {"A": 0, "B": 1}


def test_the_digest_covers_numbers_and_names_but_not_notes() -> None:
    same, noted, named = small(), small(notes=["other"]), small(missing=["B"])
    assert same.digest == noted.digest == small().digest
    assert named.digest != same.digest
    g = np.array([[0.1 + 2.0**-39, 0.0, 0.02], [0.2, 0.0, 0.0]])
    moved = freeze_model(("A", "B"), g, np.array([0.01, 0.02]), common=2, proxied=["B"])
    assert moved.digest != same.digest


def test_a_model_is_frozen_and_refuses_nonsense() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        small().digest = ""  # type: ignore[misc]
    with pytest.raises(AssertionError):
        freeze_model(("A",), np.array([[np.nan]]), np.array([0.1]), common=1)
    with pytest.raises(AssertionError):
        freeze_model(("A",), np.array([[0.1]]), np.array([-0.1]), common=1)
