"""Structured logs: one JSON object a line, of named fields alone, so that no client's data can come into them.

A firm stands in them under a pseudonym that only the store's own key can make.
"""

import hmac
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import structlog

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
FIELDS = frozenset(
    ("request", "method", "route", "status", "ms", "firm", "user", "fault", "place", "library", "said", "run",
     "point", "effect", "attempt", "setting", "value", "count")
)  # fmt: skip
"""Every field a line may have; none of them can hold a name, a value or an id of a client's."""
PSEUDONYMS = "pseudonyms"
"""What the key of firms' pseudonyms is asked for by."""
_WORD = re.compile(r"[^\x00-\x1f]{0,200}")
Said = str | int | float | None


class Log:
    """Where lines go: `say` writes one at its level, with the moment, and with firms by pseudonym."""

    def __init__(self, stream: TextIO | None, key: bytes = b"", *, level: str = "info") -> None:
        self._key = key
        self._least = LEVELS[level]
        stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")
        steps: list[Callable[..., Any]] = [stamp, _only_words, structlog.processors.JSONRenderer()]
        target = None if stream is None else structlog.WriteLogger(stream)
        self._logger = None if target is None else structlog.wrap_logger(target, processors=steps)

    def say(self, event: str, *, level: str = "info", firm: str | None = None, **facts: Said) -> None:
        """Write one line of an event; a field that is not in `FIELDS` is a fault of ours."""
        assert set(facts) <= FIELDS, f"no such field of a log: {sorted(set(facts) - FIELDS)}"
        if self._logger is None or LEVELS[level] < self._least:
            return
        known = facts if firm is None else facts | {"firm": self.pseudonym(firm)}
        self._logger.msg(
            event, level=level, **{name: fact for name, fact in known.items() if fact is not None}
        )

    def fault(self, event: str, error: BaseException, **facts: Said) -> None:
        """Write that something raised: its type and place, never its words, which may hold data."""
        self.say(event, level="error", firm=None, fault=type(error).__name__, place=place_of(error), **facts)

    def pseudonym(self, firm: str) -> str:
        """How a firm stands in the logs: always the same, and nothing without the key."""
        return f"f{hmac.digest(self._key, firm.encode(), 'sha256').hex()[:12]}"


def _only_words(_logger: object, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, fact in line.items():
        if isinstance(fact, str) and not _WORD.fullmatch(fact):
            line[name] = "?"
    return line


def place_of(error: BaseException) -> str:
    """File and line where an exception was raised."""
    found = traceback.extract_tb(error.__traceback__)
    return f"{found[-1].filename.rsplit('/', 1)[-1]}:{found[-1].lineno}" if found else "?"


@contextmanager
def open_log(where: str | None, key: bytes, *, level: str = "info") -> Iterator[Log]:
    """A log to a file (lines are appended), to the error stream (`-`), or to nowhere."""
    if where in (None, "-"):
        yield Log(None if where is None else sys.stderr, key, level=level)
        return
    with Path(str(where)).open("a", encoding="utf-8", buffering=1) as stream:
        yield Log(stream, key, level=level)


class Libraries(logging.Handler):
    """What libraries log, in our lines: who and where; of the server's own fixed sentences the words as well."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write a library's record without its arguments."""
        ours = record.name.startswith("uvicorn") and isinstance(record.msg, str)
        raised = record.exc_info[1] if record.exc_info else None
        level = record.levelname.lower()
        self._log.say(
            "library",
            level=level if level in LEVELS else "error",
            library=record.name,
            place=f"{record.filename}:{record.lineno}",
            said=record.msg.strip()[:200] if ours else None,
            fault=None if raised is None else type(raised).__name__,
        )


def take_over(log: Log) -> None:
    """Let everything that libraries log go through ours."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        with suppress(ValueError):
            root.removeHandler(handler)
    root.addHandler(Libraries(log))
    root.setLevel(logging.WARNING)
    logging.getLogger("uvicorn").setLevel(logging.INFO)
