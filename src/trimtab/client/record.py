"""What every record has: the resource it is a row of, and how a row of JSON becomes one."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Self, get_args, get_type_hints

_READ: dict[type, Any] = {
    Decimal: lambda said: Decimal(str(said)),
    date: lambda said: date.fromisoformat(str(said)),
    datetime: lambda said: datetime.fromisoformat(str(said)),
    float: float,
    int: int,
    bool: bool,
    str: str,
}


class Record:
    """A row of a resource; a cell that is not known is None, and columns that this client does not know are left."""

    resource: ClassVar[str]
    __slots__ = ()

    @classmethod
    def of(cls, row: Mapping[str, object]) -> Self:
        """The record of a row of JSON; amounts exact."""
        cells = {}
        for name, kind in _kinds(cls):  # type: ignore[arg-type]
            said = row.get(name.removesuffix("_"))  # `from` is a word of Python's
            cells[name] = None if said is None else _READ[kind](said)
        return cls(**cells)


@cache
def _kinds(cls: type[Record]) -> tuple[tuple[str, type], ...]:
    hints = get_type_hints(cls)
    return tuple((one.name, _plain(hints[one.name])) for one in fields(cls))  # type: ignore[arg-type]


def _plain(hint: Any) -> type:
    """A type without its None."""
    if isinstance(hint, UnionType):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    assert isinstance(hint, type)
    return hint
