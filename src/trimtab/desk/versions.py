"""Versions of a firm's models: which there are, how two differ, an earlier one again, and whom a new one concerns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from trimtab.book.read import Book
from trimtab.book.versions import BASE, in_force
from trimtab.core.calendar import calendar_of, new_york
from trimtab.policy.differences import model_differences, weight_differences
from trimtab.policy.models import containing, resolve_models
from trimtab.policy.scopes import account_scopes
from trimtab.policy.trees import Known, Tree

_VERSION: Final = ["model_id", "version"]
_LONGEST: Final = timedelta(days=14)
"""No exchange was ever closed for longer."""


class NoVersionError(Exception):
    """The book has no such version of the model; the message names those that it has."""


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """How two versions of a model differ: node by node and field by field, and in weights."""

    changes: pl.DataFrame
    weights: pl.DataFrame


def versions_of(book: Book) -> pl.DataFrame:
    """One row per model and version: model_id, version, effective (null: from the beginning), state (in force,
    announced, past), firm_id (null: the desk's), nodes, name; sorted by model and day.
    """
    every = _every(book)
    now = in_force(every, book.as_of).select(*_VERSION, ours=pl.lit(value=True))
    state = (
        pl.when(pl.col("ours").is_not_null())
        .then(pl.lit("in force"))
        .when(pl.col("effective") > book.as_of)
        .then(pl.lit("announced"))
        .otherwise(pl.lit("past"))
    )
    grouped = every.group_by(*_VERSION, "effective").agg(
        pl.col("firm_id").drop_nulls().first(), nodes=pl.len(), name=pl.col("name").drop_nulls().min()
    )
    rows = grouped.join(now, on=_VERSION, how="left").with_columns(state=state)
    columns = (*_VERSION, "effective", "state", "firm_id", "nodes", "name")
    return rows.select(columns).sort("model_id", "effective", "version", nulls_last=False)


def between(book: Book, model_id: str, first: str, second: str) -> Between:
    """What differs from one version of a model to another, all else in the book as it stands."""
    one, two = (_as_models(book, rows_of(book, model_id, version)) for version in (first, second))
    changes = model_differences(*(frame.filter(pl.col("model_id") == model_id) for frame in (one, two)))
    trees = [trees_of({**book.tables, "models": frame}) for frame in (one, two)]
    weights = weight_differences(
        *({name: tree for name, tree in side.items() if name == model_id} for side in trees)
    )
    return Between(changes.filter(pl.col("field") != "version"), weights)


def restored(book: Book, model_id: str, version: str, *, label: str | None, effective: date) -> pl.DataFrame:
    """Rows of `model_versions`: a new version of a model, equal to an earlier one, in force from a day.

    Without a `label` it is the number after the largest; NoVersionError where the versions are not numbers.
    """
    rows = rows_of(book, model_id, version)
    taken = set(_every(book).filter(pl.col("model_id") == model_id)["version"])
    if label is None:
        numbers = [int(one) for one in taken - {BASE} if one.isdecimal()]
        if len(numbers) < len(taken - {BASE}):
            raise NoVersionError(
                f"the versions of {model_id} are not all numbers: say what the new one is called"
            )
        label = str(max(numbers, default=0) + 1)
    if label in taken:
        raise NoVersionError(f"{model_id} has a version {label} already")
    return rows.with_columns(version=pl.lit(label), effective=pl.lit(effective))


def rows_of(book: Book, model_id: str, version: str) -> pl.DataFrame:
    """The rows of one version of a model, in the columns of `model_versions`; NoVersionError where there is none."""
    every = _every(book).filter(pl.col("model_id") == model_id)
    rows = every.filter(pl.col("version") == version)
    if rows.is_empty():
        known = ", ".join(every["version"].unique().sort()) or "none"
        raise NoVersionError(f"{model_id} has no version {version}; it has {known}")
    return rows


def newly_in_force(tables: Mapping[str, pl.DataFrame], as_of: date) -> frozenset[str]:
    """The accounts whose model, or one that it contains, has a version that took effect since the session before."""
    begun = in_force(tables["model_versions"], as_of).filter(pl.col("effective") > as_of - _LONGEST)
    if begun.is_empty():
        return frozenset()
    days = tables["calendar"]["date"].to_list()
    before = (calendar_of(days) if days else new_york()).previous_session(as_of)
    names = frozenset(begun.filter(pl.col("effective") > before)["model_id"])
    concerned = containing(tables["models"], names)
    scopes = account_scopes(tables["accounts"], tables["households"])
    return frozenset(scopes.filter(pl.col("model").is_in(sorted(concerned)))["account_id"])


def trees_of(tables: Mapping[str, pl.DataFrame]) -> Mapping[str, Tree]:
    """Every sound model of a book's tables, resolved."""
    known = Known(frozenset(tables["securities"]["security_id"]), frozenset(tables["indexes"]["index_id"]))
    return resolve_models(tables["models"], known, users={}).value


def _every(book: Book) -> pl.DataFrame:
    """Every version of every model, in the columns of `model_versions`: one without versions has the one it is."""
    versions, models = book.tables["model_versions"], book.tables["models"]
    alone = models.join(versions.select("model_id").unique(), on="model_id", how="anti").with_columns(
        pl.col("version").fill_null(BASE), effective=pl.lit(None, dtype=pl.Date)
    )
    return pl.concat([versions, alone.select(versions.columns)]).sort("model_id", "version", "node_id")


def _as_models(book: Book, rows: pl.DataFrame) -> pl.DataFrame:
    """The table `models` with these rows in place of their model's."""
    models = book.tables["models"]
    others = models.join(rows.select("model_id").unique(), on="model_id", how="anti")
    return pl.concat([others, rows.select(models.columns)]).sort("model_id", "node_id")
