"""The one way inner loops are compiled here: plain loops, no fastmath, no threads, divisions as IEEE says."""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function of primitives and arrays; it calls only kernels of its own file, or the cache goes stale."""
    return cast(F, njit(cache=True, error_model="numpy")(function))
