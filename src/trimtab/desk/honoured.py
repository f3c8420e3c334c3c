"""What the day acts on. Whatever a book validly says beyond this sends its account to a person, by name."""

from typing import Final

from trimtab.policy.rules import RULES
from trimtab.policy.settings import KEYS

_NOT_YET: Final = frozenset({"location"})
HONOURED: Final = (frozenset(KEYS) | frozenset(RULES)) - _NOT_YET
"""Policy keys and restriction rules that the night acts on; `tests/unit/desk` holds the list to the code."""
ASKED: Final[frozenset[str]] = frozenset()
"""Tables whose rows an account relies on and that are not acted on yet."""
