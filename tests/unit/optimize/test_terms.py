"""The objective in dollars, recomputed from the tables alone: risk, tax, latent tax, cost, hurdles, cash drag."""

import pytest
from tests.e2e.tiny import ran

EXPOSURE = {"US": (1.0, 0.0), "US2": (1.0, 0.0), "OLD": (1.1, 0.0), "BOND": (0.0, 1.0)}
SPECIFIC = {"US": 0.0001, "BOND": 0.0001, "OLD": 0.06}
SHARES, RATES, BOTH = 0.0256, 0.0025, 0.0005
FIRST = {"US2": "US"}


def _variance(active: dict[str, float]) -> float:
    shares = sum(x * EXPOSURE[name][0] for name, x in active.items())
    rates = sum(x * EXPOSURE[name][1] for name, x in active.items())
    pooled: dict[str, float] = {}
    for name, x in active.items():
        pooled[FIRST.get(name, name)] = pooled.get(FIRST.get(name, name), 0.0) + x
    own = sum(x * x * SPECIFIC[name] for name, x in pooled.items())
    return shares**2 * SHARES + 2 * shares * rates * BOTH + rates**2 * RATES + own


def _objective(case: str, account: str, column: str) -> float:
    tables = {name: frame.filter(account_id=account) for name, frame in ran(case)[1].tables.items() if
              "account_id" in frame.columns}  # fmt: skip
    said = tables["evaluations"].to_dicts()[0]
    value = float(said["value"])
    lines = tables["targets"].to_dicts()
    total = (
        25 * value * _variance({x["security_id"]: x[f"weight_{column}"] - x["target_weight"] for x in lines})
    )
    cash = float(said[f"cash_{column}"]) / value
    total += 0.03 * abs(cash - 0.01) * value
    hurdle = {"US2": 0.0015, "BOND2": 0.0005}
    for line in lines:
        moved = line["weight_after"] - line["weight_before"] if column == "after" else 0.0
        total += hurdle.get(line["security_id"], 0.0) * moved * value
    if column == "after":
        gains = float(said["realized_short"] + said["realized_long"])
        taxed = said["budget_used"] is not None
        total += float(said["cost"]) + (float(said["tax"]) - 0.5 * 0.238 * gains if taxed else 0.0)
    return total


@pytest.mark.parametrize(
    ("case", "account"),
    [
        ("decisions", "IRA"),
        ("decisions", "OUT-BAND"),
        ("decisions", "CASH-HIGH"),
        ("decisions", "TRACKING"),
        ("budget", "S1-AT"),
        ("taxes", "GATE-ABOVE"),
        ("taxes", "S5-EARLY"),
        ("taxes", "CARRIED"),
        ("limits", "NEVER-BUY"),
        ("cash", "UNSETTLED"),
    ],
)
def test_objective_before_and_after(case: str, account: str) -> None:
    said = ran(case)[1].tables["evaluations"].filter(account_id=account).to_dicts()[0]
    before, after = _objective(case, account, "before"), _objective(case, account, "after")
    assert said["objective_no_trade"] == pytest.approx(before, rel=1e-6, abs=0.01)
    assert said["objective"] == pytest.approx(after, rel=1e-6, abs=0.01)


@pytest.mark.parametrize(
    ("case", "account"), [("decisions", "IRA"), ("decisions", "TRACKING"), ("limits", "BANKER")]
)
def test_tracking_error(case: str, account: str) -> None:
    if account == "BANKER":
        EXPOSURE["BANK"], SPECIFIC["BANK"] = (1.2, 0.0), 0.05
    tables = ran(case)[1].tables
    said = tables["evaluations"].filter(account_id=account).to_dicts()[0]
    lines = tables["targets"].filter(account_id=account).to_dicts()
    for column in ("before", "after"):
        active = {x["security_id"]: x[f"weight_{column}"] - x["target_weight"] for x in lines}
        assert said[f"tracking_error_{column}"] == pytest.approx(_variance(active) ** 0.5, abs=1e-9)


def test_a_concentrated_account_tracks_better_than_the_model_bought_with_the_rest() -> None:
    EXPOSURE["BANK"], SPECIFIC["BANK"] = (1.2, 0.0), 0.05
    said = ran("limits")[1].tables["evaluations"].filter(account_id="BANKER").to_dicts()[0]
    naive = {"BANK": 0.3, "US": 0.6 * 0.69 - 0.594, "BOND": 0.4 * 0.69 - 0.396}
    assert said["tracking_error_after"] < 0.95 * _variance(naive) ** 0.5
