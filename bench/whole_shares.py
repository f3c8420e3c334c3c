"""Whole shares against the exact integer optimum: how often found, how much worse, how fast.

    python bench/whole_shares.py [--accounts 200] [--exact 40] [--value 50000] [--set A] [--kicks 2]

The optimum is a mixed-integer program's (SCIP, one account at a time, at most 40 s); only accounts it closed to 0.01 bp
are compared, and accounts it proved to have no integer answer do not count as missed.
"""

import argparse
import time
from dataclasses import replace

import numpy as np
import pyscipopt as scip

from instances import account, market
from trimtab.optimize.batch import Batch
from trimtab.optimize.certify import check_trades
from trimtab.optimize.problem import Problem, Status
from trimtab.optimize.rounding import Rounded, round_batch
from trimtab.optimize.shares import NO_FLOOR, Holdings

BILLION = 10**9
BP = 1e4


def whole_account(kind: str, seed: int, value: float) -> tuple[Problem, Holdings]:
    """An account of a set with prices from $25 to $500 and lots in thousandths of a share."""
    problem = account(market(kind), seed, gain_budget=False)
    n = len(problem.target)
    rng = np.random.default_rng([seed, 31])
    price = (np.round(np.exp(rng.uniform(np.log(25.0), np.log(500.0), n)), 2) * BILLION).astype(np.int64)
    weight = price * 1e-18 / value
    lots = np.round(problem.lot_size / weight[problem.lot_asset] / 1e6).astype(np.int64) * 10**6
    quantity = np.bincount(problem.lot_asset, lots, n).astype(np.int64)
    held = quantity * weight
    lower = np.where(problem.lower < 0.0, np.maximum(problem.lower, -held), problem.lower)
    lower = np.where(problem.lower <= -problem.held + 1e-12, -held, lower)
    problem = replace(
        problem,
        held=held,
        lot_size=lots * weight[problem.lot_asset],
        lower=np.minimum(lower, problem.upper),
        cost_row=len(problem.rows) - 1,
    )
    none = np.zeros(1, np.int64)
    integers = Holdings(
        np.array([value]), price, np.full(n, BILLION), quantity, lots, none, none + NO_FLOOR, none
    )
    return problem, integers


