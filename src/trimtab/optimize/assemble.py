"""The door from frames to arrays: a batch of problems in the engine's columns, one unit per account."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from trimtab.market.ratio import ratio
from trimtab.optimize.batch import Batch
from trimtab.optimize.problem import LONG, SHORT, Floats, Ints
from trimtab.optimize.yearregions import Reach, regions
from trimtab.optimize.years import AccountYears
from trimtab.risk.exposures import exposures_batch
from trimtab.risk.model import RiskModel

_KEYS = ["account_id", "security_id"]
_LOT_COLUMNS = ("a", "line", "rank", "lot_id", "size", "gain", "slope", "term")
UNLIMITED = 1.25
"""A cash trade of more than the account's value: beyond any that the other limits allow."""


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """A batch, one unit per account, and what its numbers stand for.

    Every account has one asset more than its lines: its cash, last, which moves against the row `cash` so that
    cash_drag · |cash − target| is part of the objective; `constant` is what the objective leaves out of it.
    `turned` says that the cash asset counts cash paid out, not cash received. `lines` and `lots` name what the
    assets and lots are (a, line, account_id, security_id; a, line, lot_id), the cash asset and its lots last in each
    account; `row_names` the rows. `value` is V in dollars.
    """

    account_ids: tuple[str, ...]
    value: Floats
    constant: Floats
    turned: Ints
    batch: Batch
    lines: pl.DataFrame
    lots: pl.DataFrame
    row_names: tuple[str, ...]


def assemble(
    accounts: pl.DataFrame,
    lines: pl.DataFrame,
    facts: pl.DataFrame,
    *,
    rows: pl.DataFrame,
    members: pl.DataFrame,
    years: AccountYears,
    model: RiskModel,
    forced: bool = False,
    no_buys: bool = False,
) -> Assembled:
    """Lay the accounts out as problems in fractions of their own value; everything sorted by key before.

    `accounts`: account_id, value, cash_free, lowest_cash (dollars, floats), target_cash, taxed, long_rate,
    tax_budget (dollars of tax due a year, infinite for none), gain_budget (dollars of net gains still to be realized,
    infinite for none) and the settings risk_aversion, tax_weight, latent_tax, cash_drag_bps, min_trade, min_trade_bps,
    ticket, max_turnover and max_trades (null: none; cash is no trade). `lines`: those of `limits.line_bounds` with
    half_spread and fee (fractions), least_buy, own_ticket (dollars) and identical_group. `facts`: those of `lotfacts`.
    `rows`: account_id, row, lower, upper; `members`: account_id, row, security_id. `years` stand as the accounts do.
    With `forced`, lots that wait are among the lots. Cash ends at its target or above, with `no_buys` only at its
    lowest or above.
    """
    order = accounts.select("account_id").with_row_index("a")
    row_of = pl.DataFrame({"first": model.security_ids}).with_row_index("risk_row")
    keyed = (
        order.join(lines, on="account_id", how="inner", maintain_order="left_right")
        .with_columns(line=pl.int_range(pl.len()).over("a"))
        .join(row_of, on="first", how="left", maintain_order="left")
    )
    accounts = accounts.with_row_index("a").with_columns(
        gap=ratio(pl.col("cash_free"), pl.col("value")) - pl.col("target_cash"),
        drag=pl.col("cash_drag_bps") / 1e4,
    )
    counts = keyed.group_by("a").agg(cash_line=pl.len().cast(pl.Int64))
    accounts = accounts.join(counts, on="a", how="left", maintain_order="left").with_columns(
        pl.col("cash_line").fill_null(0)
    )
    own_lots = _lot_frame(accounts, keyed, facts, forced=forced)
    table = pl.concat(
        [_line_frame(accounts, keyed, own_lots), _cash_frame(accounts, no_buys=no_buys)], how="diagonal"
    ).sort("a", "line")
    order_of = ("a", "line", "rank", "lot_id")
    lots = pl.concat([own_lots.select(_LOT_COLUMNS), _cash_lots(accounts)]).sort(order_of)
    place = keyed.select("a", "account_id", "security_id", "line")
    limits = _row_arrays(order, rows, members, place=place, table=table)
    return Assembled(
        account_ids=tuple(accounts["account_id"].to_list()),
        value=accounts["value"].to_numpy(),
        constant=(accounts["drag"] * accounts["gap"].abs()).to_numpy(),
        turned=(accounts["gap"] < 0).to_numpy().astype(np.int64),
        batch=_batch(accounts, table, lots, limits=limits, years=years, model=model, keyed=keyed),
        lines=place,
        lots=lots.select("a", "line", "lot_id"),
        row_names=limits.names,
    )


