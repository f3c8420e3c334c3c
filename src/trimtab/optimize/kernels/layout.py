"""Where everything stands in a thread's workspace: one flat set of arrays, so that kernels pass few arguments."""

from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


class Workspace(NamedTuple):
    """One thread's arrays; the rows of each are named below."""

    D: Array  # integers of the unit
    S: Array  # floats of the unit
    F: Array  # per asset
    I: Array  # per asset, integers  # noqa: E741
    L: Array  # per lot
    V: Array  # per multiplier
    M: Array  # assets × multipliers: scaled exposures and rows
    MT: Array  # its transpose
    H: Array  # Hessian of the dual
    A: Array  # its factor
    C: Array  # factor of the rows' active set
    W: Array  # columns on their way into the Hessian; the last row is their weights
    G: Array  # per wash group
    TB: Array  # per node of the tree: bound, whether to solve it tightly
    TM: Array  # modes of its assets
    TG: Array  # sides of its groups
    TX: Array  # its point
    TU: Array  # its multipliers
    TW: Array  # the lots between which its sales end
    order: Array  # which lot of the unit stands where


class Columns(NamedTuple):
    """A batch's columns, stacked by kind."""

    offsets: Array
    unit_f: Array
    asset_f: Array
    asset_i: Array
    lot_f: Array
    lot_i: Array
    exposures: Array
    specific: Array
    row_f: Array
    cells: Array
    lot_row_f: Array
    lot_cells: Array
    piece_f: Array
    sides: Array


class Results(NamedTuple):
    """Where answers are written."""

    trade: Array
    sale: Array
    floats: Array
    ints: Array
    multipliers: Array
    conflict: Array


# D, integers of the unit: sizes, switches and counters
(
    N, FACTORS, ROWS, EXTRA, SIZE, CHARGED, TICKETED, GROUPS, STEPS, PASSES, NODES, FROZEN, PIVOT, VERSION, BUDGET,
    ORDERLY,
) = range(16)  # fmt: skip
D_SIZE = 16

# S, floats of the unit
(FLOOR, MIX, ENVELOPE, SHORT_RATE, LONG_RATE) = range(5)
S_SIZE = 5

# F, floats per asset: data, the current point, joints of the envelope, what the Hessian holds, the prox centre's
# slope and curvature; then four rows per extra row
(
    Q, E, RHO, XH, LB, UB, KB, KS, KB0, KS0, CB, CS, BLO, SHI, TK, TK0,
    X, W, P, PN, DP, MC, J1P, J1L, J1R, J2P, J2R, VS, VZ, VB, WH, MCH, XBEST, XROOT, RS, RZ, RB,
    BASE, CURVE, INVERSE, TSB, TSZ, TZB, XSZ, SEEN, COUNTED, LB0, SHI0,
) = range(48)  # fmt: skip
F_EXTRA = 48
# per extra row: buy coefficient, marginal now, marginal in the Hessian
(GB, GM, GH) = range(3)

# I, integers per asset
(MODE, MODE0, LOT, COST, GROUP, JOINED, SPARE, ORDERED, FROM, TO) = range(10)
I_SIZE = 10

# Modes of an asset: which branches are open, and how
SELL, ZERO, BUY, CONVEX, NOLOSS, CHURN = 1, 2, 4, 8, 16, 32
BRANCHES = SELL | ZERO | BUY

# L, floats per lot in working order; then two rows (given, working) per extra row
(TAU, SIZE_W, LOSS, PLACE, TAU0, SIZE0, LOSS0, SALE, SALE2, SALE3, KEPT, RAW) = range(12)
L_EXTRA = 12

# V, floats per multiplier: factors, rows, extra rows
(
    U, GRAD, STEP, ACT, LOW, HIGH, GE, SIGN, FIXED, TRIAL, UROOT, UBEST, TEMP, RHS, SMALL, PROOF, TILT, ROW,
    COLUMN, UKEPT,
) = range(20)  # fmt: skip
V_SIZE = 20

FAR = 1e30  # beyond any distance between trades

# How an ascent ended
CONVERGED, STALLED, REFUTED = 0, 1, 2

# Rows of the columns and of the offsets
(TARGET, HELD, BUY_COST, SELL_COST, LOWER, UPPER, BUY_CHARGE, SELL_CHARGE, MIN_TRADE, TICKET, COUNTS) = range(
    11
)
(SECURITY, COST_ROW, WASH_GROUP, EXCLUSIVE, IN_ORDER) = range(5)
(LOT_SIZE, LOT_GAIN, LOT_SLOPE) = range(3)
(LOT_ASSET, LOT_TERM) = range(2)
(AVERSION, GAIN_BUDGET, TURNOVER, MAX_TRADES) = range(4)
(ASSETS, LOTS, UNIT_ROWS, CELLS, LOT_ROWS, LOT_CELLS, PIECES) = range(7)

# Columns of the results
(OBJECTIVE, BOUND) = range(2)
(STATUS, NEWTON_STEPS, TREE_NODES, PIECE) = range(4)
