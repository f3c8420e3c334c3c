"""An independent, slow check that an answer is lawful, priced right and bounded right: plain numpy, nothing shared.

It recomputes everything from the problem's own definition. What a kernel believes does not count here.
"""

from dataclasses import dataclass

import numpy as np

from trimtab.optimize.problem import LONG, SHORT, Floats, Problem, Solution, Status

TOLERANCE = 1e-8  # of the unit's value: a hundredth of a cent on a thousand dollars
_TRADED = (Status.SOLVED, Status.SOLVED_INACCURATE)


@dataclass(frozen=True, slots=True)
class Finding:
    """The worst case of one kind: how far beyond the limit (fraction of value), and where."""

    kind: str
    excess: float
    place: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """The verdict on a solution, and the worst finding of every kind, the gravest first."""

    ok: bool
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that exceed the tolerance."""
        return tuple(finding for finding in self.findings if not finding.excess <= TOLERANCE)


def certify(problem: Problem, solution: Solution, *, gap: float = 1e-7) -> Certificate:
    """Check a solution against its problem; one without trades is only checked to carry none.

    `gap` is what SOLVED promises. A status that promises nothing (not solved, infeasible) is in order when trade and
    sale are zero and no number is NaN.
    """
    trade, sale = np.asarray(solution.trade), np.asarray(solution.sale)
    numbers = [*trade, *sale, solution.objective, solution.lower_bound]
    findings = [_finding("not a number", np.isnan(np.array(numbers, np.float64)) * 1.0, "value")]
    if solution.status not in _TRADED:
        findings.append(_finding("trade without an answer", np.abs(trade), "asset"))
        findings.append(_finding("sale without an answer", np.abs(sale), "lot"))
    elif not findings[0].excess:
        findings += check_trades(problem, trade, sale)
        findings += _priced(problem, solution, gap=gap)
    findings.sort(key=lambda finding: (-finding.excess, finding.kind))
    return Certificate(all(f.excess <= TOLERANCE for f in findings), tuple(findings))


def check_trades(problem: Problem, trade: Floats, sale: Floats) -> list[Finding]:
    """The worst violation of each kind of limit by these trades and sales, lawful or not."""
    sold = _by_asset(problem, sale)
    buy = trade + sold
    return [
        _finding("lower limit", problem.lower - trade, "asset"),
        _finding("upper limit", trade - problem.upper, "asset"),
        _finding("sale below none", -sale, "lot"),
        _finding("sale beyond the lot", sale - problem.lot_size, "lot"),
        _finding("lots do not add up", -buy, "asset"),
        *_row_findings(problem, trade, buy=buy, sold=sold),
        *_lot_findings(problem, sale),
        *_side_findings(problem, sale, buy=buy, sold=sold),
        _order_finding(problem, sale),
        *_size_findings(problem, trade, buy=buy, sold=sold),
    ]


def objective_of(problem: Problem, trade: Floats, sale: Floats) -> float:
    """The objective of any trades, from the problem's definition; NaN where no piece of the year holds."""
    sold = _by_asset(problem, sale)
    gap = trade + problem.held - problem.target
    covariance = problem.exposures[:, None, :] * problem.exposures[None, :, :]
    sigma = covariance.sum(axis=2) + np.diag(problem.specific)
    risk = problem.risk_aversion * float((gap[:, None] * sigma * gap[None, :]).sum())
    costs = problem.buy_cost * (trade + sold) + problem.sell_cost * sold
    if problem.ticket is not None:
        costs = costs + problem.ticket * (trade != 0.0)
    return risk + float(costs.sum()) + float((problem.lot_slope * sale).sum()) + _year_tax(problem, sale)


def _finding(kind: str, excess: Floats, place: str) -> Finding:
    """The worst of an array of excesses, never below none; NaN counts as infinite."""
    values = np.where(np.isnan(excess), np.inf, np.asarray(excess, np.float64)).ravel()
    if len(values) == 0:
        return Finding(kind, 0.0, "")
    worst = int(np.argmax(values))
    return Finding(kind, max(float(values[worst]), 0.0), f"{place} {worst}")


def _by_asset(problem: Problem, values: Floats) -> Floats:
    total = np.zeros(len(problem.target))
    for lot, asset in enumerate(problem.lot_asset):
        total[asset] += values[lot]
    return total


def _row_findings(problem: Problem, trade: Floats, *, buy: Floats, sold: Floats) -> list[Finding]:
    activity = (problem.rows * trade).sum(axis=1)
    if problem.cost_row is not None:
        pay_buy = problem.buy_cost if problem.buy_charge is None else problem.buy_charge
        pay_sell = problem.sell_cost if problem.sell_charge is None else problem.sell_charge
        for asset, row in enumerate(np.broadcast_to(problem.cost_row, len(trade))):
            if row >= 0:
                activity[row] += pay_buy[asset] * buy[asset] + pay_sell[asset] * sold[asset]
    return [
        _finding("row below its limit", problem.row_lower - activity, "row"),
        _finding("row above its limit", activity - problem.row_upper, "row"),
    ]


