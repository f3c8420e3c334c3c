"""The door from frames to arrays: a batch of problems, one per account, in flat arrays with offsets."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from trimtab.optimize.problem import LONG, SHORT, Bools, Floats, Ints, Problem, Year
from trimtab.risk.exposures import AccountExposures

_KEYS = ["account_id", "security_id"]
UNLIMITED = 10.0
"""A cash trade of ten times the account's value: beyond any that the other limits allow."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Problems of many accounts. Account a's lines are `line_at[a]:line_at[a+1]`, its lots `lot_at[a]:lot_at[a+1]`.

    Every account has one line more than it holds or wants: its cash, last, which moves against the row `cash` so
    that cash_drag · |cash − target| is part of the objective. `lot_line` counts from the account's first line.
    `rows` holds, account after account, its rows one after the other over its lines.
    `cash_turned` says that the cash line counts cash paid out, not cash received (see `_cash_lines`).
    """

    account_ids: tuple[str, ...]
    value: Floats
    risk_aversion: Floats
    line_at: Ints
    lines: dict[str, Floats]
    risk_row: Ints
    exclusive: Bools
    group: Ints
    lot_at: Ints
    lot_line: Ints
    lots: dict[str, Floats]
    lot_term: Ints
    row_at: Ints
    row_names: tuple[str, ...]
    cells_at: Ints
    rows: Floats
    row_lower: Floats
    row_upper: Floats
    constant: Floats
    cash_turned: Bools

    def problem(self, a: int, exposures: AccountExposures, year: Year | None) -> Problem:
        """The problem of account `a` (its row in the batch)."""
        at, lots = slice(self.line_at[a], self.line_at[a + 1]), slice(self.lot_at[a], self.lot_at[a + 1])
        rows = slice(self.row_at[a], self.row_at[a + 1])
        n = int(self.line_at[a + 1] - self.line_at[a])
        cells = self.rows[self.cells_at[a] : self.cells_at[a + 1]].reshape(-1, n)
        factors, specific = exposures.block(a)  # the cash line, last, has no risk
        line, lot = self.lines, self.lots
        return Problem(
            line["target"][at],
            line["held"][at],
            np.vstack([factors, np.zeros((1, factors.shape[1]))]),
            np.append(specific, 0.0),
            float(self.risk_aversion[a]),
            line["buy_cost"][at],
            line["sell_cost"][at],
            line["lower"][at],
            line["upper"][at],
            self.lot_line[lots],
            lot["size"][lots],
            lot["gain"][lots],
            lot["slope"][lots],
            cells,
            self.row_lower[rows],
            self.row_upper[rows],
            exclusive=self.exclusive[at],
            min_trade=line["min_trade"][at],
            ticket=line["ticket"][at],
            cost_row=0,
            buy_charge=line["charge"][at],
            sell_charge=line["charge"][at],
            group=self.group[at],
            lot_term=self.lot_term[lots],
            year=year,
        )


def assemble(
    accounts: pl.DataFrame,
    lines: pl.DataFrame,
    facts: pl.DataFrame,
    *,
    rows: pl.DataFrame,
    members: pl.DataFrame,
    row_of: pl.DataFrame,
    forced: bool = False,
) -> Batch:
    """Lay the accounts out as problems in fractions of their own value; everything sorted by key before.

    `accounts`: account_id, value, cash_free, lowest_cash (dollars, floats), target_cash, taxed, long_rate and the
    settings risk_aversion, latent_tax, cash_drag_bps, min_trade, min_trade_bps, ticket. `lines`: those of
    `limits.line_bounds` with half_spread (fraction) and identical_group. `facts`: those of `lotfacts`. `rows`:
    account_id, row, lower, upper; `members`: account_id, row, security_id. `row_of`: security_id, risk_row.
    With `forced`, lots that wait are among the lots.
    """
    order = accounts.select("account_id").with_row_index("a")
    keyed = order.join(lines, on="account_id", how="inner", maintain_order="left_right")
    keyed = keyed.with_columns(line=pl.int_range(pl.len()).over("a")).join(
        row_of, left_on="first", right_on="security_id", how="left", maintain_order="left"
    )
    accounts = accounts.with_columns(
        gap=pl.col("cash_free") / pl.col("value") - pl.col("target_cash"), drag=pl.col("cash_drag_bps") / 1e4
    )
    lots = _lot_frame(accounts, keyed, facts, forced=forced)
    table = pl.concat(
        [_line_frame(accounts, keyed, lots), _cash_frame(accounts, keyed)], how="diagonal"
    ).sort("a", "line")
    all_lots = pl.concat([lots.select(_LOT_COLUMNS), _cash_lots(accounts, keyed)]).sort("a", "line", "lot_id")
    place = keyed.select("a", "account_id", "security_id", "line")
    return _arrays(accounts, table, all_lots, _row_arrays(order, rows, members, place=place, table=table))


_LOT_COLUMNS = ("a", "line", "lot_id", "size", "gain", "slope", "term")


def _lot_frame(
    accounts: pl.DataFrame, keyed: pl.DataFrame, facts: pl.DataFrame, *, forced: bool
) -> pl.DataFrame:
    """Lots that may be sold; one of unknown basis, where forced, is priced as if nothing had been paid for it."""
    free = facts.filter(pl.col("kept").is_null() & (pl.col("waits").is_null() | pl.lit(forced)))
    scale = accounts.select("account_id", "value", "latent_tax", "long_rate")
    gain = (pl.col("gain").cast(pl.Float64) / pl.col("size").cast(pl.Float64)).fill_null(1.0)
    latent = pl.when("taxed").then(pl.col("latent_tax") * pl.col("long_rate") * pl.col("gain")).otherwise(0.0)
    term = pl.when("long").then(LONG).otherwise(SHORT)
    return (
        keyed.select("a", *_KEYS, "line", "hurdle")
        .join(free.drop("long_rate", strict=False), on=_KEYS, how="inner", maintain_order="left_right")
        .join(scale, on="account_id", how="left", maintain_order="left")
        .with_columns(gain=gain, size=pl.col("size").cast(pl.Float64) / pl.col("value"))
        .filter(pl.col("size") > 0)
        .with_columns(
            slope=-pl.col("hurdle") - latent,
            term=pl.when(pl.col("taxed") & pl.col("credited")).then(term).otherwise(0).cast(pl.Int64),
        )
    )


def _line_frame(accounts: pl.DataFrame, keyed: pl.DataFrame, lots: pl.DataFrame) -> pl.DataFrame:
    losing = lots.filter(pl.col("taxed") & (pl.col("gain") < 0)).select("a", "line").unique()
    least = pl.max_horizontal(
        pl.col("min_trade").cast(pl.Float64) / pl.col("value"), pl.col("min_trade_bps") / 1e4
    )
    scale = accounts.select(
        "account_id", least=least, ticket=pl.col("ticket").cast(pl.Float64) / pl.col("value")
    )
    groups = pl.col("identical_group").rank("dense").over("a").cast(pl.Int64) - 1
    return (
        keyed.join(scale, on="account_id", how="left", maintain_order="left")
        .join(
            losing.with_columns(exclusive=pl.lit(value=True)),
            on=["a", "line"],
            how="left",
            maintain_order="left",
        )
        .select(
            "a",
            "line",
            "target",
            "lower",
            "upper",
            "ticket",
            held="weight",
            buy_cost=pl.col("half_spread") + pl.col("hurdle"),
            sell_cost="half_spread",
            charge="half_spread",
            min_trade="least",
            exclusive=pl.col("exclusive").fill_null(value=False),
            risk_row=pl.col("risk_row").fill_null(-1).cast(pl.Int64),
            group=groups.fill_null(-1),
        )
    )


def _cash_frame(accounts: pl.DataFrame, keyed: pl.DataFrame) -> pl.DataFrame:
    """The cash line of each account. Its trade is cash received, or, where cash is below target, cash paid out:
    the kink of |cash − target| then always lies among its lots. No buy takes cash below its target.
    """
    gap, turned = pl.col("gap"), pl.col("gap") < 0
    lowest = pl.col("lowest_cash") / pl.col("value") - pl.col("target_cash") - gap
    least = pl.max_horizontal(-gap, lowest)  # cash received at the least
    counts = keyed.group_by("a").agg(line=pl.len().cast(pl.Int64))
    return (
        accounts.with_row_index("a")
        .join(counts, on="a", how="left")
        .select(
            "a",
            line=pl.col("line").fill_null(0),
            target=pl.lit(0.0),
            held=pl.lit(0.0),
            turned=turned,
            lower=pl.when(turned).then(-UNLIMITED).otherwise(least),
            upper=pl.when(turned).then(-least).otherwise(UNLIMITED),
            ticket=pl.lit(0.0),
            buy_cost="drag",
            sell_cost=pl.lit(0.0),
            charge=pl.lit(0.0),
            min_trade=pl.lit(0.0),
            exclusive=pl.lit(value=False),
            risk_row=pl.lit(-1, dtype=pl.Int64),
            group=pl.lit(-1, dtype=pl.Int64),
        )
    )


def _cash_lots(accounts: pl.DataFrame, keyed: pl.DataFrame) -> pl.DataFrame:
    """Two lots of the cash line: toward the target each unit saves the drag, beyond it each unit costs it."""
    counts = keyed.group_by("a").agg(line=pl.len().cast(pl.Int64))
    base = (
        accounts.with_row_index("a")
        .join(counts, on="a", how="left")
        .with_columns(line=pl.col("line").fill_null(0), gain=pl.lit(0.0), term=pl.lit(0, dtype=pl.Int64))
    )
    toward = base.with_columns(lot_id=pl.lit("toward"), size=pl.col("gap").abs(), slope=-pl.col("drag"))
    beyond = base.with_columns(lot_id=pl.lit("zbeyond"), size=pl.lit(2 * UNLIMITED), slope=pl.col("drag"))
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


def _arrays(accounts: pl.DataFrame, table: pl.DataFrame, lots: pl.DataFrame, rows: _Rows) -> Batch:
    count = len(accounts)
    names = ("target", "held", "lower", "upper", "buy_cost", "sell_cost", "charge", "min_trade", "ticket")
    return Batch(
        account_ids=tuple(accounts["account_id"].to_list()),
        value=accounts["value"].to_numpy(),
        risk_aversion=accounts["risk_aversion"].to_numpy(),
        line_at=_offsets(np.bincount(table["a"].to_numpy(), minlength=count)),
        lines={name: table[name].to_numpy() for name in names},
        risk_row=table["risk_row"].to_numpy(),
        exclusive=table["exclusive"].to_numpy(),
        group=table["group"].to_numpy(),
        lot_at=_offsets(np.bincount(lots["a"].to_numpy(), minlength=count)),
        lot_line=lots["line"].to_numpy(),
        lots={name: lots[name].to_numpy() for name in ("size", "gain", "slope")},
        lot_term=lots["term"].to_numpy(),
        row_at=rows.row_at,
        row_names=rows.names,
        cells_at=rows.cells_at,
        rows=rows.cells,
        row_lower=rows.lower,
        row_upper=rows.upper,
        constant=(accounts["drag"] * accounts["gap"].abs()).to_numpy(),
        cash_turned=(accounts["gap"] < 0).to_numpy(),
    )


def _offsets(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
