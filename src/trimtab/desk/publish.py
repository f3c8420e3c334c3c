"""Publish: the rows of an approved model, list or policy become the firm's facts, in force for the next night."""

import json
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from trimtab.book.edit import rows_as_text
from trimtab.desk.access import Principal
from trimtab.desk.edits import NotOursError, keep_edit, laid_over, must_be_tables, standing
from trimtab.desk.ports import Store, Unit
from trimtab.desk.subjects import WrongStateError
from trimtab.store.shapes import FACTS

Row = Mapping[str, object]
TABLES_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "model": ("models", "model_versions", "products"),
        "list": ("approved_list",),
        "policy": ("policies", "restrictions"),
    }
)
"""The tables whose rows a draft of each kind may hold."""
_WIDE: Final = ("firm", "model")
"""Scopes of a policy that are the whole firm's to decide; what is one client's is set at once."""


class ContentError(Exception):
    """The content of a draft is not rows by table."""

    def __init__(self) -> None:
        super().__init__('a draft holds rows by table, as in {"models": [{"model_id": "M1", …}]}')


def rows_of(row: Row) -> dict[str, pl.DataFrame]:
    """The rows by table of a draft (`firm.proposals`), text by column, each under the firm's own name."""
    kind, firm, subject = (str(row[name]) for name in ("kind", "firm_id", "subject"))
    tables = content_of(str(row["content"]))
    must_be_tables(tables.keys(), TABLES_OF[kind])
    owned = {name: [_owned(name, line, firm) for line in lines] for name, lines in tables.items()}
    for line in (line for lines in owned.values() for line in lines):
        if kind == "model" and line.get("model_id", subject) not in (subject, None, ""):
            raise NotOursError(f"a row is not of the model {subject} that this draft is about")
        if kind == "policy" and line.get("scope") not in _WIDE:
            raise NotOursError("a draft of a policy speaks for the firm or a model of it")
    return {name: rows_as_text(name, lines) for name, lines in owned.items() if lines}


def content_of(content: str) -> dict[str, list[dict[str, object]]]:
    """A draft's content as rows by table; numbers stay as they are written. ContentError where it is anything else."""
    try:
        said = json.loads(content, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise ContentError from None
    if not isinstance(said, dict) or not all(isinstance(rows, list) for rows in said.values()):
        raise ContentError
    cells = [cell for rows in said.values() for row in rows for cell in _cells(row)]
    if not all(cell is None or isinstance(cell, str | bool) for cell in cells):
        raise ContentError
    return said


def _cells(row: object) -> list[object]:
    if not isinstance(row, dict):
        raise ContentError
    return list(row.values())


def _owned(table: str, row: Row, firm: str) -> dict[str, object]:
    """A row with the firm's name, where its table has firms; another's name is refused."""
    if "firm_id" not in FACTS[table].columns:
        return dict(row)
    if row.get("firm_id") not in (None, "", firm):
        raise NotOursError("a row is another firm's")
    return {**row, "firm_id": firm}


def publish(store: Store, unit: Unit, principal: Principal, row: Row) -> None:
    """Put the rows of a subject in force at the unit's firm, checked anew against what stands now."""
    rows = rows_of(row)
    with store.reader() as reader:
        stands = standing(unit, reader)
    effective = row["as_of"]
    assert isinstance(effective, date)
    if effective > stands.edition.as_of and rows.keys() != {"model_versions"}:
        raise WrongStateError(
            f"it takes effect on {effective}, and the newest business date is {stands.edition.as_of}; "
            "only versions of a model are published ahead"
        )
    edited = laid_over(stands, unit.firm, rows)
    cause = f"publish:{row['kind']}:{row['proposal_id']}"
    keep_edit(unit, principal, edited, names=rows, edition=stands.edition, cause=cause)