def _lot_findings(problem: Problem, sale: Floats) -> list[Finding]:
    findings = []
    if problem.gain_budget is not None:
        gain = float((problem.lot_gain * sale).sum())
        findings.append(_finding("gain budget", np.array([gain - problem.gain_budget]), "account"))
    if problem.lot_rows is not None:
        activity = (problem.lot_rows * sale).sum(axis=1)
        below = -np.inf if problem.lot_row_lower is None else problem.lot_row_lower - activity
        above = -np.inf if problem.lot_row_upper is None else activity - problem.lot_row_upper
        findings.append(_finding("lot row", np.maximum(below, above), "lot row"))
    return findings


def _side_findings(problem: Problem, sale: Floats, *, buy: Floats, sold: Floats) -> list[Finding]:
    """Buying and selling at once: an exclusive asset never, a wash group not at a loss."""
    losses = _by_asset(problem, np.where(problem.lot_gain < 0.0, sale, 0.0))
    if problem.exclusive is None:
        exclusive = _by_asset(problem, np.where(problem.lot_gain < 0.0, problem.lot_size, 0.0)) > 0.0
    else:
        exclusive = problem.exclusive
    if problem.ordered is not None:
        exclusive = exclusive | problem.ordered
    findings = [_finding("bought and sold", np.where(exclusive, np.minimum(buy, sold), 0.0), "asset")]
    if problem.group is not None:
        count = int(problem.group.max(initial=-1)) + 1
        washed = np.zeros(count)
        for group in range(count):
            members = problem.group == group
            washed[group] = min(buy[members].sum(), losses[members].sum())
        findings.append(_finding("wash", washed, "group"))
    return findings


def _order_finding(problem: Problem, sale: Floats) -> Finding:
    """Lots of an ordered asset: none is sold before all that stand ahead of it are gone."""
    ahead = np.zeros(len(problem.target))
    early = np.zeros(len(sale))
    for lot, asset in enumerate(problem.lot_asset):
        if problem.ordered is not None and problem.ordered[asset]:
            early[lot] = min(sale[lot], ahead[asset])
            ahead[asset] += problem.lot_size[lot] - sale[lot]
    return _finding("sold out of order", early, "lot")


def _size_findings(problem: Problem, trade: Floats, *, buy: Floats, sold: Floats) -> list[Finding]:
    findings = []
    if problem.min_trade is not None:
        short = np.where(trade != 0.0, problem.min_trade - np.abs(trade), 0.0)
        whole = np.where(trade < 0.0, np.abs(trade + problem.held), np.inf)
        findings.append(_finding("below the minimum trade", np.minimum(short, whole), "asset"))
    counted = np.ones(len(trade), np.bool_) if problem.counted is None else problem.counted
    if problem.turnover is not None:
        used = 0.5 * float((buy + sold)[counted].sum())
        findings.append(_finding("turnover", np.array([used - problem.turnover]), "account"))
    if problem.max_trades is not None:
        over = float(((trade != 0.0) & counted).sum() - problem.max_trades)
        findings.append(_finding("number of trades", np.array([over]), "account"))
    return findings


def _year_tax(problem: Problem, sale: Floats) -> float:
    """T at these sales by a piece that holds there; pieces agree where they meet."""
    if problem.year is None:
        return 0.0
    assert problem.lot_term is not None
    gains = problem.lot_gain * sale
    short = float(gains[problem.lot_term == SHORT].sum())
    long = float(gains[problem.lot_term == LONG].sum())
    sides = problem.year.sides
    beyond = np.where(
        np.isfinite(sides[:, :, 2]), sides[:, :, 0] * short + sides[:, :, 1] * long - sides[:, :, 2], 0.0
    )
    excess = beyond.max(axis=1, initial=0.0)
    piece = int(np.argmin(excess))
    if excess[piece] > TOLERANCE:
        return float("nan")
    slope = problem.year.slope[piece]
    return float(slope[0] * short + slope[1] * long + problem.year.constant[piece])


def _priced(problem: Problem, solution: Solution, *, gap: float) -> list[Finding]:
    """The objective recomputed, its bound below it, the promised gap, and no worse than doing nothing."""
    value = objective_of(problem, solution.trade, solution.sale)
    findings = [
        _finding("objective", np.array([abs(value - solution.objective)]), "account"),
        _finding("bound above the objective", np.array([solution.lower_bound - value]), "account"),
    ]
    if solution.status is Status.SOLVED:
        missing = value - solution.lower_bound - gap
        findings.append(_finding("gap", np.array([missing]), "account"))
    nothing, none = np.zeros(len(problem.target)), np.zeros(len(problem.lot_size))
    if all(finding.excess <= TOLERANCE for finding in check_trades(problem, nothing, none)):
        idle = objective_of(problem, nothing, none)
        if not np.isnan(idle):  # where no piece of the year holds without trades, doing nothing is not lawful
            findings.append(_finding("worse than doing nothing", np.array([value - idle]), "account"))
    return findings
