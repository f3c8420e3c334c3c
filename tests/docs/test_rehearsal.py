"""The page on rehearsals: its worked example runs and says those lines, and the files that it names are written."""

import re
from pathlib import Path

import pytest
from tests.e2e.test_rehearsals import HERE, lay

from trimtab.cli.main import run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rehearsal.md"


def test_the_example_runs_and_writes_what_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text()
    call, *lines = re.findall(r"```console\n\$ (.*?)```", text, re.DOTALL)[0].splitlines()
    assert call == "trimtab rehearse book --change change --out rehearsal"
    book, out = lay("model-change", tmp_path / "book"), tmp_path / "rehearsal"
    assert (
        run(["rehearse", str(book), "--change", str(HERE / "model-change" / "change"), "--out", str(out)])
        == 0
    )
    said = capsys.readouterr().out
    assert [line for line in lines if line not in said] == []
    named = set(re.findall(r"`(\w+\.(?:csv|json))`", text)) - {"list_proposals.csv"}
    assert named <= {file.name for file in out.iterdir()}
