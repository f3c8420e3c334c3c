"""The kernels' cache notices a change in every file that a kernel calls into."""

import re
from pathlib import Path

from trimtab.optimize.kernels import compiled, dual, unit
from trimtab.optimize.kernels.compiled import sources, stamp

FOLDER = Path(compiled.__file__).parent


def test_the_driver_depends_on_every_kernel_it_reaches() -> None:
    reached = sources("unit", {})
    callees = "load tree decide newton qp dual lots linear primal refute tighten layout"
    for name in callees.split():
        assert name in reached, name


def test_no_import_of_a_kernel_is_overlooked() -> None:
    for path in FOLDER.glob("*.py"):
        text = path.read_text()
        wanted = set(re.findall(r"trimtab\.optimize\.kernels\.(\w+)", text))
        assert wanted <= set(sources(path.stem, {})), path.name


def test_the_cache_carries_the_stamp() -> None:
    assert unit.solve_units._cache._cache_file._source_stamp == stamp("unit")
    assert dual.evaluate._cache._cache_file._source_stamp == stamp("dual")


def test_a_change_in_a_callee_changes_the_stamp(monkeypatch) -> None:
    before = stamp("unit")
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda p: read(p) + (b"#" if p.stem == "linear" else b""))
    assert stamp("unit") != before
    assert stamp("lots") == (stamp("lots"))
