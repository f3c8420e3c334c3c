import numpy as np
import pytest

from risk.samples import securities_of
from trimtab.risk.peers import Classification, assumed, classify, fill_from_peers

WHAT = Classification(
    kinds=("equity", "equity", "equity", "etf", "etf", "equity", "etf"),
    classes=("us", "us", "us", "us", "bonds", "us", "gold"),
    sectors=("Energy", "Energy", "Tech", "", "", "Energy", ""),
    twins=("", "", "g", "", "", "", ""),
)


def filled(lacking: list[int], what: Classification = WHAT) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    g = np.array([[0.2, 0.0], [0.1, 0.1], [0.3, 0.0], [0.15, 0.0], [0.0, 0.05], [0.0, 0.0], [0.0, 0.0]])
    d = np.array([0.04, 0.02, 0.01, 0.0, 0.001, 0.0, 0.0])
    given = [i for i in range(7) if i not in lacking]
    g, d, taken = fill_from_peers(g, d, lacking=np.array(lacking), given=np.array(given), what=what)
    return g, d, dict(taken)


def test_the_nearest_peers_are_averaged_and_their_total_risk_kept() -> None:
    g, d, taken = filled([5, 6])
    assert g[5] == pytest.approx([0.15, 0.05])
    assert g.shape == (7, 2)
    assert (g[5] ** 2).sum() + d[5] == pytest.approx(((0.04 + 0.04) + (0.02 + 0.02)) / 2)
    assert taken == {5: "sector Energy equity", 6: "kind etf"}


def test_a_twin_goes_before_the_sector_and_is_nearly_the_same_thing() -> None:
    what = Classification(WHAT.kinds, WHAT.classes, WHAT.sectors, ("", "", "g", "", "", "g", ""))
    g, d, taken = filled([5, 6], what)
    assert taken[5] == "identical group g"
    assert g.shape == (7, 3)
    sigma = g @ g.T + np.diag(d)
    assert sigma[2, 2] == pytest.approx(0.3**2 + 0.01)
    assert sigma[2, 2] + sigma[5, 5] - 2 * sigma[2, 5] == pytest.approx(0.005**2)
    assert sigma[2, 0] == pytest.approx(0.06)


def test_without_any_of_its_kind_everything_is_averaged() -> None:
    what = Classification((*WHAT.kinds[:6], "bond"), WHAT.classes, WHAT.sectors, WHAT.twins)
    assert filled([6], what)[2] == {6: "everything"}


def test_the_assumed_model_tells_classes_apart() -> None:
    g, d = assumed(["a", "b", "a"])
    sigma = g @ g.T + np.diag(d)
    assert np.sqrt(np.diag(sigma)) == pytest.approx(0.15)
    assert sigma[0, 2] > sigma[0, 1] > 0


def test_classify_sorts_and_reads_unknowns_as_empty() -> None:
    ids, what = classify(securities_of(["B", "A"], kind=["etf", "cash"]).drop("identical_group"))
    assert ids == ("A", "B")
    assert what.kinds == ("cash", "etf")
    assert what.sectors == what.twins == ("", "")
