"""What a check found, in columns: one batch of rows that share column, reason and remedy."""

from dataclasses import dataclass, field

import polars as pl

from trimtab.book.schema import Touch
from trimtab.core.result import Reason

ROW = "__row"
CHANGED_ROW = 1_000_000_000
"""Added to the number of a row that a change laid over the book brought: no two rows of a table have one number."""
WHOLE = pl.Series(ROW, [], dtype=pl.UInt32)


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows of one table that one check rejected, by number in file order (empty: the fault is the whole table's).

    `values` are the cells as read. `messages` says it row by row where one sentence does not serve all. Rows with
    a `fatal` fault leave the frame; the others stay, made harmless by whoever raised the fault. `touches` says whom
    it concerns where that is not what the table says; one that is not fatal concerns nobody unless it says so.
    """

    table: str
    column: str
    reason: Reason
    message: str
    remedy: str
    rows: pl.Series = field(default_factory=lambda: WHOLE)
    values: pl.Series = field(default_factory=lambda: pl.Series([], dtype=pl.String))
    messages: pl.Series | None = None
    fatal: bool = True
    touches: Touch | None = None

    def __post_init__(self) -> None:
        assert len(self.rows) == len(self.values) or len(self.rows) == 0
        assert self.messages is None or len(self.messages) == len(self.rows)

    @property
    def whole(self) -> bool:
        """Whether the fault is the table's, not some rows'."""
        return len(self.rows) == 0
