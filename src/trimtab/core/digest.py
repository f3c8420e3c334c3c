"""Fingerprints of frozen facts: SHA-256 over bytes of our own making, never over a library's formatting."""

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum


def digest(fact: object) -> str:
    """SHA-256 (hex) of the canonical bytes of a fact.

    A fact is built of None, bool, int, str, bytes, Decimal, date, enums, sequences, sets, mappings and frozen
    dataclasses. Floats are refused: their text is not a canonical form.
    """
    sha = hashlib.sha256()
    for chunk in _chunks(fact):
        sha.update(chunk)
    return sha.hexdigest()


def _chunks(fact: object) -> Iterator[bytes]:
    if fact is None:
        yield b"n;"
    elif isinstance(fact, bool):
        yield b"t;" if fact else b"f;"
    elif isinstance(fact, Enum):
        yield from _chunks(fact.value)
    elif isinstance(fact, int):
        yield b"i%d;" % fact
    elif isinstance(fact, str | bytes):
        raw = fact.encode() if isinstance(fact, str) else fact
        yield b"%s%d:" % (b"s" if isinstance(fact, str) else b"b", len(raw))
        yield raw
    elif isinstance(fact, Decimal):
        yield b"d" + format(fact.normalize(), "f").encode() + b";"
    elif isinstance(fact, datetime):
        yield b"z" + fact.isoformat().encode() + b";"
    elif isinstance(fact, date):
        yield b"y" + fact.isoformat().encode() + b";"
    else:
        yield from _composite(fact)


def _composite(fact: object) -> Iterator[bytes]:
    if dataclasses.is_dataclass(fact) and not isinstance(fact, type):
        fields = {f.name: getattr(fact, f.name) for f in dataclasses.fields(fact)}
        yield b"o"
        yield from _chunks(fields)
    elif isinstance(fact, Mapping):
        yield b"m%d{" % len(fact)
        for key in sorted(fact, key=str):
            yield from _chunks(key)
            yield from _chunks(fact[key])
        yield b"}"
    elif isinstance(fact, list | tuple):
        yield b"l%d[" % len(fact)
        for item in fact:
            yield from _chunks(item)
        yield b"]"
    elif isinstance(fact, set | frozenset):
        yield b"u%d[" % len(fact)
        yield from sorted(digest(item).encode() for item in fact)
        yield b"]"
    else:
        raise TypeError(f"{type(fact).__name__} has no canonical bytes; give an integer, Decimal or text")
