"""Digests of an account's inputs and results: our own bytes, independent of row order, workers and machine."""

import hashlib

import polars as pl

from trimtab.core.digest import digest
from trimtab.desk.day import Day

_PER_ACCOUNT = ("accounts", "lots", "positions", "open_orders", "cash_flows", "plans", "menu", "transactions")
_KEYS = ["account_id", "security_id"]


def inputs_digests(day: Day, units: pl.DataFrame) -> pl.DataFrame:
    """account_id, inputs_digest: the account's own rows, its target, the market, the risk model, and the same of every
    account of its unit (`units`: account_id, unit_id).
    """
    shared = digest(
        {
            "as_of": day.as_of,
            "risk": day.model.digest,
            "securities": rows_digest(day.tables["securities"].drop("symbol", "name")),
        }
    )
    targets = _grouped(day.targets.slots, "target_id", "slots")
    aims = day.targets.account.select("account_id", "target_id").join(
        targets, on="target_id", how="left", maintain_order="left"
    )
    joined = day.accounts.select("account_id").join(
        aims.select("account_id", "slots"), on="account_id", how="left", maintain_order="left"
    )
    for name in _PER_ACCOUNT:
        joined = joined.join(
            _grouped(day.tables[name], "account_id", name), on="account_id", how="left", maintain_order="left"
        )
    own = _hashed(joined, "inputs_digest", shared)
    several = own.join(units, on="account_id", how="left", maintain_order="left").with_columns(
        mates=pl.col("inputs_digest").sort().str.join("\x1e").over("unit_id"), count=pl.len().over("unit_id")
    )
    united = _hashed(several.select("account_id", "inputs_digest", "mates"), "united", "")
    return several.select(
        "account_id",
        inputs_digest=pl.when(pl.col("count") > 1).then(united["united"]).otherwise("inputs_digest"),
    )


def result_digests(
    evaluations: pl.DataFrame, trades: pl.DataFrame, sales: pl.DataFrame, reasons: pl.DataFrame
) -> pl.DataFrame:
    """account_id, result_digest: decision, flags, whole trades and sales, reason codes; no floats, no times."""
    parts = (
        _grouped(trades.select(*_KEYS, "side", "quantity"), "account_id", "trades"),
        _grouped(sales.select("account_id", "lot_id", "security_id", "quantity"), "account_id", "sales"),
        _grouped(reasons.select(*_KEYS, "decision", "code"), "account_id", "reasons"),
    )
    joined = evaluations.select("account_id", "decision", "release", "flags", "why")
    for part in parts:
        joined = joined.join(part, on="account_id", how="left", maintain_order="left")
    return _hashed(joined, "result_digest", "")


def whole_digest(evaluations: pl.DataFrame) -> str:
    """One digest of all results of a run."""
    rows = evaluations.sort("account_id").select("account_id", "result_digest").rows()
    return digest([list(row) for row in rows])


def _text(frame: pl.DataFrame) -> pl.Expr:
    """A row as text: every value between separators that no value holds, unknown apart from empty."""
    cells = [
        pl.when(pl.col(name).is_null()).then(pl.lit("\x00")).otherwise(_cell(name, dtype))
        for name, dtype in frame.schema.items()
    ]
    return pl.concat_str(cells, separator="\x1f")


def _cell(name: str, dtype: pl.DataType) -> pl.Expr:
    if dtype.is_float():
        return pl.col(name).reinterpret(signed=True).cast(pl.String)
    return pl.col(name).cast(pl.String)


def _grouped(frame: pl.DataFrame, key: str, name: str) -> pl.DataFrame:
    """The rows of each key as one text, in the order of the rows' texts."""
    rows = frame.select(key, _text(frame).alias(name)).drop_nulls(key)
    return rows.sort(key, name).group_by(key, maintain_order=True).agg(pl.col(name).str.join("\x1e"))


def rows_digest(frame: pl.DataFrame) -> str:
    """SHA-256 (hex) of a table's rows, whatever their order."""
    lines = frame.select(_text(frame).alias("row")).to_series().sort().to_list()
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def _hashed(frame: pl.DataFrame, name: str, salt: str) -> pl.DataFrame:
    texts = frame.select(_text(frame).alias("row")).to_series().to_list()
    hashes = [hashlib.sha256(f"{salt}\x1d{text}".encode()).hexdigest() for text in texts]
    return frame.select("account_id", pl.Series(name, hashes, dtype=pl.String))
