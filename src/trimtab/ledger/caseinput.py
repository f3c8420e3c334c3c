"""Reading the plain JSON values of a case: decimal strings as exact amounts, ISO text as dates."""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from trimtab.ledger.exact import ZERO, exact

Input = Mapping[str, Any]
Output = dict[str, object]
Runner = Callable[[Input, Input], Output]


def optional(given: Input, *names: str) -> Fraction | None:
    """The first of the names that is given, as an exact amount; None where none is."""
    for name in names:
        if given.get(name) is not None:
            return exact(str(given[name]))
    return None


def amount(given: Input, *names: str, default: Fraction = ZERO) -> Fraction:
    """The first of the names that is given, as an exact amount, else the default."""
    found = optional(given, *names)
    return default if found is None else found


def needed(given: Input, *names: str) -> Fraction:
    """An amount the rule cannot do without; KeyError names what is missing."""
    found = optional(given, *names)
    if found is None:
        raise KeyError(" or ".join(names))
    return found


def day(given: Input, name: str) -> date:
    """A date the rule cannot do without."""
    return date.fromisoformat(given[name])


def optional_day(given: Input, name: str) -> date | None:
    """A date that may be left out."""
    return None if given.get(name) is None else day(given, name)


def held_from(given: Input) -> date:
    """The date a term counts from: adjusted by a wash sale, the donor's for a gift at carryover basis, else its own."""
    if given.get("acquisition") == "gift_carryover":
        return day(given, "donor_acquired")
    return optional_day(given, "adjusted_acquired") or day(given, "acquired")


def short_names(given: Input) -> Input:
    """The same values with short- and long-term in their names written st and lt, as the vectors do."""
    spellings = (("short_term", "st"), ("long_term", "lt"), ("short", "st"), ("long", "lt"))
    named = {}
    for name, value in given.items():
        for word, letters in spellings:
            name = name.replace(word, letters)
        named[name] = value
    return named
