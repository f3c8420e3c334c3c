"""docs/operating/sign-in.md says what the code does: settings, hours, signatures, and its command runs."""

import re
import shlex
from pathlib import Path

import pytest

from trimtab.api.around import STRANGERS
from trimtab.cli.main import run
from trimtab.cli.settings import SETTINGS, read_settings
from trimtab.desk.identity import SESSION_HOURS
from trimtab.links.oidc import ALGORITHMS
from trimtab.store.server import Server

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "sign-in.md").read_text(encoding="utf-8")


def test_what_the_page_says_holds() -> None:
    said = dict(
        line.split("=", 1) for line in re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)[0].splitlines()
    )
    assert read_settings(said).wrong == ()
    assert set(said) == {one.name for one in SETTINGS if "OIDC" in one.name} | {"TRIMTAB_PUBLIC_URL"}
    assert f"after {SESSION_HOURS} hours" in TEXT
    assert "RS256, PS256, ES256 or EdDSA" in TEXT
    assert len(ALGORITHMS) == 4
    assert STRANGERS == 30
    for name in said:
        assert name not in {one.name for one in read_settings(said).wrong}
        missing = {
            one.name
            for one in read_settings({key: value for key, value in said.items() if key != name}).wrong
        }
        assert missing == {name}


def test_the_command_runs(cluster: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cluster.data.exists()
    held = Server(tmp_path / "store", durable=False)
    held.start()
    try:
        words = shlex.split(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[0])
        assert run([str(tmp_path / "store") if word == "STORE" else word for word in words[1:]]) == 0
    finally:
        held.stop()
    assert capsys.readouterr().out.startswith("ann is u")
