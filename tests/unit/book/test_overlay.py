"""A change laid over a book: what replaces, what is added, what goes, and whose faults are told."""

from pathlib import Path

import pytest
from tests.e2e.tiny import lay

from trimtab.book.read import NotABookError, read_book, read_changed


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    change = tmp_path / "change"
    change.mkdir()
    return lay("limits", tmp_path / "book"), change


def test_a_row_of_the_same_key_replaces_and_a_new_one_is_added(folders: tuple[Path, Path]) -> None:
    book, change = folders
    (change / "policies.csv").write_text(
        "scope,scope_id,key,value\naccount,SCREEN,budget_tax,500\nfirm,BETA,ticket,1\n"
    )
    before, after = read_changed(book, change)
    assert [row["value"] for row in before.tables["policies"].to_dicts()] == ["0"]
    assert [row["value"] for row in after.tables["policies"].to_dicts()] == ["500", "1"]
    assert before.digest == read_book(book).digest != after.digest


def test_a_row_marked_remove_goes_and_its_other_cells_may_be_empty(folders: tuple[Path, Path]) -> None:
    book, change = folders
    (change / "lots.csv").write_text(
        "account_id,lot_id,security_id,quantity,unit_cost,acquired,remove\nNEVER-BUY,1,,,,,true\n"
    )
    _, after = read_changed(book, change)
    assert "NEVER-BUY" not in set(after.tables["lots"]["account_id"])
    assert after.failures == read_book(book).failures


def test_a_row_to_remove_that_is_not_there_is_told(folders: tuple[Path, Path]) -> None:
    book, change = folders
    (change / "restrictions.csv").write_text(
        "scope,scope_id,rule,selector,remove\naccount,SCREEN,freeze,*,true\n"
    )
    _, after = read_changed(book, change)
    assert "restrictions: 1 rows to remove are not in the book" in after.notices


def test_a_changed_model_replaces_its_whole_tree(folders: tuple[Path, Path]) -> None:
    book, change = folders
    (change / "models.csv").write_text(
        "model_id,node_id,parent_node_id,kind,ref,weight\nBALANCED,all,,security,US,1\n"
    )
    _, after = read_changed(book, change)
    assert after.tables["models"]["node_id"].to_list() == ["all"]


def test_a_fault_of_the_change_names_its_row_there(folders: tuple[Path, Path]) -> None:
    book, change = folders
    (change / "policies.csv").write_text("scope,scope_id,key,value\nfirm,ALPHA,bugdet_tax,1\n")
    _, after = read_changed(book, change)
    told = [failure for failure in after.failures if failure.table == "policies"]
    assert [failure.row for failure in told] == ["firm/ALPHA/bugdet_tax (row 2 of the change)"]


def test_a_fault_of_a_replaced_row_goes_with_it(folders: tuple[Path, Path]) -> None:
    book, change = folders
    (book / "policies.csv").write_text("scope,scope_id,key,value,locked\naccount,SCREEN,budget_tax,1,maybe\n")
    (change / "policies.csv").write_text("scope,scope_id,key,value\naccount,SCREEN,budget_tax,1\n")
    before, after = read_changed(book, change)
    assert [failure.table for failure in before.failures] == ["policies"]
    assert not [failure for failure in after.failures if failure.table == "policies"]


def test_no_folder_is_a_bad_call(folders: tuple[Path, Path]) -> None:
    with pytest.raises(NotABookError):
        read_changed(folders[0], folders[1] / "absent")
