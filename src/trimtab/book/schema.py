"""The words the book's tables are described in: a table is data, and one description serves reader, writer and docs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import polars as pl

SCHEMA_VERSION = "1"
CURRENCY = "USD"
PLACES = 9
EXACT = pl.Decimal(38, PLACES)


class Kind(StrEnum):
    """What a cell holds, hence how it is parsed, checked, written and digested."""

    TEXT = "text"
    LIST = "list"
    DATE = "date"
    DECIMAL = "decimal"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"


DTYPES: Mapping[Kind, pl.DataType] = MappingProxyType(
    {
        Kind.TEXT: pl.String(),
        Kind.LIST: pl.String(),
        Kind.DATE: pl.Date(),
        Kind.DECIMAL: EXACT,
        Kind.NUMBER: pl.Float64(),
        Kind.INTEGER: pl.Int64(),
        Kind.FLAG: pl.Boolean(),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind, whether it must be there, what an empty cell means and what a value may be.

    `required`: the header must have it. `blank`: an empty cell is allowed although the column is required.
    `minimum` and `maximum` are decimal text, inclusive unless `above`. `allowed` lists the values (of each item of
    a list). `references` is `table.column`; `loose` references are set aside with a notice instead of a failure.
    A wrong cell of a `soft` column is a failure but reads as unknown; any other takes its row out.
    """

    name: str
    kind: Kind
    doc: str = ""
    required: bool = False
    blank: bool = False
    default: str | None = None
    allowed: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    above: bool = False
    pattern: str | None = None
    references: str | None = None
    loose: bool = False
    soft: bool = False

    @property
    def dtype(self) -> pl.DataType:
        """The polars type of the column in a frame."""
        return DTYPES[self.kind]

    @property
    def needed(self) -> bool:
        """Whether every row must have a value here."""
        return self.required and not self.blank


class Touch(StrEnum):
    """Which accounts a bad row concerns, by what it names: they are isolated and all others go on."""

    ACCOUNT = "account"
    SECURITY = "security"
    HOLDER = "holder"
    FIRM = "firm"
    HOUSEHOLD = "household"
    TAXPAYER = "taxpayer"
    MODEL = "model"
    INDEX = "index"
    PRODUCT = "product"
    SCOPE = "scope"
    EVERY = "every"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the contract: key, columns in canonical order, and whom a bad row of it touches.

    A file that is unreadable or cut concerns every account, unless the table is `advisory`.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    touches: Touch = Touch.NONE
    required: bool = False
    advisory: bool = False
    doc: str = ""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        assert len(set(names)) == len(names), f"{self.name} names a column twice"
        assert set(self.key) <= set(names), f"{self.name} has a key that is no column"

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in canonical order."""
        return tuple(column.name for column in self.columns)

    @property
    def frame_schema(self) -> dict[str, pl.DataType]:
        """Column name to polars type, in canonical order."""
        return {column.name: column.dtype for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def empty(self) -> pl.DataFrame:
        """A frame of no rows with every column of the contract."""
        return pl.DataFrame(schema=self.frame_schema)


def text(name: str, doc: str = "", *, allowed: tuple[str, ...] = (), default: str | None = None) -> Column:
    """An optional text column."""
    return Column(name, Kind.TEXT, doc, allowed=allowed, default=default)


def ref(name: str, target: str, doc: str = "", *, loose: bool = False) -> Column:
    """An optional text column that names a row of another table (`table.column`)."""
    return Column(name, Kind.TEXT, doc, references=target, loose=loose)


def items(name: str, doc: str = "", *, allowed: tuple[str, ...] = ()) -> Column:
    """An optional `;` list."""
    return Column(name, Kind.LIST, doc, allowed=allowed)


def day(name: str, doc: str = "") -> Column:
    """An optional date."""
    return Column(name, Kind.DATE, doc)


def exact(
    name: str, doc: str = "", *, default: str | None = None, above: bool = False, high: str | None = None
) -> Column:
    """An optional exact decimal that is never negative (never zero either with `above`)."""
    return Column(name, Kind.DECIMAL, doc, default=default, minimum="0", above=above, maximum=high)


def signed(name: str, doc: str = "") -> Column:
    """An optional exact decimal of either sign."""
    return Column(name, Kind.DECIMAL, doc)


def number(
    name: str, doc: str = "", *, low: str | None = None, high: str | None = None, default: str | None = None
) -> Column:
    """An optional floating number within inclusive bounds."""
    return Column(name, Kind.NUMBER, doc, minimum=low, maximum=high, default=default)


def fraction(name: str, doc: str = "", *, default: str | None = None) -> Column:
    """An optional weight, rate or share between 0 and 1."""
    return number(name, doc, low="0", high="1", default=default)


def integer(name: str, doc: str = "", *, low: str | None = None) -> Column:
    """An optional whole number."""
    return Column(name, Kind.INTEGER, doc, minimum=low)


def flag(name: str, doc: str = "", *, default: str | None = None) -> Column:
    """An optional true or false."""
    return Column(name, Kind.FLAG, doc, default=default)


def need(column: Column, *, blank: bool = False) -> Column:
    """The same column, required; with `blank` its cells may be empty."""
    return replace(column, required=True, blank=blank)
