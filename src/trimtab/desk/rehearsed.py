"""Rehearsed: what three runs of the same accounts say of a change, as tables and sums."""

from typing import Final

import polars as pl

from trimtab.book.read import Book
from trimtab.desk.rebalance import Run
from trimtab.market.ratio import ratio

WORST: Final = 10
_CENT: Final = 0.005
_WEIGHED: Final = (
    "below_benefit", "nothing_to_trade", "tax_outweighs", "harvest_not_worth", "offset_costs", "balanced",
    "no_whole_share_answer", "conflict",
)  # fmt: skip
"""Codes of trades that nothing forbids and that are not worth it, or that the account as a whole cannot make."""


def tables_of(
    book: Book, what: pl.DataFrame, before: Run, *, after: Run, free: Run
) -> dict[str, pl.DataFrame]:
    """The tables of a rehearsal by name: `accounts`, `firms`, `worst`, `blocked`, `held`, and of the run with the
    change `trades`, `sales`, `reasons`, `conflicts`.
    """
    accounts = accounts_table(book, what, before, after=after, free=free)
    return {
        "accounts": accounts,
        "firms": firms_table(accounts),
        "worst": worst_table(accounts),
        "blocked": blocked_table(accounts, after),
        "held": held_table(accounts, after),
        **{name: after.tables[name] for name in ("trades", "sales", "reasons", "conflicts")},
    }


def accounts_table(book: Book, what: pl.DataFrame, before: Run, *, after: Run, free: Run) -> pl.DataFrame:
    """One row per account evaluated, sorted: what touches it, its decision, trades and tax without and with the change
    and with no budget, what it waits for, and how many years of budget it needs.
    """
    firms = book.tables["accounts"].select("account_id", "firm_id")
    names = what.group_by("account_id").agg(touched_by=pl.col("what").sort().str.join(";"))
    was, now, lifted = (_of(run) for run in (before, after, free))
    chosen = ["account_id", "decision", "trades", "tax"]
    joined = (
        now.join(was.select(chosen), on="account_id", how="full", coalesce=True, suffix="_before")
        .join(
            lifted.select("account_id", tax_without_budget="tax", notional_without_budget="notional"),
            on="account_id",
            how="left",
        )
        .join(firms, on="account_id", how="left")
        .join(names, on="account_id", how="left")
        .sort("account_id")
    )
    joined = joined.with_columns(
        pl.coalesce("tax_without_budget", "tax").alias("tax_without_budget"),
        pl.coalesce("notional_without_budget", "notional").alias("notional_without_budget"),
    )
    return joined.with_columns(years=_years()).select(_COLUMNS)


_COLUMNS: Final = (
    "account_id", "firm_id", "touched_by", "decision_before", "decision", "why", "release", "value", "trades_before",
    "trades", "notional", "turnover", "tax_before", "tax", "tax_without_budget", "notional_without_budget", "budget",
    "years", "cash_need", "conflicts", "wash_conflicts", "drift_before", "drift_after", "tracking_error_before",
    "tracking_error_after", "flags",
)  # fmt: skip


