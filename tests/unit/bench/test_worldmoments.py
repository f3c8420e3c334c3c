import json
import subprocess
import sys
from importlib.resources import files

from .conftest import BENCH


def test_the_shipped_moments_are_what_the_script_estimates(shared, tmp_path):
    out = tmp_path / "moments.json"
    script = [
        sys.executable,
        str(BENCH / "worldmoments.py"),
        "--data",
        str(shared / "data"),
        "--out",
        str(out),
    ]
    subprocess.run(script, check=True, capture_output=True)
    shipped = files("trimtab.world").joinpath("moments.json").read_text("utf-8")
    assert json.loads(out.read_text()) == json.loads(shipped)
