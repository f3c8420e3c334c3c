"""Report: what a person reads of a run, with the names that its book gives to things."""

from trimtab.book.read import Book
from trimtab.desk.gifts import gift_candidates
from trimtab.desk.plans import plans_in_force
from trimtab.desk.rebalance import Run
from trimtab.report.view import RunView


def view_of(book: Book, run: Run, *, notes: tuple[str, ...] = ()) -> RunView:
    """A run beside its book's names. Every reader must see `notes`, and the notices of the book after them."""
    return RunView(
        name=book.name,
        as_of=book.as_of,
        tables=run.tables,
        summary=run.summary,
        accounts=book.tables["accounts"],
        firms=book.tables["firms"],
        securities=book.tables["securities"],
        plans=plans_in_force(run.day.tables["plans"], book.as_of),
        gifts=gift_candidates(run.day, run.outcome),
        notes=(*notes, *book.notices),
    )
