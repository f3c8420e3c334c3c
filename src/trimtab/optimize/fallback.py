"""The answer when the engine has none: relax, fix the sides, re-solve, and search a bounded tree, all through PIQP.

Slower than the kernels and sharing nothing with them but the problem; its lower bound is proven all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from trimtab.optimize.batch import Batch
from trimtab.optimize.bound import dual_bound, preferred_sides
from trimtab.optimize.candidate import Candidate, tidy
from trimtab.optimize.convex import ConvexModel, Point
from trimtab.optimize.linear import Node, Piece, Side, per_asset, pieces
from trimtab.optimize.problem import Floats, Problem, Solution, Status
from trimtab.optimize.sound import sound

TOLERANCE = 1e-8  # the worst violation of a limit that still counts as met, in fractions of value
LIMIT = 120  # convex solves, unless told otherwise
_DUST = 1e-7
_ROUNDS = 8
_RULES = ("trade", "share", "price")  # by net trade, by share of what it could do, by cost at the prices


@dataclass(slots=True)
class _Search:
    """What one call has found so far: the best lawful candidate, the bound, and what is left to spend."""

    gap_tolerance: float
    solves_left: int
    best: Candidate | None = None
    bound: float = np.inf
    iterations: int = 0
    nodes: int = 0
    undecided: bool = False
    closed: list[float] = field(default_factory=list)

    @property
    def ceiling(self) -> float:
        """What a node must undercut to be worth opening."""
        return np.inf if self.best is None else self.best.objective - self.gap_tolerance

    def solve(self, model: ConvexModel, node: Node) -> Point:
        """One convex solve, counted."""
        self.solves_left -= 1
        point = model.solve(node)
        self.iterations += point.iterations
        self.undecided |= point.feasible and not point.converged
        return point

    def offer(self, candidate: Candidate) -> bool:
        """Keep a candidate that is lawful and better; say whether it is lawful."""
        lawful = candidate.violation <= TOLERANCE and np.isfinite(candidate.objective)
        if lawful and (self.best is None or candidate.objective < self.best.objective):
            self.best = candidate
        return bool(lawful)


def solve_fallback(problem: Problem, *, max_solves: int = LIMIT, gap_tolerance: float = 1e-7) -> Solution:
    """Solve within `max_solves` convex solves. SOLVED when the gap is proven within `gap_tolerance`.

    Where assets may churn at rest, an answer without that is sought first, with as many solves again.

    INFEASIBLE only where every branch was refuted; MAX_ITERATIONS where the budget ended without an answer.
    """
    if not sound(Batch.of([problem]))[0]:
        return _empty(problem, Status.INVALID, _Search(gap_tolerance, 0))
    search = _Search(gap_tolerance, max_solves)
    parts = pieces(problem)
    if any(piece.may_churn_at_rest for piece in parts):
        first = _Search(gap_tolerance, max_solves)
        _search(first, [replace(piece, still=True) for piece in parts])
        search.best = first.best
    _search(search, parts)
    return _solution(problem, search)


def _search(search: _Search, parts: Sequence[Piece]) -> None:
    """Every piece's root, the most promising first, then its tree."""
    roots: list[tuple[float, ConvexModel, Node, Point]] = []
    for piece in parts:
        model, node = ConvexModel(piece), Node.root(piece)
        point = search.solve(model, node)
        if point.feasible:
            roots.append((dual_bound(piece, node, point.multipliers), model, node, point))
    for bound, model, node, point in sorted(roots, key=lambda root: (root[0], root[1].piece.region)):
        if bound < search.ceiling:
            _explore(search, model, (node, bound, point))
        else:
            search.closed.append(bound)
    known = [] if search.best is None else [search.best.objective]
    search.bound = min(search.closed or known, default=np.inf)


def _explore(search: _Search, model: ConvexModel, root: tuple[Node, float, Point]) -> None:
    """Depth-first tree from a solved root, the nearer side first; every open end leaves its bound behind."""
    piece = model.piece
    stack: list[tuple[Node, float, Point | None]] = [root]
    while stack:
        node, bound, solved = stack.pop()
        if bound >= search.ceiling or search.solves_left <= 0:
            search.closed.append(bound)
            continue
        search.nodes += 1
        point = search.solve(model, node) if solved is None else solved
        if not point.feasible:
            continue
        bound = max(bound, dual_bound(piece, node, point.multipliers))
        if bound >= search.ceiling:
            search.closed.append(bound)
            continue
        lawful = search.offer(tidy(piece, node, point))
        _complete(search, model, node=node, point=point, rounds=_ROUNDS if solved is not None else 1)
        children = [] if bound >= search.ceiling else _branch(piece, node, point)
        if not children:
            search.closed.append(bound)
            search.undecided |= not lawful
        stack.extend((child, bound, None) for child in reversed(children))


