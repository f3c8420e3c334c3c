"""Where everything stands in a thread's workspace: one flat set of arrays, so that kernels pass few arguments."""

# D, integers of the unit: sizes, switches and counters
(N, FACTORS, ROWS, EXTRA, SIZE, CHARGED, TICKETED, GROUPS, STEPS, PASSES, NODES, FROZEN, PIVOT) = range(13)
D_SIZE = 16

# S, floats of the unit
(FLOOR, MIX) = range(2)
S_SIZE = 2

# F, floats per asset: data, the current point, joints of the envelope, what the Hessian holds, the prox centre's
# slope and curvature; then four rows per extra row
(
    Q, E, RHO, XH, LB, UB, KB, KS, KB0, KS0, CB, CS, BLO, SHI, TK, TK0,
    X, W, P, PN, DP, MC, J1P, J1L, J1R, J2P, J2R, VS, VZ, VB, WH, MCH, XBEST, XROOT, RS, RZ, RB,
    BASE, CURVE, INVERSE,
) = range(40)  # fmt: skip
F_EXTRA = 40
# per extra row: buy coefficient, marginal now, marginal in the Hessian, activity at a joint's left end
(GB, GM, GH, GJ) = range(4)

# I, integers per asset
(MODE, MODE0, LOT, COST, GROUP, JOINED, SPARE) = range(7)
I_SIZE = 7

# Modes of an asset: which branches are open, and how
SELL, ZERO, BUY, CONVEX, NOLOSS, CHURN = 1, 2, 4, 8, 16, 32
BRANCHES = SELL | ZERO | BUY

# L, floats per lot in working order; then two rows (given, working) per extra row
(TAU, SIZE_W, LOSS, PLACE, TAU0, SIZE0, LOSS0, SALE, SALE2, SALE3, KEPT) = range(11)
L_EXTRA = 11

# V, floats per multiplier: factors, rows, extra rows
(
    U, GRAD, STEP, ACT, LOW, HIGH, GE, SIGN, FIXED, TRIAL, UROOT, UBEST, TEMP, RHS, SMALL, PROOF, TILT, ROW,
) = range(18)  # fmt: skip
V_SIZE = 18

# How an ascent ended
CONVERGED, STALLED, REFUTED = 0, 1, 2
