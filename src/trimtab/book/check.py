"""Check a whole book: what the reader found, and what only shows when policies and targets are resolved."""

from trimtab.book.read import Book
from trimtab.core.result import Failure
from trimtab.policy.cascade import resolve
from trimtab.policy.target import resolve_targets


def check_book(book: Book) -> tuple[Failure, ...]:
    """Every failure of a book: the reader's, then targets that cannot be, then policy values that cannot be."""
    tables = book.tables
    settings = resolve(
        tables["policies"], tables["accounts"], as_of=book.as_of, households=tables["households"]
    )
    targets = resolve_targets(tables, settings.value.wide)
    return book.failures + targets.failures + settings.failures
