"""Bytes to a statement: the kind of a file is read from its content, never from its name."""

from collections.abc import Callable

from trimtab.feeds.formats import book_csv, cases_json, fidelity, holdings_csv, ib_flex, ofx, schwab
from trimtab.feeds.sheet import Sheet, sheet_of, text_of
from trimtab.feeds.statement import NotAFeedError, Statement

BYTES_MAX = 256 * 1024 * 1024
KNOWN = (
    "a CSV of transactions in the columns of the book; a CSV of holdings, a row a lot; JSON in the form of a lots "
    "case; Schwab transactions, positions or lot details; Fidelity history, positions or closed lots; OFX or QFX; "
    "Interactive Brokers Flex XML"
)


def parse(name: str, data: bytes) -> Statement:
    """What a file says; NotAFeedError where it is of no known kind. What is wrong inside is in `failures`."""
    if len(data) > BYTES_MAX:
        raise NotAFeedError(
            f"{name} is larger than {BYTES_MAX >> 20} MiB: give one account or year at a time"
        )
    text = text_of(data)
    start = text.lstrip()[:4096]
    if not start:
        raise NotAFeedError(f"{name} is empty")
    if start[0] in "{[":
        return cases_json.read(name, text)
    if ofx.is_ofx(start):
        return ofx.read(name, data)
    if ib_flex.is_flex(start):
        return ib_flex.read(name, text)
    return _delimited(name, sheet_of(text))


Reader = Callable[[str, Sheet, int], Statement]


def _delimited(name: str, sheet: Sheet) -> Statement:
    """A delimited file by the first header that a format knows; brokers' own before the plain one."""
    for header_at, read in READERS:
        place = header_at(sheet)
        if place is not None:
            return read(name, sheet, place)
    raise NotAFeedError(f"{name} is no kind of file that is known; known are: {KNOWN}")


READERS: tuple[tuple[Callable[[Sheet], int | None], Reader], ...] = (
    (schwab.transactions_at, schwab.read_transactions),
    (schwab.positions_at, schwab.read_positions),
    (schwab.lots_at, schwab.read_lots),
    (schwab.checking_at, schwab.read_checking),
    (fidelity.history_at, fidelity.read_history),
    (fidelity.positions_at, fidelity.read_positions),
    (fidelity.closed_at, fidelity.read_closed),
    (book_csv.header_at, book_csv.read),
    (holdings_csv.header_at, holdings_csv.read),
)
"""Which header each delimited format has, and how it is read."""
