"""From faults in columns to failures for people: sorted, capped, each with the accounts it isolates."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from trimtab.book.faults import CHANGED_ROW, ROW, Fault
from trimtab.book.isolate import Reach
from trimtab.book.sheets import Sheet
from trimtab.book.tables_out import FAILURES
from trimtab.core.result import Failure

LISTED_MAX = 1000
NAMED_MAX = 200_000


def list_failures(sheets: Mapping[str, Sheet], reach: Reach) -> tuple[Failure, ...]:
    """Failures in order of table, column, reason and row.

    Of one kind (table, column, reason) the first thousand rows are listed, fewer where they concern very many
    accounts; one more failure counts the rest and names every account they isolate.
    """
    order = {name: at for at, name in enumerate(sheets)}
    faults = [fault for sheet in sheets.values() for fault in sheet.faults]
    faults.sort(key=lambda fault: (order[fault.table], fault.column, fault.reason.value, fault.message))
    return tuple(failure for fault in faults for failure in _failures(fault, sheets[fault.table], reach))


def _failures(fault: Fault, sheet: Sheet, reach: Reach) -> Iterator[Failure]:
    pairs = reach.concerned(fault)
    if fault.whole:
        yield _failure(fault, message=fault.message, accounts=reach.accounts(pairs["group"]))
        return
    found = pl.DataFrame({ROW: fault.rows, "value": fault.values}).with_columns(
        message=pl.lit(fault.message) if fault.messages is None else fault.messages
    )
    found = found.sort(ROW)
    head = found.head(LISTED_MAX)
    groups: dict[int, list[str]] = {}
    for row, group in pairs.join(head, on=ROW, how="semi").iter_rows():
        groups.setdefault(row, []).append(group)
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    listed = named = 0
    for row, label, value, message in _labelled(head, sheet).iter_rows():
        key = tuple(sorted(set(groups.get(row, ()))))
        if key not in known:
            known[key] = reach.accounts(key)
            named += len(known[key])
        listed += 1
        yield _failure(fault, row=label, value=value or "", message=message, accounts=known[key])
        if named > NAMED_MAX:
            break
    if listed < found.height:
        rest = pairs.join(found.slice(listed), on=ROW, how="semi")["group"].unique()
        message = f"{fault.message}: {found.height - listed} more rows, {found.height} in all"
        yield _failure(fault, message=message, accounts=reach.accounts(rest))


def _failure(
    fault: Fault, *, message: str, accounts: tuple[str, ...], row: str = "", value: str = ""
) -> Failure:
    return Failure(fault.reason, fault.table, row, fault.column, value, message, fault.remedy, accounts)


def _labelled(found: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Row number, its label (key and row in the file), value and message."""
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in sheet.table.key]
    keys = sheet.frame.join(found, on=ROW, how="semi").select(ROW, key=pl.concat_str(parts, separator="/"))
    label = (
        pl.when(pl.col(ROW) > CHANGED_ROW)
        .then(pl.format("{} (row {} of the change)", "key", pl.col(ROW) - CHANGED_ROW))
        .otherwise(pl.format("{} (row {})", "key", ROW))
        .alias("label")
    )
    return found.join(keys, on=ROW, how="left").sort(ROW).select(ROW, label, "value", "message")


def failures_frame(failures: Iterable[Failure]) -> pl.DataFrame:
    """The `failures` table out: a row per failure, its reason in words with the kind in front."""
    rows = [
        (one.table, one.row, one.field, one.value, f"{one.reason.value}: {one.message}", one.remedy)
        for one in failures
    ]
    return pl.DataFrame(rows, schema=FAILURES.frame_schema, orient="row")
