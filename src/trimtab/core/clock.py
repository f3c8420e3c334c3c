"""The only file that may ask the time. A business date is never read from a clock: it is an argument."""

import time
from datetime import UTC, datetime


def seconds() -> float:
    """Seconds from an arbitrary start, never running backwards: for measuring how long something took."""
    return time.perf_counter()


def moment() -> datetime:
    """Now, in UTC: when something became known. Never what day it is about."""
    return datetime.fromtimestamp(time.time(), UTC)
