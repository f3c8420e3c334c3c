"""The front door: help with an example everywhere, three exit codes, never a stack trace."""

import subprocess
import sys

import click
import pytest

from trimtab.cli import main as door
from trimtab.cli.later import Shelf
from trimtab.cli.main import main, run, trimtab

HEAVY = {
    "fastapi", "highspy", "jinja2", "numba", "numpy", "ofxtools", "piqp", "polars", "pyarrow", "rich", "scipy.linalg",
    "scipy.sparse", "sqlalchemy", "uvicorn",
}  # fmt: skip


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The path of every command under a group."""
    found: list[tuple[str, ...]] = []
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        inner = isinstance(command, click.Group)
        found += commands(command, (*path, name)) if inner else [(*path, name)]
    return found


@pytest.mark.parametrize("path", commands(trimtab), ids=" ".join)
def test_every_command_helps_with_an_example(
    path: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*path, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Example" in said
    assert f"trimtab {' '.join(path)}" in said.split("Example", 1)[1]


def test_the_list_of_commands_names_each_whole(capsys: pytest.CaptureFixture[str]) -> None:
    for shelf in (
        trimtab,
        *(trimtab.get_command(click.Context(trimtab), name) for name in ("book", "admin")),
    ):
        assert isinstance(shelf, Shelf)
        assert run([*([] if shelf is trimtab else [str(shelf.name)]), "--help"]) == 0
        said = capsys.readouterr().out
        for name in shelf.list_commands(click.Context(shelf)):
            assert f"\n  {name} " in said
        assert all(f"{one.short}\n" in said for one in shelf.later.values()), "a line is cut or folded"


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        ("['--help']", set()),
        ("['--version']", set()),
        ("['book', '--help']", {"polars", "numpy", "rich"}),
        ("['book', 'schema']", {"polars", "numpy", "rich"}),
        ("['rebalance', '--help']", {"polars", "numpy", "rich", "numba", "jinja2"}),
    ],
)
def test_a_command_loads_no_more_than_it_needs(call: str, allowed: set[str]) -> None:
    """Later starts within a second: what takes a tenth of one to import is imported where it is used."""
    code = (
        "import contextlib, io, sys; from trimtab.wire import main\n"
        f"with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main({call})\n"
        f"print(*sorted({HEAVY!r} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(found.stdout.split()) <= allowed


@pytest.mark.parametrize(
    "call", [["nonsense"], ["book", "check"], ["book", "check", "/nowhere"], ["book", "schema", "--x"]]
)
def test_a_bad_call_is_two(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(call) == 2
    assert "Error" in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert "trimtab" in capsys.readouterr().out


def test_the_exit_code_is_the_process_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["nonsense"])
    assert left.value.code == 2


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch):
    """Let the front door's command raise what is asked."""

    def break_with(error: BaseException) -> None:
        @click.command()
        def raises() -> None:
            raise error

        monkeypatch.setitem(door.trimtab.commands, "raises", raises)

    return break_with


def test_a_fault_of_ours_is_one_line(broken, capsys: pytest.CaptureFixture[str]) -> None:
    broken(ValueError("lost"))
    assert run(["raises"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("trimtab: a fault of ours, not of your data: ValueError: lost (test_main.py:")
    assert said.count("\n") == 1


def test_an_interruption_is_said(broken, capsys: pytest.CaptureFixture[str]) -> None:
    broken(KeyboardInterrupt())
    assert run(["raises"]) == 1
    assert capsys.readouterr().err.strip() == "stopped"


def test_a_run_from_files_loads_nothing_of_the_record() -> None:
    """Decision 0008: rebalance starts without database, web or client libraries."""
    code = (
        "import sys, trimtab.desk.rebalance, trimtab.cli.commands.rebalance;"
        "print([m for m in ('sqlalchemy', 'psycopg', 'fastapi', 'httpx', 'alembic') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
