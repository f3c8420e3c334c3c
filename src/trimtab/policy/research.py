"""Research: recommendations become proposals to each firm that they concern; the firm alone changes its list."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from trimtab.policy.trees import read_models

_PLACE: Final = ["firm_id", "security_id"]


def list_proposals(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """One row per firm and recommended security that it holds or lists and whose status it has not taken.

    Columns: firm_id, security_id, status, firm_status (null: not on its list), successor, by, reason, as_of,
    accounts (that hold it). Nothing is traded for it: the firm rehearses `list_after` and decides.
    """
    of_firm = tables["accounts"].select("account_id", "firm_id")
    held = tables["lots"].select("account_id", "security_id").unique().join(of_firm, on="account_id")
    counts = held.group_by(_PLACE).agg(pl.len().cast(pl.Int64).alias("accounts"))
    own = tables["approved_list"].select(*_PLACE, pl.col("status").alias("firm_status"))
    concerned = pl.concat([counts.select(_PLACE), own.select(_PLACE), _named(tables)]).unique()
    said = tables["recommendations"].select("security_id", "status", "successor", "by", "reason", "as_of")
    rows = concerned.join(said, on="security_id").join(own, on=_PLACE, how="left")
    rows = rows.join(counts, on=_PLACE, how="left").with_columns(pl.col("accounts").fill_null(0))
    open_ = rows.filter(pl.col("firm_status").is_null() | (pl.col("firm_status") != pl.col("status")))
    moot = pl.col("firm_status").is_null() & (pl.col("status") == "approved")
    columns = [*_PLACE, "status", "firm_status", "successor", "by", "reason", "as_of", "accounts"]
    return open_.filter(~moot).select(columns).sort(_PLACE)


def _named(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """(firm_id, security_id) of the products that firms rank and the securities of their own models."""
    ranked = tables["products"].select(_PLACE)
    nodes = tables["models"].filter((pl.col("kind") == "security") & pl.col("firm_id").is_not_null())
    return pl.concat([ranked, nodes.select("firm_id", pl.col("ref").alias("security_id"))]).unique()


def list_after(
    tables: Mapping[str, pl.DataFrame], firm_id: str, security_ids: frozenset[str]
) -> pl.DataFrame:
    """The firm's rows of `approved_list` once it takes the recommendations on some securities.

    A successor becomes approved. A firm that had no list gets one, where all that its models and products name is
    approved: a single row would forbid everything else.
    """
    listed = tables["approved_list"]
    columns = listed.columns
    mine = listed.filter(pl.col("firm_id") == firm_id)
    if not mine.height:
        mine = _approved(firm_id, _allowed(tables, firm_id), listed)
    taken = tables["recommendations"].filter(pl.col("security_id").is_in(sorted(security_ids)))
    fresh = taken.with_columns(firm_id=pl.lit(firm_id)).select(columns)
    successors = set(taken.get_column("successor").drop_nulls().to_list()) - security_ids
    news = pl.concat([fresh, _approved(firm_id, successors, listed)])
    kept = mine.join(news, on="security_id", how="anti")
    return pl.concat([kept, news]).sort("security_id")


def _approved(firm_id: str, security_ids: set[str], like: pl.DataFrame) -> pl.DataFrame:
    rows = pl.DataFrame({"security_id": sorted(security_ids)}, schema={"security_id": pl.String})
    rows = rows.with_columns(firm_id=pl.lit(firm_id), status=pl.lit("approved"), by=pl.lit("firm"))
    return rows.with_columns(
        [
            pl.lit(None, dtype=kind).alias(name)
            for name, kind in like.schema.items()
            if name not in rows.columns
        ]
    ).select(like.columns)


def _allowed(tables: Mapping[str, pl.DataFrame], firm_id: str) -> set[str]:
    """What a firm without a list may buy: its products, and the securities of its own models and those it uses."""
    models = read_models(tables["models"])
    accounts = tables["accounts"].filter(pl.col("firm_id") == firm_id)
    households = tables["households"].filter(pl.col("firm_id") == firm_id)
    front = [
        *accounts.get_column("model_id").drop_nulls().to_list(),
        *households.get_column("model_id").drop_nulls().to_list(),
        *[name for name, model in models.items() if model.firm_id == firm_id],
    ]
    seen: set[str] = set()
    found = set(tables["products"].filter(pl.col("firm_id") == firm_id).get_column("security_id").to_list())
    while front:
        name = front.pop()
        if name in seen or name not in models:
            continue
        seen.add(name)
        for siblings in models[name].children.values():
            front += [node.ref for node in siblings if node.kind == "model"]
            found.update(node.ref for node in siblings if node.kind == "security")
    return found
