"""One account in full: its decision and why, target against holdings, trades made and not made, lots, settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from trimtab.report import numbers
from trimtab.report.charts import Figure, Heading, Move, moves
from trimtab.report.view import RunView
from trimtab.report.words import class_name, flag, why

LINES_MOST: Final = 24
ROWS_MOST: Final = 200
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """Everything a run says of one account; each frame holds this account's rows only.

    `evaluation` is its row with title, firm and tax_type. `trades` have the sentence that explains them (`text`),
    `kept` are the notable trades not made, `settings` those that are not at their default, `gifts` the lots that could
    be given instead of sold, `plan` the plan in force (None: there is none).
    """

    account_id: str
    evaluation: Row
    targets: pl.DataFrame
    trades: pl.DataFrame
    kept: pl.DataFrame
    lots: pl.DataFrame
    settings: pl.DataFrame
    conflicts: pl.DataFrame
    windows: pl.DataFrame
    gifts: pl.DataFrame
    plan: Row | None

    @property
    def title(self) -> str:
        """What the account is called."""
        return str(self.evaluation["title"])

    @property
    def sentence(self) -> str:
        """The decision and its reason, in one sentence."""
        verdict = {
            "propose": "Trades are proposed",
            "hold": "Nothing is traded",
            "blocked": "The account is blocked",
            "error": "The account could not be evaluated",
        }[str(self.evaluation["decision"])]
        cause = self.evaluation["why"]
        return f"{verdict}: {why(None if cause is None else str(cause))}."

    @property
    def flags(self) -> list[str]:
        """What a person should know, in words."""
        codes = self.evaluation["flags"]
        return [flag(code) for code in str(codes).split(";")] if codes else []


def most_told(view: RunView) -> str | None:
    """The proposing account with most kinds of reasons, then most reasons; else any with reasons, else the first."""
    told = (
        view.tables["reasons"].group_by("account_id").agg(kinds=pl.col("code").n_unique(), reasons=pl.len())
    )
    ranked = (
        view.tables["evaluations"]
        .select("account_id", proposing=pl.col("decision") == "propose")
        .join(told, on="account_id", how="left")
        .sort(
            ["proposing", "kinds", "reasons", "account_id"],
            descending=[True, True, True, False],
            nulls_last=True,
        )
    )
    return None if ranked.is_empty() else str(ranked["account_id"][0])


def story(view: RunView, account_id: str, *, security_id: str | None = None) -> Story:
    """Gather what the tables say of an enrolled account, or of one security in it."""
    tables = view.tables
    found = view.evaluations.filter(pl.col("account_id") == account_id)
    assert len(found) == 1, f"{account_id} is not an account of this run"

    def mine(table: str) -> pl.DataFrame:
        rows = tables[table].filter(pl.col("account_id") == account_id)
        if security_id is not None and "security_id" in rows.columns:
            rows = rows.filter(pl.col("security_id") == security_id)
        return rows

    reasons = mine("reasons")
    said = reasons.select("security_id", "text", "benefit", side="decision")
    trades = mine("trades").join(said, on=["security_id", "side"], how="left", maintain_order="left")
    return Story(
        account_id,
        found.row(0, named=True),
        mine("targets"),
        trades.sort(pl.col("side") == "buy", "security_id"),
        reasons.filter(pl.col("decision") == "hold"),
        mine("sales"),
        mine("settings").filter(pl.col("scope") != "default").sort("key"),
        mine("conflicts"),
        mine("wash_windows"),
        view.gifts.filter(pl.col("account_id") == account_id),
        next(view.plans.filter(pl.col("account_id") == account_id).iter_rows(named=True), None),
    )


def classes(one: Story) -> list[Move]:
    """The asset classes of an account with target, weight before and after; cash last; largest target first."""
    sums = (
        one.targets.group_by("asset_class")
        .agg(pl.col("target_weight", "weight_before", "weight_after").sort().sum())
        .sort("target_weight", "weight_before", "asset_class", descending=[True, True, False])
    )
    rows = [
        Move(class_name(name), before, after, target)
        for name, target, before, after in sums.select(
            "asset_class", "target_weight", "weight_before", "weight_after"
        ).iter_rows()
    ]
    value = one.evaluation["value"]
    if not isinstance(value, float) or value <= 0:
        return rows
    aimed = max(1.0 - float(one.targets["target_weight"].sum()), 0.0) if len(one.targets) else None
    cash = [_share(one.evaluation[name], value) for name in ("cash_before", "cash_after")]
    return [*rows, Move("Cash", cash[0], cash[1], aimed)]


def _share(amount: object, value: float) -> float | None:
    return amount / value if isinstance(amount, float) else None


def class_figure(one: Story) -> Figure:
    """Target against before and after, class by class."""
    heading = Heading(
        "account-classes",
        "By asset class",
        "Share of the account in each class: the tick is the target, the ring where it stood, the dot where it stands.",
    )
    return moves(heading, classes(one), form=_percent, down="class")


def slot_figure(one: Story, names: Mapping[str, str]) -> Figure:
    """The same, security by security: those that move or stand away from target most, the largest first."""
    size = pl.max_horizontal("target_weight", "weight_before", "weight_after")
    away = pl.max_horizontal(
        (pl.col("weight_before") - pl.col("target_weight")).abs(),
        (pl.col("weight_after") - pl.col("weight_before")).abs(),
    )
    held = one.targets.filter(size > 0).sort(away.round(9), "security_id", descending=[True, False])
    drawn = held.head(LINES_MOST).sort(size.round(9), "security_id", descending=[True, False])
    rows = [
        Move(names.get(name, name), before, after, target)
        for name, target, before, after in drawn.select(
            "security_id", "target_weight", "weight_before", "weight_after"
        ).iter_rows()
    ]
    left = len(held) - len(rows)
    said = (
        f" {numbers.counted(left, 'line')} nearer to target not drawn; targets.csv has them all."
        if left
        else ""
    )
    heading = Heading(
        "account-lines",
        "By security",
        "A substitute stands beside the slot it fills: its target is with the slot's first product." + said,
    )
    return moves(heading, rows, form=_percent, down="security")


def _percent(value: float | None) -> str:
    return numbers.percent(value, 1)
