"""Versions of models: which is in force on a day, what is announced, and whom a faulty version concerns."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.e2e.tiny import lay

from trimtab.book.read import Book, read_book, read_changed
from trimtab.book.versions import with_versions
from trimtab.book.write import write_book

HEAD = "model_id,version,node_id,parent_node_id,kind,ref,weight,firm_id,name,effective\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay("versions", tmp_path / "book")


def on(folder: Path, day: date) -> Book:
    (folder / "book.toml").write_text(f'as_of = {day}\nschema = "1"\ncurrency = "USD"\n')
    return read_book(folder)


def equity(book: Book, model: str) -> float:
    rows = book.tables["models"].to_dicts()
    return next(row["weight"] for row in rows if (row["model_id"], row["node_id"]) == (model, "equity"))


@pytest.mark.parametrize(("before", "model"), [(0, "D-GROWTH"), (-1, "B-OLDER"), (3, "B-CORE")])
def test_a_version_is_in_force_from_its_day_on(folder: Path, before: int, model: str) -> None:
    day = date(2025, 6, 27) + timedelta(days=before)
    assert equity(on(folder, day - timedelta(days=1)), model) == 0.6
    assert equity(on(folder, day), model) == 0.63


def test_a_later_version_is_announced(folder: Path) -> None:
    told = "models: version 2 of B-CORE takes effect on 2025-06-30"
    assert told in on(folder, date(2025, 6, 29)).notices
    assert told not in on(folder, date(2025, 6, 30)).notices


def test_written_and_read_again_nothing_is_lost(folder: Path, tmp_path: Path) -> None:
    book = read_book(folder)
    write_book(book.tables, tmp_path / "again", as_of=book.as_of, name=book.name)
    again = read_book(tmp_path / "again")
    assert again.digest == book.digest
    assert again.tables["model_versions"].equals(book.tables["model_versions"])
    assert {
        row["version"] for row in book.tables["model_versions"].to_dicts() if row["model_id"] == "D-GROWTH"
    } == {
        "3",
        "4",
    }
    twice = with_versions(book.tables, book.as_of)
    assert all(twice[name].equals(frame) for name, frame in book.tables.items())


def _spoiled(folder: Path, old: str, new: str) -> Book:
    file = folder / "model_versions.csv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return read_book(folder)


def test_a_fault_of_an_announced_version_stops_nobody(folder: Path) -> None:
    book = _spoiled(folder, "B-CORE,2,us,equity,security,US,1", "B-CORE,2,us,equity,security,US,much")
    assert [one.table for one in book.failures] == ["model_versions"]
    assert book.isolated == {}
    assert not any("B-CORE" in one for one in book.notices), "half a version is none"


def test_a_fault_of_the_version_in_force_stops_its_users_through_models_of_models(folder: Path) -> None:
    book = _spoiled(folder, "D-GROWTH,4,us,equity,security,US,1", "D-GROWTH,4,us,equity,security,US,much")
    assert set(book.isolated) == {"TODAY", "BRANCH"}


def test_two_versions_of_one_day_contradict_each_other(folder: Path) -> None:
    file = folder / "model_versions.csv"
    file.write_text(file.read_text() + "D-GROWTH,5,all,,security,US,1,,,2025-06-27\n")
    book = read_book(folder)
    assert {one.message for one in book.failures} == {"two versions of a model take effect on the same day"}
    assert set(book.isolated) == {"TODAY", "BRANCH"}


def _change(tmp_path: Path, name: str, text: str) -> Path:
    change = tmp_path / "change"
    change.mkdir()
    (change / name).write_text(text)
    return change


def test_a_change_of_models_takes_the_place_of_the_version_in_force(folder: Path, tmp_path: Path) -> None:
    text = "model_id,node_id,parent_node_id,kind,ref,weight,version\nD-GROWTH,all,,security,US,1,5\n"
    _, after = read_changed(folder, _change(tmp_path, "models.csv", text))
    rows = [row for row in after.tables["models"].to_dicts() if row["model_id"] == "D-GROWTH"]
    assert [(row["node_id"], row["version"]) for row in rows] == [("all", "5")]


def test_an_announced_change_is_in_force_in_its_rehearsal_alone(folder: Path, tmp_path: Path) -> None:
    change = _change(tmp_path, "model_versions.csv", HEAD + "D-GROWTH,5,all,,security,US,1,,,2025-07-01\n")
    for ahead, nodes in ((False, 4), (True, 1)):
        _, after = read_changed(folder, change, ahead=ahead)
        assert (
            len([row for row in after.tables["models"].to_dicts() if row["model_id"] == "D-GROWTH"]) == nodes
        )
    assert "rehearsed as if in force: version 5 of D-GROWTH takes effect on 2025-07-01" in after.notices
