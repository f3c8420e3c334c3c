"""The book of docs/transition.md is a sound book, its commands run, and it says what they do."""

import csv
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

from trimtab.cli.main import run

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "transition.md").read_text(encoding="utf-8")
STEPS = re.findall(
    r"^cat > (\S+) <<'END'\n((?:.*\n)*?)END\n|^trimtab ([^#\n]*?)\s*(?:#.*)?$", TEXT, flags=re.MULTILINE
)


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_from_a_statement_to_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "meeting").mkdir()
    for name, text, command in STEPS:
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        else:
            assert run(shlex.split(command)) == 0, command
    called = [command.split()[0] for _, _, command in STEPS if command]
    assert called == ["frontier", "frontier", "rebalance", "rebalance", "explain"]
    capsys.readouterr()
    points = rows(tmp_path / "points.csv")
    for name in re.findall(r"^\| `(\w+)`", TEXT, flags=re.MULTILINE):
        assert name in points[0], name
    assert all(float(a["tax"]) <= float(b["tax"]) for a, b in pairwise(points))
    assert all(float(a["tracking_error"]) >= float(b["tracking_error"]) for a, b in pairwise(points))
    assert "<svg" in (tmp_path / "proposal.html").read_text()
    (before,), (after,) = (rows(tmp_path / name / "evaluations.csv") for name in ("before", "after"))
    assert (before["decision"], before["why"]) == ("hold", "arriving")
    assert after["decision"] == "propose"
    assert 3000 < float(after["budget_used"]) <= 4000
    assert after["plan_finish"]
    assert "plan_budget" in {row["code"] for row in rows(tmp_path / "after" / "reasons.csv")}
