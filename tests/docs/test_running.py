"""docs/operating/running.md: its commands run, and the figures it names are those there are."""

import re
import shlex
from pathlib import Path

import pytest
from tests.unit.watch.test_figures import STANDING

from trimtab.cli.main import run
from trimtab.store.server import Server
from trimtab.watch.figures import Figures

HERE = Path(__file__).resolve().parents[2] / "docs" / "operating"
TEXT = (HERE / "running.md").read_text(encoding="utf-8")


def test_the_commands_run(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster.data.exists()
    places = {"STORE": str(tmp_path / "store"), "FIRM": "F1"}
    held = Server(tmp_path / "store", durable=False)
    held.start()
    try:
        for line in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0].splitlines():
            words = [places.get(word, word) for word in shlex.split(line, comments=True)]
            assert run(words[1:]) == 0, (line, capsys.readouterr().err)
    finally:
        held.stop()


def test_every_figure_is_told_and_there() -> None:
    figures = Figures()
    figures.answered("GET", "/", 200, 0.1)
    figures.deliveries.labels("delivered").inc()
    there = set(re.findall(r"^# TYPE (trimtab_\w+) ", figures.page(STANDING).decode(), re.MULTILINE))
    there = {name for name in there if not name.endswith("_created")}
    assert set(re.findall(r"`(trimtab_[a-z_]+)[{`]", TEXT)) == there


def test_every_page_it_names_is_there() -> None:
    assert [name for name in re.findall(r"\]\(([\w.-]+)\)", TEXT) if not (HERE / name).is_file()] == []
