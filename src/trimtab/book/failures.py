"""From faults in columns to failures for people: sorted, capped, each with the accounts it isolates."""

from collections.abc import Iterator, Mapping

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.isolate import Reach
from trimtab.book.sheets import Sheet
from trimtab.core.result import Failure

LISTED_MAX = 1000


def list_failures(sheets: Mapping[str, Sheet], reach: Reach) -> tuple[Failure, ...]:
    """Failures in order of table, column, reason and row.

    Of one kind (table, column, reason) the first thousand rows are listed; one more failure counts the rest and
    names every account they isolate.
    """
    kinds: dict[tuple[str, str, str, str], list[Fault]] = {}
    for sheet in sheets.values():
        for fault in sheet.faults:
            kinds.setdefault((fault.table, fault.column, fault.reason.value, fault.message), []).append(fault)
    listed: list[Failure] = []
    for kind in sorted(kinds, key=lambda kind: (list(sheets).index(kind[0]), *kind[1:])):
        for fault in kinds[kind]:
            listed.extend(_failures(fault, sheets[fault.table], reach))
    return tuple(listed)


def _failures(fault: Fault, sheet: Sheet, reach: Reach) -> Iterator[Failure]:
    pairs = reach.concerned(fault)
    if fault.whole:
        accounts = tuple(pairs["account_id"].to_list())
        yield Failure(fault.reason, fault.table, "", fault.column, "", fault.message, fault.remedy, accounts)
        return
    found = pl.DataFrame({ROW: fault.rows, "value": fault.values}).with_columns(
        message=pl.lit(fault.message) if fault.messages is None else fault.messages
    )
    found = found.sort(ROW)
    shown, rest = found.head(LISTED_MAX), found.slice(LISTED_MAX)
    whose = {
        row: tuple(accounts)
        for row, accounts in pairs.join(shown, on=ROW, how="semi").group_by(ROW).agg("account_id").iter_rows()
    }
    for row, label, value, message in _labelled(shown, sheet).iter_rows():
        yield Failure(
            fault.reason, fault.table, label, fault.column, value or "", message, fault.remedy,
            tuple(sorted(whose.get(row, ()))),
        )  # fmt: skip
    if rest.height:
        others = pairs.join(rest, on=ROW, how="semi")["account_id"].unique().sort()
        message = f"{fault.message}: {rest.height} more rows, {found.height} in all"
        yield Failure(
            fault.reason, fault.table, "", fault.column, "", message, fault.remedy, tuple(others.to_list())
        )


def _labelled(found: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Row number, its label (key and row in the file), value and message."""
    keys = sheet.frame.join(found, on=ROW, how="semi").select(
        ROW,
        key=pl.concat_str(
            [pl.col(name).cast(pl.String).fill_null("") for name in sheet.table.key], separator="/"
        ),
    )
    label = pl.format("{} (row {})", "key", ROW)
    return (
        found.join(keys, on=ROW, how="left").sort(ROW).select(ROW, label.alias("label"), "value", "message")
    )
