"""Import and export: nothing is lost, unchanged rows are not written again, and every past state stays readable."""

from datetime import date
from pathlib import Path

import pytest
from tests.e2e.tiny import lay
from tests.small_book import spoiled, write_small_book

from trimtab.book.read import Book, read_book
from trimtab.book.write import write_book
from trimtab.desk.access import AbsentError, Principal, Role, Way
from trimtab.desk.extract import SameIdsError, export_book
from trimtab.desk.ingest import NotImportableError, import_book
from trimtab.store.session import PostgresStore

CONSOLE = Principal("root", "root", Way.CONSOLE)


def small(tmp_path: Path, name: str = "book", changes: dict[str, str | bytes | None] | None = None) -> Book:
    return read_book(write_small_book(tmp_path / name, changes))


def test_a_book_comes_back_with_its_digest(postgres: PostgresStore, tmp_path: Path) -> None:
    book = small(tmp_path)
    done = import_book(postgres, CONSOLE, book)
    assert done.firms == ("F1", "F2")
    assert done.appended["facts.lots"] == 5
    back = export_book(postgres, CONSOLE)
    assert back.digest == book.digest
    assert back.name == "small"
    for name, frame in book.tables.items():
        assert back.tables[name].equals(frame), name
    write_book(back.tables, tmp_path / "out", as_of=back.as_of, name=back.name)
    assert read_book(tmp_path / "out").digest == book.digest


def test_versions_of_models_and_what_is_announced_come_back(postgres: PostgresStore, tmp_path: Path) -> None:
    book = read_book(lay("versions", tmp_path / "book"))
    done = import_book(postgres, CONSOLE, book)
    assert (done.appended["facts.model_versions"], done.appended["market.model_versions"]) == (16, 8)
    back = export_book(postgres, CONSOLE)
    assert (back.digest, back.notices) == (book.digest, book.notices)
    assert back.tables["model_versions"].equals(book.tables["model_versions"])


def test_what_did_not_change_is_not_written_again(postgres: PostgresStore, tmp_path: Path) -> None:
    import_book(postgres, CONSOLE, small(tmp_path))
    assert import_book(postgres, CONSOLE, small(tmp_path)).appended == {}
    changed = spoiled("lots.csv", "A3,L1,BND,70,80,2019-01-02\n", "A3,L1,BND,69,80,2019-01-02\n")
    again = import_book(postgres, CONSOLE, small(tmp_path, "again", changed))
    assert again.appended == {"facts.lots": 1}


def test_every_state_stays_readable_by_date_and_by_knowledge(postgres: PostgresStore, tmp_path: Path) -> None:
    """The second day lacks a lot and an account; then the first day is corrected. Each is read back as it was."""
    first = small(tmp_path, "first")
    title = {"book.toml": 'as_of = "2020-06-02"\nschema = "1"\ncurrency = "USD"\nname = "next"\n'}
    cut = spoiled("accounts.csv", "A4,F2,taxable,75,,T2,M2,fidelity\n", "")
    cut |= spoiled("lots.csv", "A4,L1,VTI,1,80,2019-01-02\n", "")
    second = small(tmp_path, "second", title | cut)
    mended = small(tmp_path, "mended", spoiled("lots.csv", "100.123456789", "101"))
    known = [import_book(postgres, CONSOLE, book).known_at for book in (first, second, mended)]
    assert known == sorted(set(known))
    day = date(2020, 6, 1)
    assert export_book(postgres, CONSOLE).digest == second.digest
    assert export_book(postgres, CONSOLE, as_of=day).digest == mended.digest
    assert export_book(postgres, CONSOLE, as_of=day, known_at=known[1]).digest == first.digest
    assert export_book(postgres, CONSOLE, known_at=known[0]).digest == first.digest
    with pytest.raises(AbsentError):
        export_book(postgres, CONSOLE, as_of=date(2020, 5, 29))


def test_isolated_accounts_stay_isolated(postgres: PostgresStore, tmp_path: Path) -> None:
    book = small(
        tmp_path, "bad", spoiled("lots.csv", "A1,L2,BND,5,90,2016-03-04", "A1,L2,BND,five,90,2016-03-04")
    )
    assert set(book.isolated) == {"A1"}
    import_book(postgres, CONSOLE, book)
    back = export_book(postgres, CONSOLE)
    assert (back.digest, back.failures) == (book.digest, book.failures)
    write_book(back.tables, tmp_path / "out", as_of=back.as_of, name=back.name, isolated=list(back.isolated))
    read = read_book(tmp_path / "out")
    assert read.digest == book.digest
    assert set(read.isolated) == {"A1"}