def _of(run: Run) -> pl.DataFrame:
    """What one run says of its accounts."""
    tables = run.tables
    trades = (
        tables["trades"]
        .group_by("account_id")
        .agg(trades=pl.len().cast(pl.Int64), notional=pl.col("notional").sum().cast(pl.Float64))
    )
    needs = run.outcome.accounts.select(
        "account_id",
        cash_need=(pl.col("lowest_cash") - pl.col("cash_free")).clip(lower_bound=0.0).fill_nan(None),
        budget=pl.coalesce(
            pl.col("budget_tax").cast(pl.Float64), pl.col("budget_tax_fraction") * pl.col("value")
        ),
    )
    lost = tables["sales"].filter(pl.col("disallowed") > 0).select("account_id", "security_id")
    shut = tables["reasons"].filter(
        (pl.col("decision") == "hold") & pl.col("blocked_by").str.starts_with("wash window")
    )
    washed = pl.concat([lost, shut.select("account_id", "security_id")]).unique()
    frame = tables["evaluations"].select(
        "account_id", "decision", "why", "release", "flags", "turnover", "drift_before", "drift_after",
        "tracking_error_before", "tracking_error_after",
        value=pl.col("value").cast(pl.Float64), tax=pl.col("tax").cast(pl.Float64),
    )  # fmt: skip
    for part in (
        trades,
        needs,
        tables["conflicts"].group_by("account_id").agg(conflicts=pl.len().cast(pl.Int64)),
        washed.group_by("account_id").agg(wash_conflicts=pl.len().cast(pl.Int64)),
    ):
        frame = frame.join(part, on="account_id", how="left", maintain_order="left")
    return frame.with_columns(
        pl.col("trades", "conflicts", "wash_conflicts").fill_null(0), pl.col("notional").fill_null(0.0)
    )


def _years() -> pl.Expr:
    """Calendar years of budget until nothing waits for one: 1 where all is done at once, null where no budget would
    ever do (a budget of nothing), the tax is unknown or the account cannot follow.
    """
    waits = (pl.col("tax_without_budget") - pl.col("tax")).clip(lower_bound=0.0)
    more = (waits / pl.col("budget")).ceil().cast(pl.Int64, strict=False)
    return (
        pl.when(pl.col("decision").is_in(["blocked", "error"]))
        .then(None)
        .when(waits <= _CENT)
        .then(pl.lit(1, dtype=pl.Int64))
        .when(pl.col("budget") > _CENT)
        .then(1 + more)
        .otherwise(None)
    )


def never_done() -> pl.Expr:
    """Whether an account that may trade waits for a budget that never comes."""
    going = ~pl.col("decision").is_in(["blocked", "error"])
    return pl.col("years").is_null() & pl.col("tax").is_not_null() & going


def firms_table(accounts: pl.DataFrame) -> pl.DataFrame:
    """One row per firm: its accounts touched, those that trade or are blocked, and their sums."""
    return _summed(accounts.group_by("firm_id").agg(_sums())).sort("firm_id")


def _sums() -> list[pl.Expr]:
    proposing = pl.col("decision") == "propose"
    return [
        pl.col("touched_by").is_not_null().sum().cast(pl.Int64).alias("touched"),
        pl.len().cast(pl.Int64).alias("evaluated"),
        proposing.sum().cast(pl.Int64).alias("trading"),
        pl.col("decision").is_in(["blocked", "error"]).sum().cast(pl.Int64).alias("blocked"),
        *(pl.col(name).sum().alias(name) for name in ("trades_before", "trades")),
        *(pl.col(name).sort().sum().alias(name) for name in _MONEY),
        pl.col("value").sort().sum().alias("value"),
        pl.col("tax").is_null().sum().cast(pl.Int64).alias("tax_unknown"),
        (pl.col("conflicts") > 0).sum().cast(pl.Int64).alias("with_conflicts"),
        (pl.col("wash_conflicts") > 0).sum().cast(pl.Int64).alias("with_wash_conflicts"),
        (pl.col("years") > 1).sum().cast(pl.Int64).alias("need_more_years"),
        never_done().sum().cast(pl.Int64).alias("never_done"),
        pl.col("years").max().alias("years_most"),
    ]


_MONEY: Final = ("notional", "tax_before", "tax", "tax_without_budget", "cash_need")


def _summed(frame: pl.DataFrame) -> pl.DataFrame:
    turnover = pl.when(pl.col("value") > 0).then(ratio(pl.col("notional"), 2 * pl.col("value")))
    return frame.with_columns(pl.col(*_MONEY).round(2), turnover=turnover).drop("value")


