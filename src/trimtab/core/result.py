"""Faults of the data are values: what was wrong, where, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Reason(StrEnum):
    """Why a datum could not be used: ten kinds, so that a desk can count and route them."""

    INVALID = "invalid"
    PARSING = "parsing"
    MISSING = "missing"
    STALE = "stale"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    NOT_APPLICABLE = "not_applicable"
    LIMIT = "limit"
    INFEASIBLE = "infeasible"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Failure:
    """One bad or missing datum: its place (table or file, row, field, value), why, and the remedy.

    `row` is the key of the row or its line number as text, empty where the fault is the whole table's.
    `accounts` names the accounts that must not trade because of it; empty where none is touched.
    """

    reason: Reason
    table: str
    row: str
    field: str
    value: str
    message: str
    remedy: str
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ValueWithFailures(Generic[T]):
    """What could be made of the good part of the input, beside what was wrong with the rest."""

    value: T
    failures: tuple[Failure, ...] = field(default=())

    @staticmethod
    def of(value: T, failures: Iterable[Failure] = ()) -> "ValueWithFailures[T]":
        """Pair a value with any iterable of failures."""
        return ValueWithFailures(value, tuple(failures))
