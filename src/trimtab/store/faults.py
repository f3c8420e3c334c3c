"""What can go wrong with the store itself.

StoreError
├── DuplicateError      a row with that key is there already
└── RefusedError        the row belongs to another firm, or may not be changed
"""


class StoreError(Exception):
    """A statement that the store did not carry out; the unit of work is undone."""


class DuplicateError(StoreError):
    """A row with the same key is there already."""


class RefusedError(StoreError):
    """The row is not of this unit's firm, names no row that exists, or its table is append-only."""
