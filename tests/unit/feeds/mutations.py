"""Ways in which files arrive broken; each takes the bytes, another file's bytes and a random source."""

import random
import re

NUMBER = re.compile(rb"\d+\.?\d*")
DAY = re.compile(rb"\d\d/\d\d/\d{4}|\d{4}-\d\d-\d\d|20\d{6}")
WORD = re.compile(rb"[A-Za-z_]+")


def _put(data: bytes, pattern: re.Pattern[bytes], chance: random.Random, new: bytes) -> bytes:
    found = list(pattern.finditer(data))
    if not found:
        return data
    place = chance.choice(found)
    return data[: place.start()] + new.replace(b"&", place.group()) + data[place.end() :]


def _at(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def cut(data, other, chance):
    return data[: _at(data, chance)]


def hole(data, other, chance):
    start = _at(data, chance)
    return data[:start] + data[start + chance.randrange(1, 200) :]


def splice(data, other, chance):
    return data[: _at(data, chance)] + other[_at(other, chance) :]


def quote(data, other, chance):
    place = _at(data, chance)
    return data[:place] + b'"' + data[place:]


def delimiter(data, other, chance):
    return data.replace(b",", chance.choice([b";", b"\t", b"|", b",,"]))


def column(data, other, chance):
    gone = chance.randrange(8)
    rows = [line.split(b",") for line in data.split(b"\n")]
    return b"\n".join(b",".join(row[:gone] + row[gone + 1 :]) for row in rows)


def sign(data, other, chance):
    return _put(data, NUMBER, chance, b"-&")


def scale(data, other, chance):
    return _put(data, NUMBER, chance, b"&000000")


def huge(data, other, chance):
    new = chance.choice(
        [b"9" * 400, b"1e999999999", b"-1e-999999999", b"NaN", b"Infinity", b"0", b"0." + b"0" * 30 + b"1"]
    )
    return _put(data, NUMBER, chance, new)


def date(data, other, chance):
    return _put(
        data,
        DAY,
        chance,
        chance.choice([b"0001-01-01", b"9999-12-31", b"13/45/2024", b"2024-02-30", b"01/01/1900"]),
    )


def word(data, other, chance):
    return _put(
        data, WORD, chance, chance.choice([b"", b"null", b"sell", b"split", b"<X>", b"{", b"[", b"&&"])
    )


def encoding(data, other, chance):
    text = data.decode("utf-8", "replace")
    return chance.choice(
        [text.encode("utf-16"), text.encode("utf-16-le"), data + b"\xff\xfe\x80", data.replace(b"A", b"\xe9")]
    )


def nul(data, other, chance):
    place = _at(data, chance)
    return data[:place] + b"\0" * chance.randrange(1, 9) + data[place:]


def swap(data, other, chance):
    lines = data.split(b"\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def again(data, other, chance):
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    return b"\n".join(lines[:place] + [lines[place]] * chance.randrange(2, 40) + lines[place:])


def bits(data, other, chance):
    broken = bytearray(data)
    for _ in range(chance.randrange(1, 20) if broken else 0):
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
    return bytes(broken)


OPERATORS = (
    *(
        cut,
        hole,
        splice,
        quote,
        delimiter,
        column,
        sign,
        scale,
        huge,
        date,
        word,
        encoding,
        nul,
        swap,
        again,
        bits,
    ),
)
