"""Running a file of cases and saying which agree: how an accountant or an outside party checks any rule.

The comparison is the case file's own: 0.01 a line unless the case says otherwise, rows of lots summed by what makes
them equal, `compare: totals` for a case whose rows brokers print differently, and every alternative reading run under
the settings it states.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.ledger import cases, taxcases
from trimtab.ledger.caseinput import Runner

TOLERANCE: Final = Decimal("0.01")
_CLOSED_KEY: Final = ("sell", "lot", "account", "symbol", "acquired", "adjusted_acquired", "disposed", "term")
_OPEN_KEY: Final = ("lot", "account", "symbol", "acquired", "adjusted_acquired")
RUNNERS: Final[Mapping[str, Runner]] = {**cases.RUNNERS, **taxcases.RUNNERS}
"""The runner of every kind of case."""
UNREADABLE: Final = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError)
"""What a runner raises on an input of another form, or one that breaks a law of the ledger: the other cases go on."""
_TOTALS: Final = ("short", "long", "permanently_disallowed", "open_basis")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case: whether every reading of it agrees, what differs (place, expected, found), and what we answered."""

    case_id: str
    kind: str
    agrees: bool
    differences: tuple[str, ...]
    output: object


def run_cases(
    document: Mapping[str, Any], runners: Mapping[str, Runner] = RUNNERS
) -> ValueWithFailures[tuple[CaseRow, ...]]:
    """Run every case of a document; a case that cannot be read is a failure and a row that does not agree."""
    rows: list[CaseRow] = []
    failures: list[Failure] = []
    listed = document.get("cases")
    if not isinstance(listed, list):
        return ValueWithFailures(
            (), (_failure("", field="cases", value="", message="the file has no list `cases`"),)
        )
    for number, case in enumerate(listed, start=1):
        if not isinstance(case, Mapping):
            failures.append(
                _failure(str(number), field="cases", value=str(case), message="a case is an object")
            )
            continue
        missing = [name for name in ("id", "kind", "input", "expected") if name not in case]
        place = str(case.get("id", number))
        if missing:
            failures.append(
                _failure(place, field=missing[0], value="", message=f"the case has no {', '.join(missing)}")
            )
            continue
        row = _run(case, runners)
        rows.append(row)
        if row.output is None:
            failures.append(
                _failure(place, field="kind", value=str(case["kind"]), message=row.differences[0])
            )
    return ValueWithFailures(tuple(rows), tuple(failures))


def _failure(row: str, *, field: str, value: str, message: str) -> Failure:
    remedy = "write the case in the form the header of the case file states"
    return Failure(Reason.INVALID, "cases", row, field, value, message, remedy)


def _run(case: Mapping[str, Any], runners: Mapping[str, Runner]) -> CaseRow:
    policy = case.get("policy") or {}
    output, differences = _reading(case, runners, policy=policy, expected=case["expected"])
    for other in case.get("alternatives") or ():
        _, more = _reading(
            case, runners, policy={**policy, **(other.get("policy") or {})}, expected=other["expected"]
        )
        differences += [f"[{other['reading']}] {difference}" for difference in more]
    return CaseRow(str(case["id"]), str(case["kind"]), not differences, tuple(differences), output)


def _reading(
    case: Mapping[str, Any],
    runners: Mapping[str, Runner],
    *,
    policy: Mapping[str, Any],
    expected: Mapping[str, Any],
) -> tuple[object, list[str]]:
    runner = runners.get(case["kind"])
    if runner is None:
        return None, [f"kind {case['kind']!r} is not one of {', '.join(sorted(runners))}"]
    try:
        output = runner(case["input"], policy)
    except UNREADABLE as error:
        return None, [f"the input cannot be read: {type(error).__name__} {error}"]
    return output, compare(case, expected, output)


def compare(case: Mapping[str, Any], expected: Mapping[str, Any], output: Mapping[str, Any]) -> list[str]:
    """What differs between expected and found, each as `place: expected …, found …`; empty where they agree."""
    tolerance = Decimal(str(case.get("tolerance", TOLERANCE)))
    if case["kind"] == "lots":
        expected, output = _lots(expected), _lots(output)
        if case.get("compare") == "totals":
            expected = {"totals": {name: v for name, v in expected["totals"].items() if name in _TOTALS}}
    return list(_differences(expected, output, tolerance, place=""))


def _lots(outcome: Mapping[str, Any]) -> dict[str, Any]:
    keys = {"closed": _CLOSED_KEY, "open": _OPEN_KEY}
    return {name: _summed(part, keys[name]) if name in keys else part for name, part in outcome.items()}


def _summed(rows: Iterable[Mapping[str, Any]], key: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Rows by key, numbers added; of words (codes) the longest stays, since a split row may leave it out."""
    summed: dict[str, dict[str, Any]] = {}
    for row in rows:
        place = " ".join(str(row.get(name)) for name in key)
        into = summed.setdefault(place, {})
        for name, value in row.items():
            if name in key:
                continue
            number, before = _number(value), _number(into.get(name, 0))
            if number is not None and before is not None:
                into[name] = str(number + before)
            else:
                into[name] = max(str(into.get(name) or ""), str(value or ""), key=len)
    return summed


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _differences(expected: object, found: object, tolerance: Decimal, *, place: str) -> Iterable[str]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for name in expected:
            yield from _differences(
                expected[name], found.get(name), tolerance, place=f"{place}.{name}".lstrip(".")
            )
        if place in ("closed", "open"):
            yield from (f"{place}.{name}: not expected" for name in found if name not in expected)
        return
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (one, other) in enumerate(zip(expected, found, strict=True), start=1):
            yield from _differences(one, other, tolerance, place=f"{place}[{number}]")
        return
    if not _agree(expected, found, tolerance):
        yield f"{place}: expected {_shown(expected)}, found {_shown(found)}"


def _agree(expected: object, found: object, tolerance: Decimal) -> bool:
    first, second = _number(expected), _number(found)
    if first is not None and second is not None:
        return abs(first - second) <= tolerance
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    return (expected or None) == (found or None)


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)