def _lot_frame(
    accounts: pl.DataFrame, keyed: pl.DataFrame, facts: pl.DataFrame, *, forced: bool
) -> pl.DataFrame:
    """Lots that may be sold; one of unknown basis, where forced, is priced as if nothing had been paid for it.

    Where `turn` says in which order a position's lots leave, they stand in it. Else, where two cost the same, the loss
    that is the next to turn long-term goes first, and the gain that is the last to.
    """
    free = facts.filter(pl.col("kept").is_null() & (pl.col("waits").is_null() | pl.lit(forced)))
    scale = accounts.select("account_id", "value", "latent_tax", "long_rate")
    gain = ratio(pl.col("gain"), pl.col("size")).fill_null(1.0)
    latent = pl.when("taxed").then(pl.col("latent_tax") * pl.col("long_rate") * pl.col("gain")).otherwise(0.0)
    term = pl.when("long").then(LONG).otherwise(SHORT)
    age = pl.col("since").dt.epoch("d").cast(pl.Int64).fill_null(0)
    return (
        keyed.select("a", *_KEYS, "line", "hurdle")
        .join(free.drop("long_rate", strict=False), on=_KEYS, how="inner", maintain_order="left_right")
        .join(scale, on="account_id", how="left", maintain_order="left")
        .with_columns(gain=gain, size=ratio(pl.col("size"), pl.col("value")))
        .filter(pl.col("size") > 0)
        .with_columns(
            slope=-pl.col("hurdle") - latent,
            rank=pl.coalesce("turn", pl.when(pl.col("gain") < 0).then(age).otherwise(-age)),
            term=pl.when(pl.col("taxed") & pl.col("credited")).then(term).otherwise(0).cast(pl.Int64),
        )
    )


def _line_frame(accounts: pl.DataFrame, keyed: pl.DataFrame, lots: pl.DataFrame) -> pl.DataFrame:
    losing = lots.filter(pl.col("taxed") & (pl.col("gain") < 0)).select("a", "line").unique()
    turns = lots.group_by("a", "line").agg(ordered=pl.col("turn").is_not_null().any())
    least = pl.max_horizontal(ratio(pl.col("min_trade"), pl.col("value")), pl.col("min_trade_bps") / 1e4)
    scale = accounts.select("account_id", "value", "ticket", least=least)
    groups = pl.col("identical_group").rank("dense").over("a").cast(pl.Int64) - 1
    return (
        keyed.join(scale, on="account_id", how="left", maintain_order="left")
        .join(
            losing.with_columns(exclusive=pl.lit(value=True)),
            on=["a", "line"],
            how="left",
            maintain_order="left",
        )
        .join(turns, on=["a", "line"], how="left", maintain_order="left")
        .select(
            "a",
            "line",
            "target",
            "lower",
            "upper",
            ticket=ratio(pl.coalesce("own_ticket", "ticket"), pl.col("value")),
            held="weight",
            buy_cost=pl.col("half_spread") + pl.col("hurdle"),
            sell_cost=pl.col("half_spread") + pl.col("fee"),
            buy_charge="half_spread",
            sell_charge=pl.col("half_spread") + pl.col("fee"),
            counted=pl.lit(1.0),
            min_trade=pl.max_horizontal("least", ratio(pl.col("least_buy"), pl.col("value"))),
            exclusive=pl.col("exclusive").fill_null(value=False),
            ordered=pl.col("ordered").fill_null(value=False),
            risk_row=pl.col("risk_row").fill_null(-1).cast(pl.Int64),
            group=groups.fill_null(-1),
        )
    )


def _cash_frame(accounts: pl.DataFrame, *, no_buys: bool) -> pl.DataFrame:
    """The cash asset of each account. Its trade is cash received, or, where cash is below target, cash paid out:
    the kink of |cash − target| then always lies among its lots. No buy takes cash below its target.
    """
    gap, turned = pl.col("gap"), pl.col("gap") < 0
    lowest = ratio(pl.col("lowest_cash"), pl.col("value")) - pl.col("target_cash") - gap
    target = pl.min_horizontal(-gap, pl.lit(0.0)) if no_buys else -gap
    least = pl.max_horizontal(target, lowest).clip(upper_bound=UNLIMITED)  # cash received at the least
    return accounts.select(
        "a",
        line="cash_line",
        turned=turned,
        target=pl.lit(0.0),
        held=pl.lit(0.0),
        lower=pl.when(turned).then(-UNLIMITED).otherwise(least),
        upper=pl.when(turned).then(-least).otherwise(UNLIMITED),
        ticket=pl.lit(0.0),
        buy_cost="drag",
        sell_cost=pl.lit(0.0),
        buy_charge=pl.lit(0.0),
        sell_charge=pl.lit(0.0),
        counted=pl.lit(0.0),
        min_trade=pl.lit(0.0),
        exclusive=pl.lit(value=False),
        ordered=pl.lit(value=False),
        risk_row=pl.lit(-1, dtype=pl.Int64),
        group=pl.lit(-1, dtype=pl.Int64),
    )


