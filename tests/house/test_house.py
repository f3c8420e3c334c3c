"""The house's own rules, read off the syntax tree: what review would say twice, this says for ever."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "trimtab"
PURE = ("core", "market", "ledger", "policy", "risk", "optimize", "trade", "report")
RECORDED = ("risk", "optimize")
SPARSE_ONLY = {"optimize/convex.py", "optimize/elastic.py"}
"""The fallback and the linear program build sparse rows with `@`: scipy's own loops, no BLAS."""
FILE_LINES = 400
FUNCTION_LINES = 50


def modules(*packages: str) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        for path in sorted((SOURCE / package).rglob("*.py")):
            yield str(path.relative_to(SOURCE)), ast.parse(path.read_text())


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_no_blas_where_a_result_is_recorded():
    banned = {"dot", "vdot", "inner", "matmul", "einsum", "tensordot", "linalg"}
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules(*RECORDED)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in banned and dotted(node).startswith("np."))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult) and name not in SPARSE_ONLY)
    ]
    assert not found, f"BLAS changes bits with the processor; write a loop in a kernel: {found}"


def test_no_fastmath_and_no_parallel_reduction():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules(*RECORDED)
        for node in ast.walk(tree)
        if (isinstance(node, ast.keyword) and node.arg in {"fastmath", "parallel"})
        or (isinstance(node, ast.Name) and node.id == "prange")
    ]
    assert not found, f"results must be the same bits on every machine: {found}"


def test_pure_floors_ask_for_nothing():
    banned = {"time", "os", "random", "socket", "logging", "secrets", "subprocess", "uuid", "tempfile"}
    found = []
    for name, tree in modules(*PURE):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [
                f"{name}: {one}" for one in names if one.split(".")[0] in banned and name != "core/clock.py"
            ]
            if isinstance(node, ast.Call) and dotted(node.func).endswith((".today", ".now", ".utcnow")):
                found.append(f"{name}:{node.lineno} asks the time")
            if (
                isinstance(node, ast.Call)
                and dotted(node.func).endswith("np.random.default_rng")
                and not node.args
            ):
                found.append(f"{name}:{node.lineno} has no seed")
    # `os.PathLike` is a type, and `Problem.save` writes where its caller says.
    assert [one for one in found if one != "optimize/problem.py: os"] == []


def test_no_floats_in_the_exact_floors():
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules("core", "ledger", "trade")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Call) and dotted(node.func) == "float")
    ]
    assert not found, f"shares and money are integers or decimals here: {found}"


def test_sql_stands_only_in_the_store():
    words = ("select ", "insert into ", "update ", "delete from ")
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in sorted(SOURCE.rglob("*.py"))
        if "store" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.lower().startswith(words)
        and " from " in node.value.lower() + " "
        and " where " in node.value.lower()
    ]
    assert not found


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_files_and_functions_keep_their_size(path: Path):
    text = path.read_text()
    assert text.count("\n") <= FILE_LINES, "which concept wants its own file?"
    if "kernels" in path.parts:
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "kernel" not in map(
            dotted, node.decorator_list
        ):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            size = (node.end_lineno or 0) - (body[0].lineno if body else node.lineno) + 1
            assert size <= FUNCTION_LINES, f"{node.name} has {size} lines"


def test_broad_excepts_stand_where_they_may():
    found = [
        f"{path.relative_to(SOURCE)}"
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"Exception", "BaseException"})
    ]
    assert found == ["api/observe.py", "cli/main.py"], "the request edge and the front door alone"