def _complete(search: _Search, model: ConvexModel, *, node: Node, point: Point, rounds: int) -> None:
    """Fix every side as three rules read the relaxation, re-solve, and open what turned out too tight."""
    for rule in _RULES if rounds > 1 else _RULES[-1:]:
        current, rested = _fixed(model.piece, node, point, rule=rule)
        for _ in range(rounds):
            if search.solves_left <= 0:
                return
            found = search.solve(model, current)
            if found.feasible:
                search.offer(tidy(model.piece, current, found))
                break
            if not rested:
                break
            asset, side = rested.pop()
            current = _reopen(model.piece, node, current, asset=asset, side=side)
        if rounds == 1 or not _tied(model.piece, node, point):
            return
    _reconsider(search, model, node=node, point=found)


def _reconsider(search: _Search, model: ConvexModel, *, node: Node, point: Point) -> None:
    """Choose sides anew at the prices of the last answer, as long as that betters the best."""
    for _ in range(_ROUNDS):
        before = search.ceiling
        if search.solves_left <= 0 or not point.feasible:
            return
        current, _ = _fixed(model.piece, node, point, rule="price")
        point = search.solve(model, current)
        if point.feasible:
            search.offer(tidy(model.piece, current, point))
        if search.ceiling >= before:
            return


def _tied(piece: Piece, node: Node, point: Point) -> bool:
    """Whether some exclusive asset or wash group both buys and loses in the relaxation."""
    loss = per_asset(piece.problem.lot_asset, np.where(piece.loss, point.sale, 0.0), len(node.lower))
    return bool(np.any((point.buy > _DUST) & (loss > _DUST) & ~node.decided)) or bool(
        _conflicting_groups(piece, node, point)
    )


def _fixed(piece: Piece, node: Node, point: Point, *, rule: str) -> tuple[Node, list[tuple[int, Side]]]:
    """The node with all sides chosen, and the assets that rest only for their size, the largest last."""
    for group, buys in _conflicting_groups(piece, node, point):
        node = node.settle(piece, group, buys=buys != (rule == "share"))
    sold = per_asset(piece.problem.lot_asset, point.sale, len(node.lower))
    trade = np.clip(point.buy - sold, node.lower, node.upper)
    lean = trade
    if rule == "share":
        lean = _lean(piece, point)
    elif rule == "price":
        lean = preferred_sides(piece, node, point.multipliers)
    few = piece.max_trades < len(trade)
    kept = np.lexsort((-np.abs(trade), ~node.pays, ~piece.counted))[: piece.max_trades]
    sides: dict[int, Side] = {}
    rested: list[tuple[float, int, Side]] = []
    for asset in np.flatnonzero(~node.decided | (few & piece.counted & node.may_rest)):
        i = int(asset)
        options = node.sides(piece, i)
        wish = Side.BUY if lean[i] > _DUST else Side.SELL if lean[i] < -_DUST else Side.REST
        small = abs(trade[i]) < 0.5 * min(
            piece.min_trade[i], piece.problem.held[i] if trade[i] < 0 else np.inf
        )
        optional = Side.REST in options and wish in options and wish is not Side.REST
        if optional and (small or (few and piece.counted[i] and i not in kept)):
            rested.append((abs(trade[i]), i, wish))
            wish = Side.REST
        if wish not in options:
            wish = Side.REST if Side.REST in options or not options else options[0]
        sides[i] = wish
    rested.sort()
    return node.send(piece, sides), [(i, side) for _, i, side in rested]


def _lean(piece: Piece, point: Point) -> Floats:
    """Which side an asset uses more of: share of its most buyable less share of its losing lots sold."""
    problem, n = piece.problem, len(point.buy)
    loss = per_asset(problem.lot_asset, np.where(piece.loss, point.sale, 0.0), n)
    most = per_asset(problem.lot_asset, np.where(piece.loss, problem.lot_size, 0.0), n)
    sold = per_asset(problem.lot_asset, point.sale, n)
    share = np.where(most > 0.0, loss / np.where(most > 0.0, most, 1.0), 0.0)
    bought = np.where(problem.upper > 0.0, point.buy / np.where(problem.upper > 0.0, problem.upper, 1.0), 0.0)
    return np.where(loss > _DUST, bought - share, point.buy - sold)


def _reopen(piece: Piece, root: Node, current: Node, *, asset: int, side: Side) -> Node:
    """Give an asset that rested for its size back its side."""
    sent = root.send(piece, {asset: side})
    arrays = {}
    for name in ("lower", "upper", "may_buy", "may_sell", "may_lose", "decided", "pays"):
        values = getattr(current, name).copy()
        values[asset] = getattr(sent, name)[asset]
        arrays[name] = values
    return Node(settled=current.settled, **arrays)


def _conflicting_groups(piece: Piece, node: Node, point: Point) -> list[tuple[int, bool]]:
    """Unsettled wash groups that buy and lose at once, and whether they buy more than they lose."""
    found = []
    loss = per_asset(piece.problem.lot_asset, np.where(piece.loss, point.sale, 0.0), len(node.lower))
    for group in np.unique(piece.group[piece.group >= 0]):
        members = piece.group == group
        bought, lost = float(point.buy[members].sum()), float(loss[members].sum())
        if not node.settled[group] and bought > _DUST and lost > _DUST:
            found.append((int(group), bought >= lost))
    return found