def test_a_firm_by_itself_holds_nothing_of_another(postgres: PostgresStore, tmp_path: Path) -> None:
    import_book(postgres, CONSOLE, small(tmp_path))
    one = export_book(postgres, CONSOLE, firms=["F2"])
    assert one.tables["firms"]["firm_id"].to_list() == ["F2"]
    assert one.tables["accounts"]["account_id"].to_list() == ["A3", "A4"]
    assert one.tables["taxpayers"]["taxpayer_id"].to_list() == ["T2"]
    assert set(one.tables["lots"]["account_id"]) == {"A3", "A4"}


def test_two_firms_with_the_same_ids_do_not_meet(postgres: PostgresStore, tmp_path: Path) -> None:
    """Another desk's book uses the same account, household and lot ids for a firm F9."""
    import_book(postgres, CONSOLE, small(tmp_path))
    twin = {
        "firms.csv": "firm_id,name\nF9,Twin\n",
        "households.csv": "household_id,firm_id\nH1,F9\n",
        "taxpayers.csv": "taxpayer_id,household_id,short_rate,long_rate\nT1,H1,0.1,0.1\n",
        "accounts.csv": (
            "account_id,firm_id,tax_type,cash,household_id,taxpayer_id,model_id\nA1,F9,taxable,9,H1,T1,M1\n"
        ),
        "lots.csv": "account_id,lot_id,security_id,quantity,unit_cost,acquired\nA1,L1,VTI,9,9,2015-03-04\n",
        "models.csv": (
            "model_id,node_id,parent_node_id,kind,ref,weight,firm_id\n"
            "M1,eq,,class,us_equity,0.6,\nM1,vti,eq,security,VTI,1,\nM1,fi,,security,BND,0.4,\n"
        ),
    }
    book = small(tmp_path, "twin", dict(twin))
    assert not book.failures
    import_book(postgres, CONSOLE, book)
    assert export_book(postgres, CONSOLE, firms=["F9"]).tables["lots"]["quantity"].to_list() == [9]
    assert export_book(postgres, CONSOLE, firms=["F1"]).tables["lots"].height == 3
    with pytest.raises(SameIdsError):
        export_book(postgres, CONSOLE)


@pytest.mark.parametrize(
    ("title", "firms"),
    [
        ('schema = "1"\ncurrency = "USD"\n', None),
        (None, "*"),
        (None, "-"),
    ],
)
def test_what_cannot_be_kept_is_refused_whole(
    postgres: PostgresStore, tmp_path: Path, title: str | None, firms: str | None
) -> None:
    changes: dict[str, str | bytes | None] = {} if title is None else {"book.toml": title}
    if firms is not None:
        changes["firms.csv"] = f'firm_id,name\nF1,"First, Inc."\nF2,Second\n{firms},Odd\n'
    with pytest.raises(NotImportableError):
        import_book(postgres, CONSOLE, small(tmp_path, "odd", changes))
    with pytest.raises(AbsentError):
        export_book(postgres, CONSOLE)


def test_only_who_may_imports_and_exports(postgres: PostgresStore, tmp_path: Path) -> None:
    """A desk operator takes on firms, exports those that granted the role, and no others."""
    book = small(tmp_path)
    for principal in (
        Principal("u", "u", Way.SESSION, grants={"F1": frozenset({Role.CIO})}),
        Principal("u", "u", Way.SESSION, frozenset({Role.TRADER}), {"F1": frozenset({Role.TRADER})}),
    ):
        with pytest.raises(AbsentError):
            import_book(postgres, principal, book)
    operator = Principal(
        "o", "o", Way.SESSION, frozenset({Role.OPERATOR}), {"F1": frozenset({Role.OPERATOR})}
    )
    import_book(postgres, operator, book)
    with pytest.raises(AbsentError):
        import_book(postgres, operator, book)
    assert export_book(postgres, operator).tables["firms"]["firm_id"].to_list() == ["F1"]
    with pytest.raises(AbsentError):
        export_book(postgres, operator, firms=["F2"])
    with pytest.raises(AbsentError):
        export_book(postgres, operator, firms=["F7"])
