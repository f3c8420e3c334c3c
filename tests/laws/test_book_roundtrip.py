"""Laws of the file contract: writing and reading is the identity, in either format, whatever the order of rows."""

import tempfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from trimtab.book.defaults import fill
from trimtab.book.digest import digest_table
from trimtab.book.read import read_book
from trimtab.book.schema import Column, Kind, Table
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.book.write import canonical_text, write_book

CALM = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
AS_OF = date(2020, 6, 1)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufffd"), min_size=1, max_size=6)
STANDALONE = ("firms", "securities", "risk_free", "calendar", "factor_covariance")


def cells(column: Column) -> st.SearchStrategy[object]:
    """Any value a cell of the column may hold."""
    low, high = column.minimum, column.maximum
    if column.allowed:
        return st.sampled_from(column.allowed)
    if column.kind is Kind.DATE:
        return st.dates(date(1950, 1, 1), AS_OF)
    if column.kind is Kind.FLAG:
        return st.booleans()
    if column.kind is Kind.INTEGER:
        return st.integers(int(low or -1000), 1000)
    if column.kind is Kind.DECIMAL:
        least = Decimal("0.000000001") if column.above else Decimal(low or -(10**15))
        return st.decimals(least, Decimal(high or 10**15), places=9)
    if column.kind is Kind.NUMBER:
        bounds = (float(low) if low else -1e12, float(high) if high else 1e12)
        return st.floats(*bounds).map(lambda value: value + 0.0)
    return WORDS


@st.composite
def frames(
    draw: st.DrawFn, table: Table, names: Mapping[str, list[str]] = MappingProxyType({})
) -> pl.DataFrame:
    """Rows of a table with distinct keys, optional cells sometimes unknown; references among the names given."""
    columns = {}
    for column in table.columns:
        made = (
            st.sampled_from(names[column.references]) if names.get(column.references or "") else cells(column)
        )
        if column.needed:
            columns[column.name] = made
        elif column.references is None or names.get(column.references):
            columns[column.name] = st.none() | made
    rows = draw(
        st.lists(
            st.fixed_dictionaries(columns),
            max_size=5,
            unique_by=lambda row: tuple(row[name] for name in table.key),
        )
    )
    frame = pl.DataFrame(rows, schema=table.frame_schema, orient="row").sort(table.key)
    return fill(table, frame.with_row_index("__row"))


@st.composite
def books(draw: st.DrawFn) -> dict[str, pl.DataFrame]:
    """Tables that refer to one another: firms, securities, accounts and their lots, and some that stand alone."""
    tables = {name: draw(frames(TABLES_IN[name])) for name in STANDALONE}
    names = {"firms.firm_id": tables["firms"]["firm_id"].to_list()}
    names["securities.security_id"] = tables["securities"]["security_id"].to_list()
    if names["firms.firm_id"]:
        tables["accounts"] = draw(frames(TABLES_IN["accounts"], names))
        names["accounts.account_id"] = tables["accounts"]["account_id"].to_list()
    if names.get("accounts.account_id") and names["securities.security_id"]:
        tables["lots"] = draw(frames(TABLES_IN["lots"], names)).filter(pl.col("quantity") > 0)
    return tables


@given(books(), st.booleans())
@CALM
def test_writing_and_reading_is_the_identity(tables: dict[str, pl.DataFrame], parquet: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        write_book(tables, Path(place), as_of=AS_OF, name='"n"', parquet=parquet)
        book = read_book(Path(place))
    faults = [failure for failure in book.failures if failure.reason not in ("stale", "missing")]
    assert not faults
    assert (book.as_of, book.name) == (AS_OF, '"n"')
    for name, frame in tables.items():
        assert_frame_equal(book.tables[name].select(frame.columns), frame, check_exact=True)


@given(books())
@CALM
def test_the_digest_knows_neither_format_nor_order(tables: dict[str, pl.DataFrame]) -> None:
    shuffled = {name: frame.reverse() for name, frame in tables.items()}
    digests = set()
    with tempfile.TemporaryDirectory() as place:
        for parquet, said in ((False, tables), (True, tables), (False, shuffled)):
            write_book(said, Path(place), as_of=AS_OF, parquet=parquet)
            digests.add(read_book(Path(place)).digest)
    assert len(digests) == 1


@given(frames(TABLES_IN["securities"]), frames(TABLES_IN["securities"]))
@CALM
def test_different_tables_have_different_digests(one: pl.DataFrame, other: pl.DataFrame) -> None:
    table = TABLES_IN["securities"]
    assert (digest_table(table, one) == digest_table(table, other)) == one.equals(other)


@given(frames(TABLES_IN["securities"]))
@CALM
def test_canonical_numbers_are_plain(frame: pl.DataFrame) -> None:
    words = canonical_text(frame)
    for name in ("price", "accrued", "adv"):
        for word, value in zip(words[name], frame[name], strict=True):
            assert (word is None) == (value is None)
            assert word is None or (Decimal(word) == value and word == format(Decimal(word).normalize(), "f"))