def _branch(piece: Piece, node: Node, point: Point) -> list[Node]:
    """Children of a node, the nearest first; none where the relaxation is lawful as it stands."""
    groups = _conflicting_groups(piece, node, point)
    if groups:
        group, buys = groups[0]
        return [node.settle(piece, group, buys=buys), node.settle(piece, group, buys=not buys)]
    sold = per_asset(piece.problem.lot_asset, point.sale, len(node.lower))
    trade = point.buy - sold
    both = np.where(piece.exclusive, np.minimum(point.buy, sold), 0.0)
    exempt = np.abs(trade + piece.problem.held) <= _DUST
    short = np.where((np.abs(trade) > _DUST) & ~exempt, np.maximum(piece.min_trade - np.abs(trade), 0.0), 0.0)
    # A ticket is owed on the net trade; the relaxation spreads it over what is sold and bought back, too.
    moves = np.maximum(np.abs(trade), np.minimum(point.buy, sold))
    ticket = np.where(moves > _DUST, piece.ticket, 0.0)
    worst = np.where(
        node.decided, 0.0, np.maximum(np.maximum(both, np.minimum(short, np.abs(trade))), ticket)
    )
    if float(worst.max(initial=0.0)) <= _DUST:
        return _fewer(piece, node, trade)
    i = int(np.argmax(worst))
    lean = _lean(piece, point)[i] if both[i] > _DUST else trade[i]
    sides = _nearest(piece, node, i, lean=float(lean))
    return [_counted(piece, node.send(piece, {i: side})) for side in sides]


def _nearest(piece: Piece, node: Node, i: int, *, lean: float) -> list[Side]:
    toward = Side.BUY if lean > 0.0 else Side.SELL
    first = [toward, Side.REST] if abs(lean) >= 0.5 * piece.min_trade[i] else [Side.REST, toward]
    order = [*first, Side(-toward)]
    if piece.min_trade[i] == 0.0 and piece.ticket[i] == 0.0 and piece.max_trades >= len(node.lower):
        order.remove(Side.REST)  # either side contains resting
    options = node.sides(piece, i)
    return [side for side in order if side in options]


def _fewer(piece: Piece, node: Node, trade: Floats) -> list[Node]:
    """Where too many assets trade: rest the smallest that may, or make it trade for good."""
    moving = (np.abs(trade) > _DUST) & piece.counted
    if int(moving.sum()) <= piece.max_trades:
        return []
    free = np.flatnonzero(moving & ~node.pays & node.may_rest)
    if len(free) == 0:
        return []
    i = int(free[np.argmin(np.abs(trade[free]))])
    sides = [side for side in (Side.REST, Side.BUY, Side.SELL) if side in node.sides(piece, i)]
    return [_counted(piece, node.send(piece, {i: side})) for side in sides]


def _counted(piece: Piece, node: Node) -> Node:
    """Once as many assets trade for certain as may, all others that can rest do."""
    if int((node.pays & piece.counted).sum()) < piece.max_trades:
        return node
    idle = np.flatnonzero(piece.counted & ~node.pays & node.may_rest)
    return node.send(piece, {int(i): Side.REST for i in idle})


def _solution(problem: Problem, search: _Search) -> Solution:
    best = search.best
    if best is None:
        open_end = search.undecided or bool(search.closed)
        return _empty(problem, Status.MAX_ITERATIONS if open_end else Status.INFEASIBLE, search)
    # Below its bound, an answer misses a limit by next to nothing at a price that makes it more than that.
    proven = abs(best.objective - search.bound) <= search.gap_tolerance
    multipliers = best.multipliers
    return Solution(
        trade=best.trade,
        sale=best.sale,
        status=Status.SOLVED if proven else Status.SOLVED_INACCURATE,
        objective=best.objective,
        lower_bound=min(search.bound, best.objective),
        iterations=search.iterations,
        nodes=search.nodes,
        multipliers=np.concatenate([multipliers.factors, multipliers.rows, *_extra(problem, best)]),
        region=best.region,
    )


def _extra(problem: Problem, best: Candidate) -> list[Floats]:
    """Multipliers beyond the rows in the order of `Solution`: those of limits that are absent are left out."""
    prices = best.multipliers.lot_rows
    given = int(problem.gain_budget is not None) + (0 if problem.lot_rows is None else len(problem.lot_rows))
    extra = [prices[:given]]
    if problem.turnover is not None:
        extra.append(np.array([best.multipliers.turnover]))
    if problem.year is not None:
        used = np.isfinite(problem.year.sides[best.region, :, 2])
        sides = np.zeros(len(used))
        sides[used] = prices[given:]
        extra.append(sides)
    return extra


def _empty(problem: Problem, status: Status, search: _Search) -> Solution:
    n, lots = len(problem.target), len(problem.lot_size)
    return Solution(
        trade=np.zeros(n),
        sale=np.zeros(lots),
        status=status,
        objective=np.inf,
        lower_bound=min(search.closed, default=np.inf if status is Status.INFEASIBLE else -np.inf),
        iterations=search.iterations,
        nodes=search.nodes,
        multipliers=np.zeros(problem.exposures.shape[1] + len(problem.row_lower)),
    )
