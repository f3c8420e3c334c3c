"""The records of a CSV file before they are cells: counted, so that a short, long or cut row is never read as empty."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from trimtab.book.faults import ROW

QUOTED = re.compile(rb'"[^"]*"')
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Records:
    """Bytes of a CSV file with what a count of its separators says.

    `odd` holds the number of fields of every record that has another number than the header: columns `__row` (0 is
    the first record after the header) and `fields`. `cut` says that the file ends inside a record.
    """

    data: bytes
    header: tuple[str, ...]
    odd: pl.DataFrame
    cut: bool


def _none_odd() -> pl.DataFrame:
    return pl.DataFrame(schema={ROW: pl.UInt32, "fields": pl.UInt32})


def count_records(data: bytes, *, cut: bool = False, careful: bool = False) -> Records:
    """Count the fields of the records; UTF-8 or any encoding that keeps ASCII bytes is assumed.

    The separators of the whole file are counted at once; record by record only where they do not come out even, or
    with `careful` (a long and a short record can make up for one another). `cut` says
    that it is already known to be cut.
    """
    data = data.removeprefix(_BYTE_ORDER_MARK)
    bare = QUOTED.sub(b"", data) if b'"' in data else data
    if b'"' in bare:
        # A quote that never closes swallows the rest: keep the records that ended before it opened.
        cut = True
        data = data[: _start_of_open_record(data)]
        bare = QUOTED.sub(b"", data)
    header = _header(data)
    lines = bare.count(b"\n") + (0 if bare.endswith(b"\n") or not bare else 1)
    if not careful and bare.count(b",") == lines * (len(header) - 1):
        return Records(data, header, _none_odd(), cut)
    odd = _odd_records(bare, len(header))
    last = lines - 2
    if bare.endswith(b"\n") or odd.is_empty() or odd[ROW][-1] != last or odd["fields"][-1] > len(header):
        return Records(data, header, odd, cut)
    # A last record that is short and has no line end is where the file was cut; what it says is not to be believed.
    return Records(data[: data.rfind(b"\n") + 1], header, odd.head(-1), cut=True)


def _header(data: bytes) -> tuple[str, ...]:
    first = data.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", errors="replace")
    return tuple(cell.strip().strip('"') for cell in first.split(",")) if first else ()


def _start_of_open_record(data: bytes) -> int:
    position = 0
    for match in QUOTED.finditer(data):
        position = match.end()
    opened = data.index(b'"', position)
    return data.rfind(b"\n", 0, opened) + 1


def _odd_records(bare: bytes, columns: int) -> pl.DataFrame:
    """Records after the header that are not blank and have another number of fields than `columns`."""
    symbols = np.frombuffer(bare, dtype=np.uint8)
    ends = np.flatnonzero(symbols == ord("\n"))
    if not bare.endswith(b"\n"):
        ends = np.append(ends, len(bare))
    starts = np.concatenate(([0], ends[:-1] + 1))
    commas = np.searchsorted(np.flatnonzero(symbols == ord(",")), ends)
    fields = np.diff(commas, prepend=0) + 1
    first = symbols[np.minimum(starts, len(bare) - 1)]
    blank = (ends == starts) | ((ends - starts == 1) & (first == ord("\r")))
    odd = np.flatnonzero(~blank & (fields != columns))
    odd = odd[odd > 0]
    return pl.DataFrame(
        {ROW: odd - 1, "fields": fields[odd]}, schema_overrides={ROW: pl.UInt32, "fields": pl.UInt32}
    )
