"""Release: whether a proposal may go out untouched, by its firm's rules."""

import polars as pl

REVIEW_FLAGS = ("conflict", "break", "missing_basis_sold", "open_order")
"""Flags that always want a person; `unhonoured:…` flags do too."""


def release(proposals: pl.DataFrame, flags: pl.DataFrame) -> pl.DataFrame:
    """account_id, release (auto, review, none), release_hits (rules that were hit, `;`).

    `proposals`: the accounts of an outcome: decision, turnover, notional (bought + sold, dollars), tax, value,
    discretion and the release settings. Any one hit means review; what is blocked or in error waits for a person; a
    hold is none.
    """
    limit = pl.max_horizontal(
        pl.col("release_max_tax").cast(pl.Float64), pl.col("release_max_tax_bps") / 1e4 * pl.col("value")
    )
    marked = flags.filter(pl.col("flag").is_in(REVIEW_FLAGS) | pl.col("flag").str.starts_with("unhonoured:"))[
        "account_id"
    ]
    hits = {
        "release_policy": pl.col("release") != "auto",
        "discretion": ~pl.col("discretion").fill_null(value=True),
        "turnover": pl.col("turnover") > pl.col("release_max_turnover"),
        "notional": pl.col("notional") > pl.col("release_max_notional").cast(pl.Float64),
        "tax": pl.col("tax").cast(pl.Float64) > limit,
        "unknown_tax": pl.col("tax").is_null(),
        "flag": pl.col("account_id").is_in(marked.unique().implode()),
    }
    words = pl.concat_list(
        [pl.when(test).then(pl.lit(name)) for name, test in hits.items()]
    ).list.drop_nulls()
    state = (
        pl.when(pl.col("decision") == "hold")
        .then(pl.lit("none"))
        .when((pl.col("decision") == "propose") & (pl.col("hits").list.len() == 0))
        .then(pl.lit("auto"))
        .otherwise(pl.lit("review"))
    )
    return proposals.with_columns(hits=words).select(
        "account_id", release=state, release_hits=pl.col("hits").list.join(";")
    )
