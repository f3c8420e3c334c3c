"""Every verb begins with the permission and ends with an audit event, read off the syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

DESK = Path(__file__).resolve().parents[2] / "src" / "trimtab" / "desk"
DOORS = {"identity.py"}
"""Where nobody is signed in yet: these open units before there is a principal, and record nonetheless."""


GATES = {"may", "may_at"}
"""The gate for one firm, and that which tells at which firms."""

ONLY_READS = {"identity.py:identify", "figures.py:standing", "deliveries.py:waiting"}
"""Asked at every request before anything is done, or by instruments every few seconds: sums that are no client's."""


def functions(source: str) -> Iterator[ast.FunctionDef]:
    yield from (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))


def named(call: ast.AST) -> str:
    if isinstance(call, ast.Call):
        call = call.func
    return call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "")


def opens_units(function: ast.FunctionDef) -> list[ast.With]:
    """The `with store.unit(…)` statements of a function."""
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        and any(
            named(item.context_expr) == "unit" and isinstance(item.context_expr, ast.Call)
            for item in node.items
        )
    ]


def is_principal(argument: ast.arg) -> bool:
    return argument.annotation is not None and "Principal" in ast.unparse(argument.annotation)


def ends_recorded(body: list[ast.stmt]) -> bool:
    """Whether the last statement records, or is a loop or a narrower scope that does; a return may follow."""
    last = body[-2] if isinstance(body[-1], ast.Return) and len(body) > 1 else body[-1]
    if isinstance(last, ast.With | ast.For):
        return ends_recorded(last.body)
    return isinstance(last, ast.Expr) and named(last.value) == "record"


def faults(name: str, source: str) -> list[str]:
    """What is wrong with the verbs of one file."""
    found = []
    for function in functions(source):
        units = opens_units(function)
        if not units:
            continue
        place = f"{name}:{function.name}"
        arguments = [*function.args.args, *function.args.kwonlyargs]
        body = function.body[1:] if ast.get_docstring(function) else function.body
        first = body[0]
        if name not in DOORS:
            if not any(map(is_principal, arguments)):
                found.append(f"{place} opens a unit for nobody: take a Principal")
            if not (isinstance(first, ast.Expr | ast.Assign) and named(first.value) in GATES):
                found.append(f"{place} does not begin with may(…)")
        found += [
            f"{place} does not end with record(…)"
            for unit in units
            if place not in ONLY_READS and not ends_recorded(unit.body)
        ]
    return found


def test_every_verb_asks_first_and_records_last() -> None:
    found = [fault for path in sorted(DESK.glob("*.py")) for fault in faults(path.name, path.read_text())]
    assert not found, f"a verb begins with may(principal, …) and ends with unit.record(…): {found}"


GOOD = """
def approve(store: Store, principal: Principal, proposal: str) -> None:
    "Doc."
    may(principal, "trade:proposal:approve", firm)
    with store.unit(firm) as unit:
        unit.change("firm.proposals", {}, {})
        unit.record(principal.who, "approve", proposal)
"""


ASKS = '    may(principal, "trade:proposal:approve", firm)\n'
ACTS = '        unit.change("firm.proposals", {}, {})\n'
RECORDS = '        unit.record(principal.who, "approve", proposal)\n'


def test_a_verb_that_does_not_is_seen() -> None:
    assert faults("x.py", GOOD) == []
    spoiled = [
        GOOD.replace(ASKS, ""),
        GOOD.replace(RECORDS, ""),
        GOOD.replace("principal: Principal, ", ""),
        GOOD.replace(ASKS, "").replace(ACTS, "    " + ASKS + ACTS),
        GOOD.replace(ACTS + RECORDS, RECORDS + ACTS),
    ]
    assert [text for text in spoiled if text == GOOD or faults("x.py", text) == []] == []
