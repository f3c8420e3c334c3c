"""No float in core, ledger and trade: money and shares are whole numbers, rates are fractions."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "src" / "trimtab"
FILES = [path for room in ("core", "ledger", "trade") for path in sorted((SOURCE / room).glob("**/*.py"))]


def floats(tree: ast.AST) -> list[int]:
    """Lines that write a float or make one; naming the type to refuse it is allowed."""
    lines = []
    for node in ast.walk(tree):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        made = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
        column = isinstance(node, ast.Attribute) and node.attr in ("Float64", "Float32", "float64", "float32")
        if literal or made or column:
            lines.append(node.lineno)  # type: ignore[attr-defined]
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_float(path: Path) -> None:
    assert floats(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    "text", ["x = 0.5", "y = float(z)", "pl.col('a').cast(pl.Float64)", "np.float32(1)", "1e3"]
)
def test_a_float_is_seen(text: str) -> None:
    assert floats(ast.parse(text)) == [1]


def test_both_rooms_are_looked_at() -> None:
    assert {path.parent.name for path in FILES} >= {"core", "ledger"}
