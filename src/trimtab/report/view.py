"""What a report reads: the tables out of a run with the names that its book gives to accounts, firms and securities."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl


@dataclass(frozen=True, slots=True, eq=False)
class RunView:
    """One run as a report sees it. `accounts`, `firms` and `securities` are the book's tables; `plans` those in force
    (account_id, plan_approved, plan_tax, plan_gain, plan_until, plan_point), `gifts` the lots of accounts in transition
    that could be given instead of sold; `notes` are sentences that every reader must see (that a market is simulated).
    """

    name: str
    as_of: date
    tables: Mapping[str, pl.DataFrame]
    summary: Mapping[str, object]
    accounts: pl.DataFrame
    firms: pl.DataFrame
    securities: pl.DataFrame
    plans: pl.DataFrame
    gifts: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def evaluations(self) -> pl.DataFrame:
        """`evaluations` with title (name or id of the account), firm, tax_type; amounts as floats."""
        firms = self.firms.select("firm_id", firm=pl.coalesce("name", "firm_id"))
        named = self.accounts.join(firms, on="firm_id", how="left").select(
            "account_id", "tax_type", "firm", title=pl.coalesce("name", "account_id")
        )
        evaluations = self.tables["evaluations"]
        amounts = [name for name, dtype in evaluations.schema.items() if isinstance(dtype, pl.Decimal)]
        return (
            evaluations.with_columns(pl.col(amounts).cast(pl.Float64))
            .join(named, on="account_id", how="left", maintain_order="left")
            .with_columns(pl.col("firm").fill_null("unknown firm"), pl.coalesce("title", "account_id"))
        )

    def security_names(self) -> dict[str, str]:
        """Each security's symbol (or id) with its name, by id."""
        rows = self.securities.select(
            "security_id", pl.coalesce("symbol", "security_id"), pl.col("name").fill_null("")
        )
        return {one: f"{symbol} {name}".strip() for one, symbol, name in rows.iter_rows()}

    def part(self, key: str) -> Mapping[str, int]:
        """One of the counts of the summary, by name."""
        found = self.summary[key]
        assert isinstance(found, dict), f"{key} of the summary is no table of counts"
        return found

    def number(self, key: str) -> float | None:
        """One number of the summary; None where it is unknown."""
        found = self.summary[key]
        assert found is None or isinstance(found, int | float), f"{key} of the summary is no number"
        return found