def _cash_lots(accounts: pl.DataFrame) -> pl.DataFrame:
    """Two lots of the cash asset: toward the target each unit saves the drag, beyond it each unit costs it."""
    zero = pl.lit(0, dtype=pl.Int64)
    base = accounts.with_columns(line=pl.col("cash_line"), gain=pl.lit(0.0), term=zero, rank=zero)
    toward = base.with_columns(lot_id=pl.lit("1 toward"), size=pl.col("gap").abs(), slope=-pl.col("drag"))
    beyond = base.with_columns(lot_id=pl.lit("2 beyond"), size=pl.lit(2 * UNLIMITED), slope=pl.col("drag"))
    return pl.concat([toward.filter(pl.col("size") > 0), beyond]).select(_LOT_COLUMNS)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    row_at: Ints
    names: tuple[str, ...]
    cells_at: Ints
    cells: Floats
    lower: Floats
    upper: Floats


def _row_arrays(
    order: pl.DataFrame,
    rows: pl.DataFrame,
    members: pl.DataFrame,
    *,
    place: pl.DataFrame,
    table: pl.DataFrame,
) -> _Rows:
    """Dense rows over each account's lines; the first binds the cash line to all others."""
    first = order.select("a", row=pl.lit("cash"), lower=pl.lit(0.0), upper=pl.lit(0.0), rank=pl.lit(0))
    others = order.join(rows, on="account_id", how="inner").select(
        "a", "row", "lower", "upper", rank=pl.lit(1)
    )
    listed = (
        pl.concat([first, others]).sort("a", "rank", "row").with_columns(i=pl.int_range(pl.len()).over("a"))
    )
    accounts = len(order)
    n = np.bincount(table["a"].to_numpy(), minlength=accounts).astype(np.int64)
    m = np.bincount(listed["a"].to_numpy(), minlength=accounts).astype(np.int64)
    cells_at = _offsets(n * m)
    cells = np.zeros(int(cells_at[-1]))
    own = members.join(place, on=_KEYS, how="inner").join(listed.select("a", "row", "i"), on=["a", "row"])
    at = own["a"].to_numpy()
    cells[cells_at[at] + own["i"].to_numpy() * n[at] + own["line"].to_numpy()] = 1.0
    everyone = table["a"].to_numpy()
    sign = np.where(table["turned"].fill_null(value=False).to_numpy(), -1.0, 1.0)
    cells[cells_at[everyone] + table["line"].to_numpy()] = sign
    return _Rows(
        _offsets(m),
        tuple(listed["row"].to_list()),
        cells_at,
        cells,
        listed["lower"].to_numpy().copy(),
        listed["upper"].to_numpy().copy(),
    )


_ASSETS = (
    "buy_charge",
    "sell_charge",
    "target",
    "held",
    "lower",
    "upper",
    "buy_cost",
    "sell_cost",
    "min_trade",
    "ticket",
    "counted",
    "group",
)


def _batch(
    accounts: pl.DataFrame,
    table: pl.DataFrame,
    lots: pl.DataFrame,
    *,
    limits: _Rows,
    years: AccountYears,
    model: RiskModel,
    keyed: pl.DataFrame,
) -> Batch:
    count = len(accounts)
    columns = {name: table[name].to_numpy() for name in _ASSETS}
    nothing = np.zeros(0)
    exposures, specific, security = _exposures(accounts, table, keyed, model)
    piece_offset, piece_slope, piece_constant, piece_sides = _pieces(accounts, lots, years)
    return Batch(
        asset_offset=_offsets(np.bincount(table["a"].to_numpy(), minlength=count)),
        lot_offset=_offsets(np.bincount(lots["a"].to_numpy(), minlength=count)),
        row_offset=limits.row_at,
        lot_row_offset=np.zeros(count + 1, np.int64),
        piece_offset=piece_offset,
        piece_slope=piece_slope,
        piece_constant=piece_constant,
        piece_sides=piece_sides,
        risk_aversion=accounts["risk_aversion"].to_numpy(),
        gain_budget=accounts["gain_budget"].to_numpy() / accounts["value"].to_numpy(),
        turnover=accounts["max_turnover"].cast(pl.Float64).fill_null(np.inf).to_numpy(),
        max_trades=accounts["max_trades"].cast(pl.Float64).fill_null(np.inf).to_numpy(),
        exposures=exposures,
        specific=specific,
        security=security,
        **columns,
        cost_row=np.zeros(len(table), np.int64),
        exclusive=_one_side(table, lots, pieces=(piece_offset, piece_slope)),
        ordered=table["ordered"].cast(pl.Int64).to_numpy(),
        lot_asset=lots["line"].to_numpy(),
        lot_term=lots["term"].to_numpy(),
        lot_size=lots["size"].to_numpy(),
        lot_gain=lots["gain"].to_numpy(),
        lot_slope=lots["slope"].to_numpy(),
        row_lower=limits.lower,
        row_upper=limits.upper,
        cells=limits.cells,
        lot_row_lower=nothing,
        lot_row_upper=nothing,
        lot_cells=nothing,
    )


