"""The one decorator of the kernels: strict floats, and a cache that notices a change in any kernel's file."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit


def _stamp() -> tuple[float, int]:
    """A stamp of all kernel sources in the form numba keeps (time of change, size): here a digest and a length."""
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    sha = hashlib.sha256(b"\0".join(sources)).digest()
    return float(int.from_bytes(sha[:6], "big")), sum(map(len, sources))


STAMP = _stamp()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile lazily, keep on disk, release the interpreter's lock.

    numba compares only the file of the function itself with its cache, so that a driver would go on running an
    old callee; every kernel therefore carries the digest of them all.
    """
    compiled = njit(cache=True, error_model="numpy", nogil=True)(function)
    if compiled is not function:  # numba may be switched off, to trace or to measure coverage
        compiled._cache._cache_file._source_stamp = STAMP  # numba offers no public way
    return compiled
