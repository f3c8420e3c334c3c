"""The title page of a book, book.toml: its date, schema, currency and name."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from trimtab.book.nearest import nearest
from trimtab.book.schema import CURRENCY, SCHEMA_VERSION
from trimtab.core.result import Failure, Reason

FILE = "book.toml"
UNDATED = date(1900, 1, 1)
_KEYS = ("as_of", "schema", "currency", "name", "isolated")


@dataclass(frozen=True, slots=True)
class Title:
    """What book.toml says, as far as it can be read; `as_of` is `UNDATED` where it does not say.

    `isolated` names accounts that must not trade: an exported book keeps what its first reader found wrong.
    """

    as_of: date
    name: str
    currency: str = CURRENCY
    failures: tuple[Failure, ...] = ()
    notices: tuple[str, ...] = ()
    isolated: tuple[str, ...] = ()


def read_title(folder: Path) -> Title:
    """Read book.toml of a folder; without it no account can be evaluated."""
    path = folder / FILE
    try:
        facts = tomllib.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except FileNotFoundError:
        remedy = 'add book.toml with as_of = 2020-06-01, schema = "1" and currency = "USD"'
        missing = _failure(Reason.MISSING, "", "", "the book has no book.toml", remedy)
        return Title(UNDATED, folder.name, failures=(missing,))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        broken = _failure(Reason.PARSING, "", "", f"book.toml cannot be read: {error}", "correct the file")
        return Title(UNDATED, folder.name, failures=(broken,))
    as_of = _date(facts.get("as_of"))
    failures = []
    if as_of is None:
        reason = Reason.PARSING if "as_of" in facts else Reason.MISSING
        failures.append(
            _failure(
                reason,
                "as_of",
                facts.get("as_of", ""),
                "there is no business date",
                "write as_of as YYYY-MM-DD",
            )
        )
    for key, wanted in (("schema", SCHEMA_VERSION), ("currency", CURRENCY)):
        said = str(facts.get(key, ""))
        if said != wanted:
            reason = Reason.MISSING if said == "" else Reason.INVALID
            message = f"the {key} is not {wanted}" if said else f"the {key} is missing"
            failures.append(_failure(reason, key, said, message, f'write {key} = "{wanted}"'))
    notices = tuple(
        f"book.toml: unknown key {key} is ignored" + (f"; did you mean {near}?" if near else "")
        for key, near in ((key, nearest(key, _KEYS)) for key in facts if key not in _KEYS)
    )
    name = str(facts.get("name", folder.name))
    isolated = _names(facts.get("isolated", []))
    if isolated is None:
        message, remedy = "isolated is not a list of accounts", 'write isolated = ["A1", "A2"]'
        failures.append(_failure(Reason.PARSING, "isolated", facts["isolated"], message, remedy))
    return Title(
        as_of or UNDATED, name, failures=tuple(failures), notices=notices, isolated=tuple(isolated or ())
    )


def _names(said: object) -> list[str] | None:
    if isinstance(said, list) and all(isinstance(name, str) for name in said):
        return said
    return None


def _failure(reason: Reason, key: str, value: object, message: str, remedy: str) -> Failure:
    return Failure(reason, FILE, "", key, str(value), message, remedy)


def _date(said: object) -> date | None:
    if isinstance(said, datetime):
        return said.date()
    if isinstance(said, date):
        return said
    try:
        return date.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
