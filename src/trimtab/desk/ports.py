"""What the verbs need of a store, whichever it is: units of work, and in them rows and facts of one firm."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import polars as pl


class Unit(Protocol):
    """One unit of work: everything in it is committed together, or nothing. Tables are named `schema.name`."""

    firm: str
    now: datetime

    def within(self, firm: str) -> AbstractContextManager[None]:
        """For the desk: work as one firm, in the same transaction."""
        ...

    def as_user(self, user_id: str) -> None:
        """Say who is signing in: the desk's unit then sees that user's grants at every firm."""
        ...

    def lock(self, name: str, *, shared: bool = False) -> None:
        """Wait until no other unit holds a lock of that name; `shared` ones do not keep one another."""
        ...

    def insert(self, table: str, *rows: Mapping[str, object]) -> None:
        """Add rows; a repeated key is a DuplicateError, another firm's row a RefusedError."""
        ...

    def rows(
        self,
        table: str,
        where: Mapping[str, object] | None = None,
        *,
        after: Sequence[object] | None = None,
        limit: int | None = None,
        last: bool = False,
    ) -> list[dict[str, object]]:
        """Rows in the order of their key, from past the key `after`; `last` goes backwards."""
        ...

    def page(
        self,
        table: str,
        where: Mapping[str, object] | None = None,
        *,
        after: Sequence[object] | None = None,
        limit: int,
        without: Collection[str] = (),
    ) -> list[dict[str, object]]:
        """Rows (of facts those in force, as they are kept) in the order of their key, from past the key `after`;
        `without` some columns of what is no fact.
        """
        ...

    def claim(self, table: str, where: Mapping[str, object], *, limit: int = 1) -> list[dict[str, object]]:
        """Rows that no other unit is working on, locked until this one ends."""
        ...

    def change(self, table: str, where: Mapping[str, object], values: Mapping[str, object]) -> int:
        """Change rows; how many there were."""
        ...

    def remove(self, table: str, where: Mapping[str, object]) -> int:
        """Remove rows; how many there were."""
        ...

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Add many rows by columns."""
        ...

    def frame(self, table: str, where: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Rows by columns, in the order of their key."""
        ...

    def facts(
        self, table: str, *, until: datetime | None = None, where: Mapping[str, object] | None = None
    ) -> pl.DataFrame:
        """The rows of facts in force at a moment, sorted by key."""
        ...

    def record(self, who: str, verb: str, subject: str, **detail: object) -> None:
        """Append the audit event of what this unit did; the last thing it does."""
        ...


class Reader(Protocol):
    """Committed facts by columns, of one firm at a time: for whole books and nights."""

    def facts(
        self,
        table: str,
        firm: str,
        *,
        until: datetime | None = None,
        where: Mapping[str, object] | None = None,
    ) -> pl.DataFrame:
        """What `Unit.facts` gives within a firm."""
        ...


class Store(Protocol):
    """Anything that opens units of work."""

    def reader(self) -> AbstractContextManager[Reader]:
        """A reader by columns."""
        ...

    def unit(self, firm: str) -> AbstractContextManager[Unit]:
        """A unit of work of a firm, or of the desk."""
        ...

    def unready(self) -> str | None:
        """Why the store cannot be worked with now; None where it can."""
        ...
