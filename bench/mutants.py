"""What a mutant is: one small change to the syntax tree of one module, each a mistake somebody could make.

Not mutated: docstrings, annotations, decorators, assertions (they guard against us and hold nothing up), f-strings, and
strings with a space in them (sentences for people, which the tests of the doors read).
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

COMPARE: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}
ELSEWHERE = ("annotation", "returns", "decorator_list", "body", "orelse", "finalbody", "cases", "handlers")
UNTOUCHED = (ast.Assert, ast.JoinedStr)


@dataclass(slots=True)
class Mutant:
    """One change: the operator, the lines whose tests may notice it, its text before and after, how to make it."""

    number: int
    operator: str
    first: int
    last: int
    before: str
    after: str
    apply: Callable[[], None]


def mutants(tree: ast.Module) -> list[Mutant]:
    """Every mutant of a module, in the order of its source."""
    found = _Finder()
    found.statements(tree.body)
    return found.found


class _Finder:
    def __init__(self) -> None:
        self.found: list[Mutant] = []
        self.lines = (1, 1)

    def statements(self, body: list[ast.stmt]) -> None:
        for place, statement in enumerate(body):
            if isinstance(statement, ast.Import | ast.ImportFrom | ast.Assert) or _is_text(statement):
                continue
            inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
            header = next((block[0].lineno - 1 for block in inner if block), statement.end_lineno)
            self.lines = (
                statement.lineno,
                max(statement.lineno, header or statement.lineno),
            )
            self.removal(body, place)
            self.node(statement)
            for block in inner:
                self.statements(block)
            for case in [*getattr(statement, "cases", []), *getattr(statement, "handlers", [])]:
                self.lines = (getattr(case, "lineno", case.body[0].lineno), case.body[0].lineno)
                for part in (getattr(case, "pattern", None), getattr(case, "guard", None)):
                    if part is not None:
                        self.node(part)
                self.statements(case.body)

    def removal(self, body: list[ast.stmt], place: int) -> None:
        statement = body[place]
        new: ast.stmt | None = None
        match statement:
            case ast.Expr() | ast.AugAssign() | ast.Raise():
                new = ast.Pass()
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                new = ast.Pass()
            case ast.Continue():
                new = ast.Break()
            case ast.Break():
                new = ast.Continue()
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                new = ast.Return(ast.Constant(None))
        if new is not None:
            self.add("statement", body, place, new)

    def node(self, node: ast.AST) -> None:
        """Mutants of the expressions of a node; statements below it come by themselves."""
        self.here(node)
        for name, value in ast.iter_fields(node):
            if name in ELSEWHERE and not isinstance(node, ast.IfExp | ast.Lambda):
                continue
            if isinstance(value, ast.expr):
                self.swap(node, name, value)
            elif isinstance(value, list):
                for place, item in enumerate(value):
                    if isinstance(item, ast.expr):
                        self.swap(value, place, item)
                    elif isinstance(item, ast.AST) and not isinstance(item, ast.stmt):
                        self.node(item)
            elif isinstance(value, ast.AST) and not isinstance(value, UNTOUCHED):
                self.node(value)

    def swap(self, holder: Any, place: Any, node: ast.expr) -> None:
        """Mutants that put another expression in the place of this one, and those within it."""
        if isinstance(node, UNTOUCHED):
            return
        match node:
            case ast.Constant(value=value):
                new = _other(value)
                if new is not None:
                    self.add("constant", holder, place, ast.Constant(new))
            case ast.UnaryOp(operand=operand):
                self.add("unary", holder, place, operand)
            case ast.Name(id=name) if name in TWINS:
                self.add("twin", holder, place, ast.Name(TWINS[name], ast.Load()))
        self.node(node)

    def here(self, node: ast.AST) -> None:
        """Mutants that change an operator, a condition or a keyword of the node itself."""
        match node:
            case ast.Compare(ops=ops):
                for place, op in enumerate(ops):
                    self.add("comparison", ops, place, COMPARE[type(op)](), shown=node)
            case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in ARITHMETIC:
                self.add("arithmetic", node, "op", ARITHMETIC[type(op)](), shown=node)
            case ast.BoolOp(op=op):
                self.add(
                    "boolean", node, "op", ast.Or() if isinstance(op, ast.And) else ast.And(), shown=node
                )
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if not _turns(test):
                self.add("condition", node, "test", ast.UnaryOp(ast.Not(), test))
            case ast.comprehension(ifs=tests):
                for place, test in enumerate(tests):
                    if not _turns(test):
                        self.add("condition", tests, place, ast.UnaryOp(ast.Not(), test))
            case ast.Call(func=ast.Name(id="replace"), keywords=keywords):
                for place in range(len(keywords)):
                    self.add(
                        "keyword", node, "keywords", keywords[:place] + keywords[place + 1 :], shown=node
                    )

    def add(self, operator: str, holder: Any, place: Any, new: Any, *, shown: ast.AST | None = None) -> None:
        """Remember a change of `holder[place]` (a list) or `holder.place` (a node)."""
        old = holder[place] if isinstance(holder, list) else getattr(holder, place)

        def put(value: Any) -> None:
            if isinstance(holder, list):
                holder[place] = value
            else:
                setattr(holder, place, value)

        before = ast.unparse(shown or old)
        put(new)
        after = ast.unparse(shown or new)
        put(old)
        self.found.append(Mutant(len(self.found), operator, *self.lines, before, after, lambda: put(new)))


def _other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if not isinstance(value, str) or " " in value:
        return None
    try:
        return str(Decimal(value) + 1)
    except InvalidOperation:
        return f"{value}XX"


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _turns(test: ast.expr) -> bool:
    """Whether another operator already turns the condition round."""
    single = isinstance(test, ast.Compare) and isinstance(
        test.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In
    )
    return single or (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not))
