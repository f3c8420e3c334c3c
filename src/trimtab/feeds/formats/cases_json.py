"""A household in the form of a `lots` case: its input object, a whole case, or a file with a single such case."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import CellError, exact_text, number
from trimtab.feeds.statement import Draft, Line, NotAFeedError, Registration, Statement

SOURCE: Final = "a household in the form of a lots case (JSON)"
DEPTH_MAX: Final = 12
_NUMBERS: Final = frozenset(
    {
        *("qty", "amount", "new", "old", "child_basis_fraction", "fmv_parent", "fmv_child", "fmv_new", "fmv"),
        *("cash_per_share", "per_share", "donor_basis", "gift_tax_paid", "taxable_gift", "basis"),
        *("st_rate", "lt_rate"),
    }
)


def read(name: str, text: str) -> Statement:
    """The case's accounts, groups, default relief, policy and transactions; NotAFeedError where it is no case."""
    given, policy = _input(name, text)
    draft = Draft(name)
    accounts = _accounts(draft, given)
    transactions = given["transactions"]
    for count, row in enumerate(transactions, start=1):
        draft.rows += 1
        place = (
            str(row.get("id") or f"transaction {count}")
            if isinstance(row, Mapping)
            else f"transaction {count}"
        )
        try:
            draft.lines.append(Line(place, _exact(_object(row))))
        except CellError as error:
            draft.fail(
                place, str(error), "write it as the header of the case file states", reason=Reason.PARSING
            )
    return Statement(
        source=SOURCE,
        rows=draft.rows,
        lines=tuple(draft.lines),
        accounts=accounts,
        groups=_groups(draft, given.get("identical_groups")),
        relief=_relief(draft, given.get("default_relief")),
        policy=policy,
        complete=True,
        failures=tuple(draft.failures),
    )


def _input(name: str, text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=_whole, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise NotAFeedError(f"{name} is not JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("cases"), list):
        cases = [case for case in document["cases"] if isinstance(case, dict) and case.get("kind") == "lots"]
        if len(cases) != 1:
            raise NotAFeedError(
                f"{name} holds {len(cases)} lots cases: give one case, or use trimtab conformance for all"
            )
        document = cases[0]
    if not isinstance(document, dict):
        raise NotAFeedError(f"{name} holds no object in the form of a lots case")
    policy = document.get("policy") if isinstance(document.get("policy"), dict) else {}
    given = document.get("input") if isinstance(document.get("input"), dict) else document
    if not isinstance(given, dict) or not isinstance(given.get("transactions"), list):
        raise NotAFeedError(f"{name} has no list `transactions`: it is no lots case")
    assert isinstance(policy, dict)
    return given, policy


def _object(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise CellError("a transaction is an object with fields")
    return row


def _whole(text: str) -> Decimal:
    if len(text) > 40:
        raise ValueError("a number of more than 40 digits")
    return Decimal(text)


def _accounts(draft: Draft, given: Mapping[str, Any]) -> tuple[Registration, ...]:
    """The accounts listed; those only named by transactions are added later as taxable and one's own."""
    found: dict[str, Registration] = {}
    listed = given.get("accounts")
    for count, account in enumerate(listed if isinstance(listed, list) else (), start=1):
        if not isinstance(account, Mapping) or not isinstance(account.get("id"), str):
            draft.fail(f"account {count}", "an account without id", "give each account an id")
            continue
        words = {key: str(account[key]) for key in ("type", "owner") if account.get(key)}
        found[account["id"]] = Registration(account["id"], words.get("type", ""), words.get("owner", ""))
    return tuple(found.values())


def _groups(draft: Draft, groups: Any) -> tuple[tuple[str, ...], ...]:
    good = []
    for group in groups if isinstance(groups, list) else ():
        if isinstance(group, list) and group and all(isinstance(member, str) for member in group):
            good.append(tuple(group))
        else:
            draft.fail(
                "identical_groups", "a group that is no list of symbols", "list the symbols of each group"
            )
    return tuple(good)


def _relief(draft: Draft, relief: Any) -> Any:
    if relief is None or isinstance(relief, str):
        return relief
    try:
        return _exact(relief) if isinstance(relief, Mapping) else None
    except CellError as error:
        draft.fail("default_relief", str(error), "name a method such as FIFO")
        return None


def _exact(value: Any, key: str = "", depth: int = 0) -> Any:
    """A value with its numbers as bounded decimal text, whatever way they were written."""
    if depth > DEPTH_MAX:
        raise CellError("nested too deeply")
    if isinstance(value, Mapping):
        return {str(name): _exact(part, str(name), depth + 1) for name, part in value.items()}
    if isinstance(value, list):
        return [_exact(part, key, depth + 1) for part in value]
    if isinstance(value, Decimal) or (isinstance(value, str) and key in _NUMBERS and value.strip()):
        try:
            return exact_text(number(str(value)))
        except CellError as error:
            raise CellError(f"{key}: {error}") from None
    return value