def worst_table(accounts: pl.DataFrame) -> pl.DataFrame:
    """by (tax, turnover), place, account_id, firm_id, tax, turnover, notional, trades: the ten worst of each."""
    parts = []
    for name in ("tax", "turnover"):
        worst = (
            accounts.filter(pl.col(name) > 0).sort(name, "account_id", descending=[True, False]).head(WORST)
        )
        parts.append(
            worst.with_row_index("place", offset=1).select(
                pl.lit(name).alias("by"),
                "place",
                "account_id",
                "firm_id",
                "tax",
                "turnover",
                "notional",
                "trades",
            )
        )
    return pl.concat(parts)


def blocked_table(accounts: pl.DataFrame, after: Run) -> pl.DataFrame:
    """account_id, firm_id, decision, why, limits (that collide, `;`), failure: the accounts that cannot follow, or not
    all the way.
    """
    shut = accounts.filter(pl.col("decision").is_in(["blocked", "error"]) | (pl.col("conflicts") > 0))
    limits = after.tables["conflicts"].group_by("account_id").agg(limits=pl.col("limit").sort().str.join(";"))
    words = pl.DataFrame(
        [(name, f"{one.message}; {one.remedy}") for name, one in sorted(after.day.isolated.items())],
        schema={"account_id": pl.String, "failure": pl.String},
        orient="row",
    )
    joined = shut.join(limits, on="account_id", how="left").join(words, on="account_id", how="left")
    return joined.select("account_id", "firm_id", "decision", "why", "limits", "failure").sort("account_id")


def held_table(accounts: pl.DataFrame, after: Run) -> pl.DataFrame:
    """account_id, firm_id, security_id, code, blocked_by, text: trades that the change asks for and that something
    forbids: a restriction, a wash window, a wait, a freeze.
    """
    shut = after.tables["reasons"].filter((pl.col("decision") == "hold") & ~pl.col("code").is_in(_WEIGHED))
    touched = accounts.filter(pl.col("touched_by").is_not_null()).select("account_id", "firm_id")
    return (
        shut.join(touched, on="account_id")
        .select("account_id", "firm_id", "security_id", "code", "blocked_by", "text")
        .sort("account_id", "security_id", "code")
    )


def summary(tables: dict[str, pl.DataFrame], before: Run, *, after: Run, enrolled: int) -> dict[str, object]:
    """`summary.json`: counts, sums and flags over all accounts evaluated, and how many were left as they are."""
    accounts = tables["accounts"]
    sums = _summed(accounts.select(_sums())).row(0, named=True)
    return {
        "enrolled": enrolled,
        "untouched": enrolled - sums["touched"],
        **sums,
        "touched_by": _counted(accounts, "touched_by"),
        "decisions_before": before.summary["decision_counts"],
        "decisions": after.summary["decision_counts"],
        "whys": _counted(accounts, "why"),
        "held": tables["held"]["account_id"].n_unique(),
        "held_by": _counted(tables["held"], "code"),
        "flags": after.summary["flag_counts"],
        "new_flags": _new_flags(before, after),
    }


def _counted(accounts: pl.DataFrame, column: str) -> dict[str, int]:
    """How many accounts name each word of a `;` list."""
    words = accounts.select(pl.col(column).str.split(";").explode().alias("word")).drop_nulls()
    counts = words.group_by("word").agg(n=pl.len()).sort("word")
    return {str(word): int(number) for word, number in counts.iter_rows()}


def _new_flags(before: Run, after: Run) -> dict[str, int]:
    """Flags that accounts carry with the change and not without it."""
    pairs = [
        run.tables["evaluations"]
        .select("account_id", flag=pl.col("flags").str.split(";"))
        .explode("flag")
        .drop_nulls()
        for run in (before, after)
    ]
    fresh = pairs[1].join(pairs[0], on=["account_id", "flag"], how="anti")
    return {str(name): int(n) for name, n in fresh.group_by("flag").agg(n=pl.len()).sort("flag").iter_rows()}
