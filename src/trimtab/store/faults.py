"""What can go wrong with the store itself.

StoreError
├── LostError           the database went away; what was being done may be tried again
├── DuplicateError      a row with that key is there already
└── RefusedError        the row belongs to another firm, or may not be changed
"""


class StoreError(Exception):
    """A statement that the store did not carry out; the unit of work is undone."""


class LostError(StoreError):
    """The database cannot be reached, or ended the session: of the unit nothing was kept, or all of it."""


class DuplicateError(StoreError):
    """A row with the same key is there already."""


class RefusedError(StoreError):
    """The row is not of this unit's firm, names no row that exists, or its table is append-only."""
