"""A run's tables in the store: each firm's rows under its own name, and out again by columns."""

from collections.abc import Mapping, Sequence

import polars as pl

from trimtab.core.result import Failure
from trimtab.desk.placing import failures_by_firm
from trimtab.desk.ports import Unit
from trimtab.store.shapes import RESULTS
from trimtab.store.versions import shown, stored

_FAILURES = "failures"


def keep_results(
    unit: Unit,
    run_id: str,
    tables: Mapping[str, pl.DataFrame],
    *,
    owners: pl.DataFrame,
    failures: Sequence[Failure] = (),
) -> None:
    """Append the tables out of a run, of one firm or (by the desk's unit) of many; `firm.runs` holds it already.

    `owners` (account_id, firm_id) says whose each account is. Only firms among the owners get failures.
    """
    for name, shape in RESULTS.items():
        if name == _FAILURES or name not in tables:
            continue
        owned = _owned(tables[name], owners)
        assert owned.height == tables[name].height, f"{name}: an account is no firm's"
        assert set(tables[name].columns) <= set(shape.columns), f"{name}: a column has no place in the store"
        frame = stored(owned, shape.key).select(
            "firm_id",
            pl.lit(run_id).alias("run_id"),
            *(pl.col(c).cast(k) for c, k in shape.frame_schema.items() if c != "firm_id"),
        )
        unit.append(f"results.{name}", frame.sort("firm_id", *(c for c in shape.key if c != "firm_id")))
    unit.append(f"results.{_FAILURES}", _failure_rows(run_id, owners, failures))


def _owned(frame: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """The rows of the owners' firms: a table that says its firm needs no account to know it."""
    if "firm_id" in frame.columns:
        return frame.join(owners.select("firm_id").unique(), on="firm_id", how="semi", maintain_order="left")
    return frame.join(
        owners.select("account_id", "firm_id"), on="account_id", how="inner", maintain_order="left"
    )


def _failure_rows(run_id: str, owners: pl.DataFrame, failures: Sequence[Failure]) -> pl.DataFrame:
    schema = {"firm_id": pl.String(), "run_id": pl.String()} | RESULTS[_FAILURES].frame_schema
    firms = set(owners["firm_id"])
    rows = [
        {name: row.get(name) for name in schema}
        | {"firm_id": firm, "run_id": run_id, "ordinal": ordinal}
        | {"reason": f"{row['reason']}: {row['message']}"}
        for firm, found in failures_by_firm(failures, owners).items()
        if firm in firms
        for ordinal, row in found
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def results_of(unit: Unit, run_id: str, name: str, where: Mapping[str, object] | None = None) -> pl.DataFrame:
    """One table of a run at the unit's firm, sorted by key, in the columns of the table out."""
    shape = RESULTS[name]
    frame = unit.frame(f"results.{name}", {"firm_id": unit.firm, "run_id": run_id} | dict(where or {}))
    return shown(frame.select(*shape.columns), shape)
