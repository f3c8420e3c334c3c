"""Conditions as data, one meaning in both stores: `{"column": value, "column <=": value}`, all of them to hold.

A value of None asks for unknown, a list for any of its members; comparisons never hold for unknown.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.base import ReadOnlyColumnCollection

Where = Mapping[str, object]
Row = Mapping[str, object]
Columns = ReadOnlyColumnCollection[str, Any]
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "!=": operator.ne,
}


def _split(said: str) -> tuple[str, str]:
    column, _, comparison = said.partition(" ")
    assert comparison == "" or comparison in _COMPARE, said
    return column, comparison


def named(where: Where) -> set[str]:
    """The columns that a condition names."""
    return {_split(said)[0] for said in where}


def conditions(columns: Columns, where: Where) -> list[sa.ColumnElement[bool]]:
    """The condition in SQL."""
    return [_condition(columns[_split(said)[0]], _split(said)[1], value) for said, value in where.items()]


def _condition(column: "sa.ColumnElement[Any]", comparison: str, value: object) -> sa.ColumnElement[bool]:
    if comparison:
        compared: sa.ColumnElement[bool] = _COMPARE[comparison](column, value)
        return compared
    if value is None:
        return column.is_(None)
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return column.in_(list(value))
    return column == value


def holds(row: Row, where: Where) -> bool:
    """Whether a row in memory meets the condition."""
    return all(_holds(row[_split(said)[0]], _split(said)[1], value) for said, value in where.items())


def _holds(cell: object, comparison: str, value: object) -> bool:
    if comparison:
        return cell is not None and bool(_COMPARE[comparison](cell, value))
    if value is None:
        return cell is None
    if isinstance(value, Collection) and not isinstance(value, str | bytes):
        return cell in value
    return cell == value


def after_key(
    columns: Columns,
    key: Collection[str],
    after: Collection[object],
) -> sa.ColumnElement[bool]:
    """Rows past a key, in the order of the key: how a page follows the page before."""
    return sa.tuple_(*(columns[name] for name in key)) > sa.tuple_(*after)
