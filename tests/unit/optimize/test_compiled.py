"""The kernels' cache notices a change in every file that a kernel calls into."""

import re
from pathlib import Path

import numpy as np
from numba import njit

from trimtab.optimize.kernels import compiled, dual, unit
from trimtab.optimize.kernels.compiled import for_all_constants, sources, stamp
from trimtab.optimize.kernels.linked import LinkedCompiler, LinkedLibrary

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


def test_inner_kernels_get_machine_code_only_in_their_door() -> None:
    @for_all_constants
    @njit(pipeline_class=LinkedCompiler, no_cpython_wrapper=True, no_cfunc_wrapper=True)
    def inner(values, by):
        total = 0.0
        for value in values:
            total += by * value
        return total

    @njit
    def door(values, by):
        return inner(values, by) + inner(values, 2)

    assert door(np.ones(3), 1) == 9.0
    (version,) = inner.overloads.values()
    assert isinstance(version.library, LinkedLibrary)
    name = version.fndesc.llvm_func_name
    assert version.library.get_pointer_to_function(name) == 0
    assert name in str(version.library.serialize_using_object_code()[2])
    assert next(iter(door.overloads.values())).library.get_pointer_to_function(name) == 0


def test_a_call_with_a_constant_makes_no_version_of_its_own() -> None:
    @for_all_constants
    @njit
    def inner(value, by):
        return value * by

    @njit
    def door(value, by):
        return inner(value, by) + inner(value, 2) + inner(value, 3)

    assert door(2.0, 1) == 12.0
    assert len(inner.signatures) == 1