def joined(parts: list[Holdings]) -> Holdings:
    names = ("value", "price", "unit", "quantity", "lot_quantity", "cash", "floor", "tie")
    return Holdings(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def exact(p: Problem, integers: Holdings, seconds: float) -> float | None:
    """The best objective in whole shares (bp), infinite where there is none, None where time ran out."""
    n = len(p.target)
    share = integers.price * 1e-9 / integers.value[0]
    model = scip.Model()
    model.hideOutput()
    model.setParam("limits/time", seconds)
    model.setParam("limits/absgap", 0.01)
    buy = [model.addVar(lb=0.0, ub=2.0) for _ in range(n)]
    sale = [model.addVar(lb=0.0, ub=float(q)) for q in p.lot_size]
    x = []
    for i in range(n):
        lots = np.flatnonzero(p.lot_asset == i)
        sold = scip.quicksum(sale[lot] for lot in lots)
        whole = int(integers.quantity[i] // BILLION)
        low = max(int(np.ceil((p.lower[i] - 1e-10) / share[i])), -whole)
        high = max(int(np.floor((p.upper[i] + 1e-10) / share[i])), low)
        count = model.addVar(vtype="I", lb=low, ub=high)
        side = model.addVar(vtype="B")
        model.addCons(buy[i] <= 2.0 * side)
        if len(lots):
            model.addCons(sold <= float(p.held[i]) * (1 - side))
        trade = buy[i] - sold
        if p.lower[i] <= -p.held[i] + 1e-9 and integers.quantity[i] > 0:
            part = float(p.held[i] - whole * share[i])
            out = model.addVar(vtype="B")
            model.addCons(trade == float(share[i]) * count - part * out)
            model.addCons(count <= -whole * out + max(high, 0) * (1 - out))
        else:
            model.addCons(trade == float(share[i]) * count)
        x.append(trade)
    for j in range(len(p.rows)):
        row = scip.quicksum(float(p.rows[j, i]) * x[i] for i in range(n) if p.rows[j, i] != 0.0)
        if j == len(p.rows) - 1:
            row += scip.quicksum(float(p.buy_cost[i]) * buy[i] for i in range(n))
            row += scip.quicksum(float(p.sell_cost[a]) * sale[lot] for lot, a in enumerate(p.lot_asset))
        model.addCons(row <= float(p.row_upper[j]))
        model.addCons(row >= float(p.row_lower[j]))
    model.setObjective(_risk(model, p, x) + _costs(p, buy, sale))
    model.optimize()
    if model.getStatus() == "infeasible":
        return np.inf
    return float(model.getObjVal()) if model.getStatus() in ("optimal", "gaplimit") else None


def _risk(model: scip.Model, p: Problem, x: list) -> scip.Expr:
    """The risk term in bp; factors are scaled by a hundred so that their squares are."""
    e = p.held - p.target
    squares = []
    columns = [*p.exposures.T, *np.diag(np.sqrt(p.specific))]
    for column in columns:
        y = model.addVar(lb=None)
        model.addCons(
            y
            == scip.quicksum(100.0 * float(column[i]) * (x[i] + float(e[i])) for i in np.flatnonzero(column))
        )
        squares.append(y * y)
    bound = model.addVar(lb=0.0)
    model.addCons(float(p.risk_aversion) * scip.quicksum(squares) <= bound)
    return bound


def _costs(p: Problem, buy: list, sale: list) -> scip.Expr:
    own = scip.quicksum(BP * float(p.buy_cost[i]) * buy[i] for i in range(len(buy)))
    slope = p.lot_slope + p.sell_cost[p.lot_asset]
    return own + scip.quicksum(BP * float(slope[lot]) * sale[lot] for lot in range(len(sale)))


def verify(problems: list[Problem], integers: Holdings, rounded: Rounded) -> float:
    """The worst violation of any lawful account by the independent checker."""
    worst, a, b = 0.0, 0, 0
    for u, p in enumerate(problems):
        share = integers.price[a : a + len(p.target)] * 1e-18 / integers.value[u]
        trade = rounded.quantity[a : a + len(p.target)] * share
        sale = rounded.sold[b : b + len(p.lot_size)] * share[p.lot_asset]
        if rounded.lawful[u]:
            worst = max(worst, *(finding.excess for finding in check_trades(p, trade, sale)))
        a, b = a + len(p.target), b + len(p.lot_size)
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=200)
    parser.add_argument("--exact", type=int, default=40)
    parser.add_argument("--value", type=float, default=50_000.0)
    parser.add_argument("--set", default="A")
    parser.add_argument("--kicks", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=40.0)
    args = parser.parse_args()
    cases = [whole_account(args.set, seed, args.value) for seed in range(args.accounts)]
    from trimtab.optimize.solve import solve_batch

    answers = solve_batch(Batch.of([p for p, _ in cases]))
    kept = [u for u in range(len(cases)) if answers.status[u] in (Status.SOLVED, Status.SOLVED_INACCURATE)]
    problems, integers = [cases[u][0] for u in kept], joined([cases[u][1] for u in kept])
    batch = Batch.of(problems)
    answers = solve_batch(batch)
    round_batch(batch, answers, integers)
    start = time.process_time()
    rounded = round_batch(batch, answers, integers, kicks=args.kicks)
    spent = (time.process_time() - start) / len(kept)
    cost = BP * rounded.cost[rounded.lawful]
    print(f"set {args.set}, ${args.value:,.0f}: {len(kept)} accounts with a continuous answer")
    print(f"  CPU {1e3 * spent:.3f} ms each; lawful in whole shares {rounded.lawful.mean():.4f}")
    print(f"  worst violation of a lawful one {verify(problems, integers, rounded):.1e}")
    print(f"  loss against continuous (bp): {_spread(cost)}")
    excess, missed, none, open_ = [], 0, 0, 0
    for u in range(min(args.exact, len(kept))):
        best = exact(problems[u], cases[kept[u]][1], args.seconds)
        if best is None:
            open_ += 1
        elif not np.isfinite(best):
            none += 1
        elif not rounded.lawful[u]:
            missed += 1
        else:
            excess.append(BP * (answers.objective[u] + rounded.cost[u]) - best)
    if excess:
        print(
            f"  {len(excess)} compared with the optimum; {none} have none, {open_} not closed, {missed} missed"
        )
        print(f"  excess over the optimum (bp): {_spread(np.array(excess))}")


def _spread(values: np.ndarray) -> str:
    mean, (least, half, most_of, most) = values.mean(), np.percentile(values, [0, 50, 90, 100])
    return f"mean {mean:.3f}, median {half:.3f}, p90 {most_of:.3f}, max {most:.3f}, min {least:.3f}"


if __name__ == "__main__":
    main()