def _one_side(table: pl.DataFrame, lots: pl.DataFrame, *, pieces: tuple[Ints, Floats]) -> Ints:
    """1 for assets that buy or sell, never both: those with a taxed loss, and those with a gain that would pay to be
    sold and bought back on some piece of the year (realizing gains for their own sake is a step outside the solve).
    """
    offset, slope = pieces
    count = len(offset) - 1
    lowest = np.full((count, 3), np.inf)
    np.minimum.at(lowest[:, 1:], np.repeat(np.arange(count), np.diff(offset)), slope)
    lowest = np.where(np.isinf(lowest), 0.0, lowest)
    which = lots["a"].to_numpy()
    starts = _offsets(np.bincount(table["a"].to_numpy(), minlength=count))
    asset = starts[which] + lots["line"].to_numpy()
    both = (table["buy_cost"] + table["sell_cost"]).to_numpy()[asset]
    gain = lots["gain"].to_numpy()
    tempting = lots["slope"].to_numpy() + lowest[which, lots["term"].to_numpy()] * gain + both < 0.0
    one_side = table["exclusive"].cast(pl.Int64).to_numpy().copy()
    one_side[asset[tempting & (gain > 0.0)]] = 1
    return one_side


def _exposures(
    accounts: pl.DataFrame, table: pl.DataFrame, keyed: pl.DataFrame, model: RiskModel
) -> tuple[Floats, Floats, Ints]:
    """Exposures of all distinct sets of securities, end to end and padded, and where each asset stands in them.

    Products of a slot have the exposures of its first product, specific risk included: a substitute costs its
    hurdle, not the active risk between twins. Cash stands nowhere (−1).
    """
    offsets = _offsets(accounts["cash_line"].to_numpy())
    found = exposures_batch(model, offsets, keyed["risk_row"].cast(pl.Int64).to_numpy(), resplit=True)
    widest = int(found.columns.max(initial=0))
    exposures = np.zeros((len(found.specific), widest))
    for b, width in enumerate(found.columns.tolist()):
        rows = slice(int(found.row_start[b]), int(found.row_start[b + 1]))
        size = (rows.stop - rows.start) * width
        begin = int(found.value_start[b])
        exposures[rows, :width] = found.values[begin : begin + size].reshape(-1, width)
    which = table["a"].to_numpy()
    security = found.row_start[found.block_of[which]] + table["line"].to_numpy()
    return exposures, found.specific, np.where(table["risk_row"].to_numpy() < 0, -1, security)


def _pieces(
    accounts: pl.DataFrame, lots: pl.DataFrame, years: AccountYears
) -> tuple[Ints, Floats, Floats, Floats]:
    """Each account's year as pieces of its added tax times `tax_weight`, in fractions of its value.

    The tax budget is one more side of every piece: a net loss owes nothing, so that no piece of losses can meet it.
    """
    value = accounts["value"].to_numpy()
    found = regions(years.params, years.position, reach=_reach(lots, value))
    whose = np.repeat(np.arange(len(accounts)), np.diff(found.start))
    taxed = accounts["taxed"].to_numpy()[whose]
    whose, slope, constant = whose[taxed], found.slope[taxed], found.constant[taxed] / value[whose[taxed]]
    sides = found.sides[taxed].copy()
    sides[:, :, 2] /= value[whose][:, None]
    room = years.budget_room(accounts["tax_budget"].to_numpy()) / value
    limit = np.concatenate([slope, (room[whose] - constant)[:, None]], axis=1)[:, None, :]
    weight = accounts["tax_weight"].to_numpy()[whose]
    return (
        _offsets(np.bincount(whose, minlength=len(accounts))),
        slope * weight[:, None],
        constant * weight,
        np.concatenate([sides, limit], axis=1),
    )


def _reach(lots: pl.DataFrame, value: Floats) -> Reach:
    """The box of short and long gains that selling lots can reach, in dollars."""
    which, term = lots["a"].to_numpy(), lots["term"].to_numpy()
    gain = lots["gain"].to_numpy() * lots["size"].to_numpy() * value[which]

    def total(of: int, sign: float) -> Floats:
        part = np.where(term == of, sign * np.maximum(sign * gain, 0.0), 0.0)
        sums: Floats = np.bincount(which, weights=part, minlength=len(value)).astype(np.float64)
        return sums

    return Reach(total(SHORT, -1.0), total(SHORT, 1.0), total(LONG, -1.0), total(LONG, 1.0))


def _offsets(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
