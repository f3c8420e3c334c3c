"""The one way inner loops are compiled here: plain loops, no fastmath, no threads, divisions as IEEE says."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

F = TypeVar("F", bound=Callable[..., Any])


def _without_blas() -> None:
    """Let numba describe arrays without looking for the BLAS of scipy, which no kernel may call.

    The search imports all of scipy's linear algebra, a tenth of a second in every start.
    """
    scipys = "scipy.linalg"
    if scipys in sys.modules:
        return
    sys.modules[scipys] = None  # type: ignore[assignment] # to Python: a module that cannot be imported
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[scipys]


_without_blas()


def _stamp() -> tuple[int, int]:
    stats = [path.stat() for path in Path(__file__).parent.glob("*.py")]
    return max(s.st_mtime_ns for s in stats), sum(s.st_size for s in stats)


STAMP = _stamp()


def kernel(function: F) -> F:
    """Compile a function of primitives and arrays; its cache goes stale with any file of this package.

    The compiler looks only at the function's own file, so a caller would keep an old callee of another file.
    """
    compiled: Any = njit(cache=True, error_model="numpy")(function)
    compiled._cache._cache_file._source_stamp = STAMP
    return cast(F, compiled)


def owned(values: Ints) -> Ints:
    """Integers as kernels are compiled for: contiguous and writable, copied where a frame lent them."""
    return np.require(values, dtype=np.int64, requirements=["C", "W"])
