"""Small books written row by row, every table of the contract present."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import pytest

from trimtab.book.tables_wishes import TABLES_IN

Rows = Sequence[Mapping[str, Any]]
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="session")
def book() -> Callable[..., Tables]:
    """`book(accounts=[{…}], models=[{…}])` gives every table, missing cells null, flags false."""

    def build(**tables: Rows) -> Tables:
        out: Tables = {}
        for name, table in TABLES_IN.items():
            rows = [{column: row.get(column) for column in table.names} for row in tables.get(name, ())]
            out[name] = pl.DataFrame(rows, schema=table.frame_schema, orient="row")
        return out

    return build
