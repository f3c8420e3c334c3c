"""A run beside its book's names."""

from pathlib import Path

from tests.small_book import write_small_book

from trimtab.book.read import read_book
from trimtab.desk.rebalance import rebalance
from trimtab.desk.report import view_of


def test_a_view_has_the_tables_of_the_run_and_the_names_of_the_book(tmp_path: Path) -> None:
    firms = "firm_id,name,nickname\nF1,First,x\nF2,Second,y\n"
    book = read_book(write_small_book(tmp_path, {"firms.csv": firms}))
    told: list[str] = []
    run = rebalance(book, only="A3", advance=lambda stage, _done, _total: told.append(stage))
    view = view_of(book, run, notes=("Said.",))
    assert (view.name, view.as_of, view.notes) == (
        "small",
        book.as_of,
        ("Said.", "firms: unknown column nickname is ignored"),
    )
    assert view.evaluations.select("account_id", "firm").rows() == [("A3", "Second")]
    assert view.tables is run.tables
    assert view.number("enrolled") == 1
    assert told[:2] == ["engine", "policy"]
    assert "solve" in told
