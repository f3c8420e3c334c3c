"""Named random streams: one seed, any number of independent generators, none of which moves another."""

import hashlib

import numpy as np

from trimtab.core.digest import digest


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A generator that depends on (seed, names) alone: a new stream never changes what another draws."""
    key = hashlib.sha256(digest((seed, names)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(key, "big")))
