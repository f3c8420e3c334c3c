"""Rows to entries, with ids that come out the same however often a file is read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.feeds.cells import CellError, day, number
from trimtab.feeds.statement import Line
from trimtab.ledger.entries import Entry
from trimtab.ledger.read import entry_of

MARKET_WIDE: Final = frozenset({"split", "spinoff", "merger_stock", "merger_cash", "symbol_change"})
"""Kinds that happen to a security, whichever accounts report them."""
_WORDS: Final = frozenset(
    {"id", "type", "account", "symbol", "order", "underlying", "child", "new_symbol", "from", "to"}
)
_DAYS: Final = frozenset({"date", "acquired", "donor_acquired"})
_AMOUNTS: Final = frozenset(
    {
        *("qty", "amount", "new", "old", "child_basis_fraction", "fmv_parent", "fmv_child", "fmv_new", "fmv"),
        *("cash_per_share", "per_share", "donor_basis", "gift_tax_paid", "taxable_gift", "basis"),
    }
)
_OWN_FIELDS: Final = frozenset({"id", "account", "cash_in_lieu"})


Posted = tuple[Entry, str]
"""An entry and the place in the file it comes from."""


def posted(lines: Sequence[Line], table: str) -> ValueWithFailures[tuple[Posted, ...]]:
    """The entries of some lines, in their order; a line that is no entry is a failure with its place and field."""
    entries: list[Posted] = []
    failures: list[Failure] = []
    for line in _with_ids(_once(lines)):
        try:
            entries.append((entry_of(_checked(line.row)), line.place))
        except CellError as error:
            failures.append(_failure(table, line, Reason.INVALID, str(error), error.field))
        except KeyError as error:
            name = str(error.args[0])
            message = f"a {line.row.get('type', 'transaction')} needs {name}"
            failures.append(_failure(table, line, Reason.MISSING, message, name))
        except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
            failures.append(_failure(table, line, Reason.INVALID, str(error) or type(error).__name__, ""))
    return ValueWithFailures.of(tuple(entries), failures)


def _checked(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields that are given, if words are words, days of our time, and numbers not below zero."""
    given = {name: value for name, value in row.items() if value not in (None, "")}
    for name, value in given.items():
        if name in _WORDS and not isinstance(value, str):
            raise CellError(f"{name} is no text", name)
        if name in _DAYS:
            _day(name, value)
        if name in _AMOUNTS:
            _amount(name, value)
    relief = given.get("relief")
    picks = [given.get("lots"), relief.get("lots") if isinstance(relief, Mapping) else None]
    for pick in (pick for listed in picks if isinstance(listed, list) for pick in listed):
        if isinstance(pick, Mapping) and pick.get("qty") not in (None, ""):
            _amount("qty", pick["qty"])
    return given


def _day(name: str, value: object) -> None:
    try:
        found = day(str(value))
    except CellError as error:
        raise CellError(str(error), name) from None
    if found is None:
        raise CellError(f"{name} is no date", name)


def _amount(name: str, value: object) -> None:
    try:
        found = number(str(value))
    except CellError as error:
        raise CellError(str(error), name) from None
    if found is None or found < 0:
        raise CellError(f"{name} is below zero or no number: {str(value)[:40]!r}", name)


def _failure(table: str, line: Line, reason: Reason, message: str, name: str) -> Failure:
    remedy = f"give {name}" if name else "correct the row"
    account = line.row.get("account")
    accounts = (account,) if isinstance(account, str) else ()
    return Failure(reason, table, line.place, name, "", message, remedy, accounts)


def _once(lines: Iterable[Line]) -> list[Line]:
    """What happens to a security once, though each account that holds it tells of it; cash for fractions gathered."""
    first: dict[Any, int] = {}
    kept: list[Line] = []
    for line in lines:
        if line.row.get("type") not in MARKET_WIDE:
            kept.append(line)
            continue
        facts = tuple(sorted((k, str(v)) for k, v in line.row.items() if k not in _OWN_FIELDS))
        cash = line.row.get("cash_in_lieu")
        if facts not in first:
            first[facts] = len(kept)
            kept.append(line)
        elif cash:
            told = kept[first[facts]]
            both = [*(told.row.get("cash_in_lieu") or ()), *cash]
            kept[first[facts]] = Line(told.place, {**told.row, "cash_in_lieu": both})
    return kept


def _with_ids(lines: Sequence[Line]) -> list[Line]:
    """Every line with an id of its own; ids that two accounts share are told apart, in the lots named too."""
    users: dict[str, set[object]] = defaultdict(set)
    for line in lines:
        if isinstance(line.row.get("id"), str):
            users[line.row["id"]].add(line.row.get("account"))
    shared = {name for name, accounts in users.items() if len(accounts) > 1}
    seen: Counter[str] = Counter()
    return [Line(line.place, _named(line.row, shared, seen)) for line in lines]


def _named(row: Mapping[str, Any], shared: set[str], seen: Counter[str]) -> Mapping[str, Any]:
    account = row.get("account") or ""
    if not row.get("id"):
        stem = "/".join(str(row.get(name) or "") for name in ("account", "date", "type", "symbol"))
        seen[stem] += 1
        return {**row, "id": f"{stem}/{seen[stem]}"}
    if not shared:
        return row
    named = dict(row)
    if row["id"] in shared:
        named["id"] = f"{account}/{row['id']}"
    relief = row.get("relief")
    if isinstance(relief, Mapping) and isinstance(relief.get("lots"), list):
        lots = [_pick(pick, shared, account) for pick in relief["lots"]]
        named["relief"] = {**relief, "lots": lots}
    return named


def _pick(pick: Any, shared: set[str], account: str) -> Any:
    if isinstance(pick, Mapping) and pick.get("lot") in shared:
        return {**pick, "lot": f"{account}/{pick['lot']}"}
    return pick
