"""A client's own wishes, set at once: restrictions, preferences, cash to come or go, the plan that was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from trimtab.book.edit import rows_as_text
from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError, Permission, Principal, may
from trimtab.desk.documents import plain, text_of
from trimtab.desk.edits import Standing, keep_edit, laid_over, standing
from trimtab.desk.ports import Store
from trimtab.store.shapes import FACTS

Row = Mapping[str, object]
PERSONAL: Final = ("account", "household")
ANY: Final = "*"
"""As a tag: whatever stands now."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One kind of wish: the permissions to read and to set it."""

    read: Permission
    write: Permission


WISHES: Mapping[str, Wish] = MappingProxyType(
    {
        "restrictions": Wish("policy:setting:read", "policy:restriction:write"),
        "policies": Wish("policy:setting:read", "policy:preference:write"),
        "cash_flows": Wish("book:account:read", "book:cash_flow:write"),
        "plans": Wish("book:account:read", "plan:plan:choose"),
    }
)
"""Every kind of wish, by its table."""


class NeedsApprovalError(Exception):
    """The wish speaks for more than one client: draft a policy, which is rehearsed and approved."""

    def __init__(self) -> None:
        super().__init__("this speaks for more than one client: draft a policy instead")


class ChangedError(Exception):
    """What stands is not what was seen, or something stands where nothing should, or nothing where something should."""

    def __init__(self) -> None:
        super().__init__("what stands is not what was seen")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the asker believes: the tag of what stands (`*`: anything does), or that nothing does; or neither."""

    tag: str | None = None
    nothing: bool = False

    def must_hold(self, current: Row | None) -> None:
        """Raise ChangedError where it is otherwise."""
        if self.nothing and current is not None:
            raise ChangedError
        if self.tag is not None and (current is None or self.tag not in (ANY, tag_of(current))):
            raise ChangedError


def tag_of(row: Row) -> str:
    """What tells one state of a row from another."""
    return digest(text_of(row))


def read_wish(store: Store, principal: Principal, firm: str, *, table: str, key: Row) -> dict[str, object]:
    """A wish by its key, as it stands; AbsentError where there is none."""
    may(principal, WISHES[table].read, firm)
    with store.unit(firm) as unit:
        rows = unit.page(f"facts.{table}", {**key, "firm_id": firm}, limit=1)
        unit.record(principal.who, "read", f"facts.{table}", rows=len(rows))
    if not rows:
        raise AbsentError
    return {name: rows[0][name] for name in FACTS[table].columns}


def set_wish(
    store: Store, principal: Principal, firm: str, *, table: str, row: Row, seen: Seen
) -> tuple[dict[str, object], bool]:
    """Put a wish in force, new or instead of the one with its key; the row as it stands, and whether it is new.

    A row that makes the book wrong is a FaultsError.
    """
    may(principal, WISHES[table].write, firm)
    _must_be_personal(table, row)
    key = {name: row[name] for name in FACTS[table].key}
    with store.unit(firm) as unit, store.reader() as reader:
        stands = standing(unit, reader)
        current = _current(stands, table, key)
        seen.must_hold(current)
        said = {**row, "by": principal.name} if table == "policies" else row
        edited = laid_over(stands, firm, {table: rows_as_text(table, [said])})
        after = _current(Standing(stands.edition, edited.after.tables), table, key)
        assert after is not None, "a row without a fault stands"
        if after != current:
            cause = f"set:{table}"
            keep_edit(unit, principal, edited, names=[table], edition=stands.edition, cause=cause)
        unit.record(principal.who, f"wish:{table}:set", firm, key=plain(key), tag=tag_of(after))
    return after, current is None


def remove_wish(store: Store, principal: Principal, firm: str, *, table: str, key: Row, seen: Seen) -> None:
    """Take a wish back; AbsentError where there is none."""
    may(principal, WISHES[table].write, firm)
    _must_be_personal(table, key)
    with store.unit(firm) as unit, store.reader() as reader:
        stands = standing(unit, reader)
        current = _current(stands, table, key)
        if current is None:
            raise AbsentError
        seen.must_hold(current)
        gone = rows_as_text(table, [{**key, "remove": True}])
        edited = laid_over(stands, firm, {table: gone})
        keep_edit(unit, principal, edited, names=[table], edition=stands.edition, cause=f"remove:{table}")
        unit.record(principal.who, f"wish:{table}:remove", firm, key=plain(key))


def _must_be_personal(table: str, row: Row) -> None:
    if "scope" in FACTS[table].columns and row["scope"] not in PERSONAL:
        raise NeedsApprovalError


def _current(stands: Standing, table: str, key: Row) -> dict[str, object] | None:
    found = stands.tables[table].filter(*(pl.col(name) == value for name, value in key.items()))
    return None if found.is_empty() else found.row(0, named=True)
