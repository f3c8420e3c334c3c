"""Rows of the book's tables, gathered one by one and turned into typed frames, sorted by key."""

from typing import Final

import polars as pl

Row = dict[str, object]

EXACT: Final = pl.Decimal(38, 9)
KEYS: Final = {
    "firms": ("firm_id",),
    "securities": ("security_id",),
    "tags": ("security_id", "tag"),
    "prices": ("date", "security_id"),
    "households": ("household_id",),
    "taxpayers": ("taxpayer_id",),
    "accounts": ("account_id",),
    "lots": ("account_id", "lot_id"),
    "positions": ("account_id", "security_id"),
    "open_orders": ("account_id", "order_id"),
    "models": ("model_id", "node_id"),
    "indexes": ("index_id", "security_id"),
    "products": ("firm_id", "model_id", "node_id", "security_id"),
    "approved_list": ("firm_id", "security_id"),
    "recommendations": ("security_id",),
    "menu": ("account_id", "security_id"),
    "policies": ("scope", "scope_id", "key"),
    "restrictions": ("scope", "scope_id", "rule", "selector"),
    "cash_flows": ("account_id", "flow_id"),
    "transactions": ("account_id", "transaction_id"),
    "scheduled_buys": ("account_id", "security_id", "date"),
    "distributions": ("security_id", "ex_date"),
    "fund_terms": ("security_id",),
}
_DATES: Final = frozenset((
    "date", "acquired", "adjusted_acquired", "opened", "since", "until", "as_of", "ex_date", "maturity",
    "price_date", "next_window",
))  # fmt: skip
_EXACT: Final = frozenset((
    "price", "price_factor", "accrued", "min_denomination", "adv", "cash", "unsettled_cash", "quantity",
    "unit_cost", "amount", "close", "gain", "ytd_short", "ytd_long", "carryforward_short", "carryforward_long",
    "loss_limit", "expected_gain", "zero_gain_room", "per_share", "ticket", "minimum_initial",
    "minimum_additional",
))  # fmt: skip
_FLAGS: Final = frozenset((
    "fractional", "illiquid", "discretion", "margin", "held_away", "reinvest", "locked", "hold_only",
    "estimated",
))  # fmt: skip
_FLOATS: Final = frozenset((
    "expense_ratio", "dividend_yield", "qualified_fraction", "half_spread_bps", "weight", "lower", "upper",
    "hurdle_bps", "short_rate", "long_rate", "ordinary_rate", "total_return_index", "redemption_fee_bps",
))  # fmt: skip
_INTEGERS: Final = frozenset(("rank", "redemption_days", "round_trip_days"))


class Rows:
    """The world's tables while it is being made; columns a row leaves out are unknown."""

    def __init__(self) -> None:
        self._tables: dict[str, list[Row]] = {}

    def add(self, table: str, **row: object) -> None:
        """Append one row to a table of the contract."""
        assert table in KEYS, f"{table} is no table of the world"
        self._tables.setdefault(table, []).append(row)

    def frames(self) -> dict[str, pl.DataFrame]:
        """Every table that has rows."""
        return {name: to_frame(name, rows) for name, rows in sorted(self._tables.items())}


def to_frame(table: str, rows: list[Row]) -> pl.DataFrame:
    """Rows as a frame in the contract's types: key columns first, sorted by key."""
    key = KEYS[table]
    names = list(dict.fromkeys([*key, *(name for row in rows for name in row)]))
    frame = pl.DataFrame({name: _series(table, name, [row.get(name) for row in rows]) for name in names})
    frame = frame.sort(key, nulls_last=False)
    assert not frame.select(key).is_duplicated().any(), f"a key of {table} stands twice"
    return frame


def _series(table: str, name: str, values: list[object]) -> pl.Series:
    if name == "value" and table == "tags":
        return pl.Series(name, values, pl.Float64)
    if name in _EXACT:
        return pl.Series(name, values, pl.Float64).cast(EXACT)
    for names, dtype in (
        (_DATES, pl.Date),
        (_FLAGS, pl.Boolean),
        (_FLOATS, pl.Float64),
        (_INTEGERS, pl.Int64),
    ):
        if name in names:
            return pl.Series(name, values, dtype)
    return pl.Series(name, values, pl.String)
