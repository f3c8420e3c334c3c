"""Rows: the limits that bind several lines of an account together, and what classes yield to what goes before them."""

import polars as pl

from trimtab.desk.day import Day
from trimtab.optimize.limits import bound_rows, class_rows, class_yields, group_rows


def charged(day: Day, accounts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with the `ticket` of each (dollars, null: none)."""
    own = day.terms.select("account_id", "security_id", "own_ticket")
    charged = lines.join(own, on=["account_id", "security_id"], how="left", maintain_order="left").join(
        accounts.select("account_id", "ticket"), on="account_id", how="left", maintain_order="left"
    )
    ticket = pl.coalesce("own_ticket", pl.col("ticket").cast(pl.Float64))
    return charged.with_columns(ticket=ticket)


def yields_of(day: Day, bounded: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    """What the classes of some accounts yield (`limits.class_yields`); nothing in a household of one target."""
    unwanted = day.restrictions.securities.filter("must_sell").select(
        "account_id", "security_id", unwanted=pl.lit(value=True)
    )
    marked = bounded.join(unwanted, on=["account_id", "security_id"], how="left", maintain_order="left")
    marked = marked.with_columns(pl.col("unwanted").fill_null(value=False))
    return class_yields(marked, accounts).join(
        day.located, on="account_id", how="anti", maintain_order="left"
    )


def rows_of(
    day: Day, accounts: pl.DataFrame, lines: pl.DataFrame, *, yields: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of accounts (account_id, row, lower, upper) and their members (account_id, row, security_id)."""
    classes = (
        class_rows(charged(day, accounts, lines), accounts)
        .join(yields, on=["account_id", "row"], how="left", maintain_order="left")
        .with_columns(
            lower=pl.col("lower") - pl.col("gone").fill_null(0.0),
            upper=pl.col("upper") + pl.col("taken").fill_null(0.0),
        )
        .drop("gone", "taken")
    )
    in_class = lines.select(
        "account_id", row=pl.concat_str([pl.lit("class:"), "asset_class"]), security_id="security_id"
    )
    nodes, in_node = bound_rows(
        lines,
        day.targets.class_bounds,
        day.targets.class_members,
        targets=accounts.select("account_id", "target_id"),
    )
    mine = day.restrictions.groups.join(accounts, on="account_id", how="semi")
    groups, in_group = group_rows(lines, mine)
    return pl.concat([classes, nodes, groups]), pl.concat([in_class, in_node, in_group])
