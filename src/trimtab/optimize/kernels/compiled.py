"""The one decorator of the kernels: strict floats, and a cache that notices a change in any file it calls into."""

import hashlib
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.types import unliteral

from trimtab.optimize.kernels.linked import LinkedCompiler

_compile: Any = partial(njit, cache=True, error_model="numpy", nogil=True)
Compiled = TypeVar("Compiled", bound=Callable[..., Any])
_IMPORTED = re.compile(r"^from trimtab\.optimize\.kernels(?:\.(\w+) import| import (\w+))", re.MULTILINE)


def sources(module: str, seen: dict[str, bytes]) -> dict[str, bytes]:
    """A kernel module's source and those of every kernel module that it imports, however far."""
    if module not in seen:
        seen[module] = (Path(__file__).parent / f"{module}.py").read_bytes()
        for named, whole in _IMPORTED.findall(seen[module].decode()):
            sources(named or whole, seen)
    return seen


def stamp(module: str) -> tuple[float, int]:
    """What those sources are, in the form numba compares (time of change, size): a digest and a length."""
    read = sources(module, {})
    sha = hashlib.sha256(b"\0".join(read[name] for name in sorted(read))).digest()
    return float(int.from_bytes(sha[:6], "big")), sum(map(len, read.values()))


_stamp_once = cache(stamp)


def kernel(function: Compiled) -> Compiled:
    """Compile lazily, keep on disk, release the interpreter's lock."""
    return _stamped(function, _compile()(function))


def lean(function: Compiled) -> Compiled:
    """A kernel that allocates nothing, compiled without reference counts, for other kernels to call only.

    Counting references to array arguments, with atomic operations in every call, took most of the engine's time;
    doors to the interpreter that nobody uses, a good part of the compiler's.
    """
    return _linked(function, _nrt=False)


def inner(function: Compiled) -> Compiled:
    """A kernel that allocates, for other kernels to call only."""
    return _linked(function)


def door(function: Compiled) -> Compiled:
    """A lean kernel that the interpreter may call."""
    return _stamped(function, _compile(_nrt=False)(function))


def _linked(function: Compiled, **options: Any) -> Compiled:
    """Compile what only kernels call: without machine code of its own."""
    inner = _compile(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=LinkedCompiler, **options)
    return _stamped(function, for_all_constants(inner(function)))


def for_all_constants(compiled: Any) -> Any:
    """Let a kernel have one version for all constants that its callers say: to numba each is a type of its own."""
    if hasattr(compiled, "get_call_template"):
        template = compiled.get_call_template
        compiled.get_call_template = lambda args, named: template(tuple(map(unliteral, args)), named)
    return compiled


def _stamped(function: Compiled, compiled: Any) -> Compiled:
    """Let the cache entry carry the digest of every file that the kernel calls into.

    numba compares only the file of the function itself with its cache, so that a driver would go on running an
    old callee.
    """
    if compiled is not function:  # numba may be switched off, to trace or to measure coverage
        file = compiled._cache._cache_file  # numba offers no public way
        file._source_stamp = _stamp_once(function.__module__.rpartition(".")[2])
    return cast(Compiled, compiled)
