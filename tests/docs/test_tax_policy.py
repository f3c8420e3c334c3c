"""The book of docs/tax-policy.md gives the numbers that stand beside it."""

import csv
import re
import shlex
from decimal import Decimal
from pathlib import Path

import pytest

from trimtab.cli.main import run

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "tax-policy.md").read_text(encoding="utf-8")
FILES = re.findall(r"cat > (tax/\S+) <<'END'\n(.*?)END\n", TEXT, flags=re.DOTALL)
COMMANDS = re.findall(r"^trimtab (.*?)\s*(?:#.*)?$", TEXT, flags=re.MULTILINE)
FACTS = [
    line.split()
    for block in re.findall(r"```text\n(.*?)```", TEXT, flags=re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    home = tmp_path_factory.mktemp("docs")
    (home / "tax").mkdir()
    for name, text in FILES:
        (home / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(home)
        for command in COMMANDS:
            assert run(shlex.split(command)) == 0
        with (home / "night" / "evaluations.csv").open(newline="") as lines:
            return {row["account_id"]: row for row in csv.DictReader(lines)}


@pytest.mark.parametrize(("account", "column", "value"), FACTS)
def test_fact(night: dict[str, dict[str, str]], account: str, column: str, value: str) -> None:
    said = night[account][column]
    if column == "flags":
        assert value in said.split(";")
    elif column in ("decision", "why", "next_review"):
        assert said == value
    else:
        assert Decimal(said) == Decimal(value)


def test_each_capability_has_its_facts() -> None:
    assert {fact[0] for fact in FACTS} == {"SHARE-1", "SHARE-2", "ASK", "LOW", "DAN", "LEAST", "OLDEST"}
