"""Read a book: files to typed, checked, sorted frames, with everything that was wrong beside them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from trimtab.book.defaults import default_notices, fill
from trimtab.book.digest import digest_book
from trimtab.book.failures import list_failures
from trimtab.book.files import find_files, read_table
from trimtab.book.isolate import Reach
from trimtab.book.nearest import did_you_mean, nearest
from trimtab.book.overlay import lay_over
from trimtab.book.pricing import check_prices, flag_accounts, with_unit_value
from trimtab.book.references import check_references
from trimtab.book.rules import check_households, check_rules, whole_models
from trimtab.book.schema import SCHEMA_VERSION
from trimtab.book.sheets import Sheet, open_sheet
from trimtab.book.tables_wishes import TABLES_IN
from trimtab.book.title import FILE, UNDATED, Title, read_title
from trimtab.book.versions import TABLE as VERSIONS
from trimtab.book.versions import announced, checked_versions, reached, with_versions
from trimtab.core.result import Failure, Reason
from trimtab.policy.settings import KEYS


class NotABookError(Exception):
    """The path names no folder: a bad call, not bad data."""


@dataclass(frozen=True, slots=True)
class Book:
    """Everything needed to evaluate a set of accounts on one business date: frames by table name, and faults.

    Every table in is in `tables`, with every column of the contract; `securities` also has `unpriced` and
    `unit_value`. `flags` (account_id, flag, security_id, text) says what is doubtful about accounts that go on;
    accounts that a failure names must not trade. `as_of` is `title.UNDATED` where book.toml does not say it.
    """

    as_of: date
    name: str
    currency: str
    tables: dict[str, pl.DataFrame]
    failures: tuple[Failure, ...]
    notices: tuple[str, ...]
    flags: pl.DataFrame
    digest: str

    @property
    def isolated(self) -> dict[str, Failure]:
        """Accounts that must not trade, each with the first failure that names it, in order of account."""
        first: dict[str, Failure] = {}
        for failure in self.failures:
            for account in failure.accounts:
                first.setdefault(account, failure)
        return dict(sorted(first.items()))


def read_book(path: Path, *, policy_keys: Collection[str] = tuple(KEYS)) -> Book:
    """Read and check the book in a folder; what is wrong with the data is in `failures`, never an exception."""
    title, sheets, strays = _opened(path)
    return _book(title, sheets, strays, policy_keys=policy_keys)


def read_changed(
    path: Path, change: Path, *, ahead: bool = False, policy_keys: Collection[str] = tuple(KEYS)
) -> tuple[Book, Book]:
    """The book in a folder as it is, and with the tables of another folder laid over it (`overlay.lay_over`).

    With `ahead` a version of a model that the change announces is taken as in force already: that is its rehearsal.
    """
    if not change.is_dir():
        raise NotABookError(f"{change} is not a folder")
    title, sheets, strays = _opened(path)
    laid, more = lay_over(sheets, find_files(change), as_of=title.as_of, ahead=ahead)
    before = _book(title, sheets, strays, policy_keys=policy_keys)
    return before, _book(title, laid, {**strays, **more}, policy_keys=policy_keys)


def read_sheets(
    title: Title, sheets: Mapping[str, Sheet], *, policy_keys: Collection[str] = tuple(KEYS)
) -> Book:
    """The book of tables that are open already: rows that are kept, or laid over them."""
    return _book(title, sheets, {}, policy_keys=policy_keys)


def _opened(path: Path) -> tuple[Title, dict[str, Sheet], dict[str, list[Path]]]:
    """What book.toml says, every table's rows as read, and the files that are no table."""
    if not path.is_dir():
        raise NotABookError(f"{path} is not a folder")
    title = read_title(path)
    files = find_files(path)
    sheets = {name: open_sheet(read_table(table, files.pop(name, []))) for name, table in TABLES_IN.items()}
    return title, sheets, files


def _book(
    title: Title,
    opened: Mapping[str, Sheet],
    strays: Mapping[str, list[Path]],
    *,
    policy_keys: Collection[str],
) -> Book:
    sheets = _checked(opened, as_of=title.as_of, policy_keys=policy_keys)
    reach = Reach(reached(sheets, title.as_of))
    failures = tuple(replace(failure, accounts=reach.everyone) for failure in title.failures)
    failures += _unknown_tables(strays, sheets, reach.everyone) + list_failures(sheets, reach)
    failures += _kept_apart(title.isolated, failures)
    tables = {name: fill(sheet.table, sheet.good()) for name, sheet in sheets.items()}
    notices = title.notices + tuple(notice for sheet in sheets.values() for notice in sheet.notices)
    notices += default_notices(sheets["securities"].good())
    return put_together(title, tables, failures, notices)


def put_together(
    title: Title,
    tables: Mapping[str, pl.DataFrame],
    failures: tuple[Failure, ...],
    notices: tuple[str, ...] = (),
) -> Book:
    """A book of tables that were checked: as read, or as they were kept; each sorted by its key.

    `models` holds the version of each model that is in force on the business date.
    """
    said = {"as_of": title.as_of.isoformat(), "currency": title.currency, "schema": SCHEMA_VERSION}
    tables = with_versions(tables, title.as_of)
    isolated = {account for failure in failures for account in failure.accounts}
    fingerprint = digest_book(
        said, {name: (TABLES_IN[name], frame) for name, frame in tables.items()}, isolated
    )
    priced = dict(tables) | {"securities": with_unit_value(tables["securities"], tables["prices"])}
    flags = flag_accounts(priced, title.as_of)
    told = (*notices, *announced(tables[VERSIONS], title.as_of))
    return Book(title.as_of, title.name, title.currency, priced, failures, told, flags, fingerprint)


def _kept_apart(isolated: tuple[str, ...], failures: tuple[Failure, ...]) -> tuple[Failure, ...]:
    """Accounts that the title page keeps apart, where no fault of these files does so already."""
    known = {account for failure in failures for account in failure.accounts}
    rest = tuple(account for account in isolated if account not in known)
    if not rest:
        return ()
    message = "a fault of the files this book was first read from concerns these accounts"
    return (
        Failure(
            Reason.INVALID, FILE, "", "isolated", str(len(rest)), message, "correct the data they need", rest
        ),
    )


def _checked(sheets: Mapping[str, Sheet], *, as_of: date, policy_keys: Collection[str]) -> dict[str, Sheet]:
    """Every check in its order: rules of a row, then references, then what is left whole and priced."""
    known_day = as_of if as_of != UNDATED else date.max
    checked = check_references(check_rules(sheets, as_of=known_day, policy_keys=policy_keys))
    checked["accounts"] = checked["accounts"].with_faults(check_households(checked))
    checked["models"] = whole_models(checked["models"])
    checked[VERSIONS] = checked_versions(checked[VERSIONS])
    checked["securities"] = check_prices(checked, as_of)
    return checked


def _unknown_tables(
    files: Mapping[str, list[Path]], sheets: Mapping[str, Sheet], everyone: tuple[str, ...]
) -> tuple[Failure, ...]:
    """Files that are no table of the contract.

    Where the name is close to a table that is absent, what was meant is not known for any account: all are isolated.
    """
    failures = []
    for name, paths in files.items():
        near = nearest(name, sheets.keys())
        meant = near is not None and not sheets[near].present
        failures.append(
            Failure(
                Reason.INVALID,
                name,
                "",
                "",
                ", ".join(path.name for path in paths),
                f"there is no table {name}",
                did_you_mean(name, sheets.keys()) + "; rename the file or move it out of the book",
                everyone if meant else (),
            )
        )
    return tuple(failures)
