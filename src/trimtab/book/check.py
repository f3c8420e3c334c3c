"""Check a whole book: what the reader found, and what only shows when models and policies are resolved."""

import polars as pl

from trimtab.book.read import Book
from trimtab.core.result import Failure
from trimtab.policy.cascade import resolve
from trimtab.policy.models import Known, resolve_models


def check_book(book: Book) -> tuple[Failure, ...]:
    """Every failure of a book: the reader's, then unsound models, then policy values that cannot be."""
    tables = book.tables
    households = tables["households"].select("household_id", of_household="model_id")
    chosen = (
        tables["accounts"]
        .join(households, on="household_id", how="left")
        .select("account_id", model_id=pl.coalesce("model_id", "of_household"))
        .drop_nulls()
        .group_by("model_id")
        .agg(pl.col("account_id").sort())
    )
    users = {model: tuple(accounts) for model, accounts in chosen.iter_rows()}
    known = Known(
        frozenset(tables["securities"]["security_id"].to_list()),
        frozenset(tables["indexes"]["index_id"].to_list()),
    )
    models = resolve_models(tables["models"], known, users=users)
    settings = resolve(
        tables["policies"], tables["accounts"], as_of=book.as_of, households=tables["households"]
    )
    return book.failures + models.failures + settings.failures
