"""Settings: every wrong value is named with its remedy, and no secret is shown."""

import json
from pathlib import Path

import pytest

from trimtab.cli.main import run
from trimtab.cli.settings import SETTINGS, read_settings

WRONG = {
    "TRIMTAB_DATABASE_URL": ("mysql://a:b@h/d", "postgresql://h/d", "postgresql://a:b@h"),
    "TRIMTAB_PORT": ("0", "65536", "8080.5", "http"),
    "TRIMTAB_HOST": ("example.com", "1.2.3"),
    "TRIMTAB_RATE": ("0", "-1", "many", "1e3"),
    "TRIMTAB_BURST": ("0", "1.5"),
    "TRIMTAB_LOG": ("/nowhere/log",),
    "TRIMTAB_LOG_LEVEL": ("verbose", "INFO"),
    "PG_BIN": ("/nowhere",),
    "TRIMTAB_DATA": (__file__,),
}


@pytest.mark.parametrize(("name", "value"), [(name, one) for name, many in WRONG.items() for one in many])
def test_a_wrong_value_is_named_with_its_remedy(name: str, value: str) -> None:
    (wrong,) = read_settings({name: value}).wrong
    assert wrong.name == name
    assert wrong.remedy


def test_what_is_right_is_taken_and_an_empty_variable_is_none(tmp_path: Path) -> None:
    said = {"TRIMTAB_PORT": "9000", "TRIMTAB_HOST": "0.0.0.0", "TRIMTAB_RATE": "0.5", "TRIMTAB_LOG": "-"}
    found = read_settings(said | {"TRIMTAB_BURST": "", "TRIMTAB_DATA": str(tmp_path / "new"), "HOME": "/x"})
    assert found.wrong == ()
    assert found.values["TRIMTAB_PORT"] == "9000"
    assert found.values["TRIMTAB_BURST"] == "200"
    assert found.given == {*said, "TRIMTAB_DATA"}


def test_every_default_is_right() -> None:
    assert read_settings({one.name: one.default for one in SETTINGS if one.default}).wrong == ()


def test_the_command_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for one in SETTINGS:
        monkeypatch.delenv(one.name, raising=False)
    monkeypatch.setenv("TRIMTAB_DATABASE_URL", "postgresql://app:hush@db:5432/trimtab?sslmode=require")
    assert run(["admin", "config"]) == 0
    said = capsys.readouterr().out
    assert "postgresql://app:***@db:5432/trimtab?sslmode=require\tenvironment" in said
    assert "hush" not in said
    monkeypatch.setenv("TRIMTAB_PROT", "1")
    assert run(["admin", "config", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["wrong"] == [{"name": "TRIMTAB_PROT", "remedy": "no such setting; TRIMTAB_PORT?"}]
    assert "hush" not in json.dumps(told)
    assert run(["admin", "config"]) == 1
    assert "TRIMTAB_PROT: no such setting" in capsys.readouterr().err


def test_a_firm_s_pseudonym_is_the_store_s_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for home, firm in (("a", "F1"), ("a", "F1"), ("a", "F2"), ("b", "F1")):
        assert run(["admin", "pseudonym", firm, "--data", str(tmp_path / home)]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert len(set(told)) == 3
