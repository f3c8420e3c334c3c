"""A typed client of Trimtab's API: `Trimtab(url, key)`, then `.at(firm)` to read and to act there."""

from trimtab.client.client import Firm, Trimtab
from trimtab.client.errors import (
    AbsentError,
    ClientError,
    ConflictError,
    InvalidError,
    ProblemError,
    ServerError,
    TooManyError,
    UnreachableError,
)

__all__ = [
    "AbsentError",
    "ClientError",
    "ConflictError",
    "Firm",
    "InvalidError",
    "ProblemError",
    "ServerError",
    "TooManyError",
    "Trimtab",
    "UnreachableError",
]
