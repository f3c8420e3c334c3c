"""Whose rows are whose: each table of a book divided into the desk's rows and each firm's."""

import json
from collections.abc import Mapping, Sequence

import polars as pl

from trimtab.core.result import Failure
from trimtab.store.shapes import FACTS, NOBODY, Shape

_BY_ACCOUNT = (
    "lots", "positions", "open_orders", "transactions", "scheduled_buys", "menu", "cash_flows", "plans",
)  # fmt: skip


def market_rows(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The desk's rows of every table that has such: the market, the desk's models, and wishes of no one firm."""
    owners = _Owners(tables)
    found = {}
    for name, shape in FACTS.items():
        if shape.by_desk:
            frame = tables[name].select(*shape.columns)
            found[name] = frame.filter(owners.of(name, frame) == "") if shape.by_firm else frame
    return found


def firm_rows(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Firms' rows of every table that has such, with the owning `firm_id` in front; a row of two firms stands twice."""
    owners = _Owners(tables)
    found = {}
    for name, shape in FACTS.items():
        if not shape.by_firm:
            continue
        frame = tables[name].select(*shape.columns)
        if name == "taxpayers":
            found[name] = owners.taxpayers(frame)
            continue
        owned = frame.with_columns(owners.of(name, frame).alias("__owner")).filter(pl.col("__owner") != "")
        found[name] = _owner_first(owned, shape)
    return found


def failures_by_firm(
    failures: Sequence[Failure], owners: pl.DataFrame
) -> dict[str, list[tuple[int, dict[str, object]]]]:
    """Each failure, numbered, under every firm whose accounts it concerns, with those accounts alone; else nobody's.

    `owners` (account_id, firm_id) says whose each account is.
    """
    owner = dict(owners.select("account_id", "firm_id").iter_rows())
    found: dict[str, list[tuple[int, dict[str, object]]]] = {}
    for ordinal, one in enumerate(failures):
        groups: dict[str, list[str]] = {}
        for account in one.accounts:
            groups.setdefault(owner.get(account, NOBODY), []).append(account)
        for firm, accounts in (groups or {NOBODY: []}).items():
            row: dict[str, object] = {"reason": one.reason.value, "table": one.table, "row": one.row}
            row |= {"field": one.field, "value": one.value, "message": one.message, "remedy": one.remedy}
            found.setdefault(firm, []).append((ordinal, row | {"accounts": json.dumps(accounts)}))
    return found


def _owner_first(owned: pl.DataFrame, shape: Shape) -> pl.DataFrame:
    rest = [name for name in shape.columns if name != "firm_id"]
    return owned.select(pl.col("__owner").alias("firm_id"), *rest)


class _Owners:
    """Which firm owns what a row names: accounts, households, models; "" is the desk, `NOBODY` no firm."""

    def __init__(self, tables: Mapping[str, pl.DataFrame]) -> None:
        accounts, households = tables["accounts"], tables["households"]
        self._accounts = accounts.select(id="account_id", owner="firm_id")
        through = accounts.select(id="household_id", owner="firm_id").drop_nulls()
        self._households = pl.concat([households.select(id="household_id", owner="firm_id"), through]).unique(
            "id", keep="first", maintain_order=True
        )
        direct = accounts.select(id="taxpayer_id", owner="firm_id")
        by_home = (
            tables["taxpayers"]
            .select(id="taxpayer_id", home="household_id")
            .join(self._households.rename({"id": "home"}), on="home")
        )
        self._taxpayers = pl.concat([direct, by_home.select("id", "owner")]).drop_nulls().unique()
        self._models = (
            tables["models"]
            .select(id="model_id", owner="firm_id")
            .drop_nulls()
            .sort("id", "owner")
            .unique("id", keep="first")
        )

    def of(self, name: str, frame: pl.DataFrame) -> pl.Series:
        """The owner of each row."""
        if name in _BY_ACCOUNT:
            return self._look(frame["account_id"], self._accounts, NOBODY)
        if name in ("policies", "restrictions"):
            return self._scoped(frame)
        return frame["firm_id"].fill_null("")

    def _scoped(self, frame: pl.DataFrame) -> pl.Series:
        scope, named = frame["scope"], frame["scope_id"]
        parts = {
            "account": self._look(named, self._accounts, NOBODY),
            "household": self._look(named, self._households, NOBODY),
            "model": self._look(named, self._models, ""),
            "firm": named.fill_null(NOBODY),
        }
        owner = pl.Series([""] * frame.height, dtype=pl.String)
        for kind, found in parts.items():
            owner = found.zip_with(scope == kind, owner)
        return owner

    def taxpayers(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Taxpayers by firm: a person with accounts at two firms is known to both."""
        owned = frame.join(
            self._taxpayers.rename({"owner": "__owner"}), left_on="taxpayer_id", right_on="id", how="left"
        )
        return _owner_first(owned.with_columns(pl.col("__owner").fill_null(NOBODY)), FACTS["taxpayers"])

    def _look(self, named: pl.Series, known: pl.DataFrame, absent: str) -> pl.Series:
        asked = pl.DataFrame({"id": named})
        return asked.join(known, on="id", how="left", maintain_order="left")["owner"].fill_null(absent)
