"""Versions of models: the one in force on the business day stands in `models`, all of them in `model_versions`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.sheets import Sheet
from trimtab.book.tables_wishes import MODEL_VERSIONS, MODELS
from trimtab.core.result import Reason

TABLE: Final = MODEL_VERSIONS.name
BASE: Final = "base"
"""What the version is called that stands in `models` without saying its version."""
_VERSION: Final = ["model_id", "version"]


def in_force(versions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """(model_id, version, effective) of the version of each model that took effect last up to a date, sorted."""
    begun = versions.select(*_VERSION, "effective").filter(
        pl.col("effective").is_null() | (pl.col("effective") <= as_of)
    )
    last = begun.sort("model_id", "effective", "version", nulls_last=False)
    return last.unique("model_id", keep="last").sort("model_id")


def with_versions(tables: Mapping[str, pl.DataFrame], as_of: date) -> dict[str, pl.DataFrame]:
    """The tables with the version in force in `models`, and what stood there before among the versions.

    Done again it changes nothing. Models without versions are left as they are.
    """
    models, versions = tables[MODELS.name], tables[TABLE]
    if versions.is_empty():
        return dict(tables)
    named = models.join(versions.select("model_id").unique(), on="model_id", how="semi")
    base = named.with_columns(pl.col("version").fill_null(BASE), effective=pl.lit(None, dtype=pl.Date))
    listed = versions.select(_VERSION).unique()
    begins = versions.filter(pl.col("effective").is_null()).select("model_id").unique()
    older = base.join(listed, on=_VERSION, how="anti").join(begins, on="model_id", how="anti")
    whole = pl.concat([versions, older.select(versions.columns)]).sort(MODEL_VERSIONS.key)
    chosen = in_force(whole, as_of).select(_VERSION)
    version = pl.col("version")
    rows = whole.join(chosen, on=_VERSION).with_columns(
        version=pl.when(version != BASE).then(version), name=pl.col("name")
    )
    # A model of which nothing listed has begun, and whose own rows are not older, stays as it stands.
    kept = models.join(rows.select("model_id").unique(), on="model_id", how="anti")
    merged = pl.concat([kept, rows.select(models.columns)]).sort(MODELS.key)
    return {**tables, MODELS.name: merged, TABLE: whole}


def announced(versions: pl.DataFrame, as_of: date) -> tuple[str, ...]:
    """A sentence for each version that takes effect after a date."""
    later = versions.filter(pl.col("effective") > as_of).select(*_VERSION, "effective").unique()
    rows = later.sort("effective", *_VERSION).iter_rows()
    return tuple(
        f"models: version {version} of {model} takes effect on {day}" for model, version, day in rows
    )


def checked_versions(sheet: Sheet) -> Sheet:
    """The sheet with versions whose days contradict one another at fault, and broken versions set aside whole."""
    good = sheet.good()
    days = pl.col("effective").n_unique().over(_VERSION)
    sheet = sheet.with_faults(
        _fault(sheet, good.filter(days > 1), "rows of one version take effect on different days")
    )
    by_day = good.select(*_VERSION, "effective").unique()
    again = by_day.filter(pl.col("version").n_unique().over("model_id", "effective") > 1)
    rows = good.join(again, on=[*_VERSION, "effective"], how="semi", nulls_equal=True)
    sheet = sheet.with_faults(_fault(sheet, rows, "two versions of a model take effect on the same day"))
    return _whole(sheet)


def _fault(sheet: Sheet, rows: pl.DataFrame, message: str) -> list[Fault]:
    if rows.is_empty():
        return []
    remedy = "give each version one day of its own"
    return [sheet.fault("effective", rows, reason=Reason.CONFLICT, message=message, remedy=remedy)]


def _whole(sheet: Sheet) -> Sheet:
    """A version that lost a node is not the version that was meant: its other nodes go too."""
    good = sheet.good()
    lost = sheet.frame.join(good, on=ROW, how="anti").select(_VERSION).unique()
    rest = good.join(lost, on=_VERSION, how="semi", nulls_equal=True)
    if rest.is_empty():
        return sheet
    notice = f"{TABLE}: {rest.height} nodes of versions with a faulty node are set aside"
    return sheet.with_notice(notice, rest[ROW])


def reached(sheets: Mapping[str, Sheet], as_of: date) -> dict[str, Sheet]:
    """The sheets as they concern accounts: of the versions those in force (or of an unknown day), beside `models`.

    A fault in a version that is past or announced concerns nobody's trades today.
    """
    versions, models = sheets[TABLE], sheets[MODELS.name]
    if versions.frame.is_empty():
        return dict(sheets)
    chosen = in_force(versions.frame, as_of).select(_VERSION)
    ours = versions.frame.join(chosen, on=_VERSION, how="semi", nulls_equal=True)
    unknown = versions.frame.filter(pl.col("effective").is_null())
    seen = pl.concat([ours, unknown]).unique(ROW, maintain_order=True)
    beside = seen.with_columns(pl.lit(None, dtype=models.frame.schema[ROW]).alias(ROW))
    both = pl.concat([models.frame, beside.select(models.frame.columns)])
    return {**sheets, TABLE: replace(versions, frame=seen), MODELS.name: replace(models, frame=both)}
