"""How often a firm may ask: a bucket of requests per firm that fills again as time passes, held by this process."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from trimtab.core.clock import seconds

_KEPT = 10_000


class TooManyError(Exception):
    """The bucket is empty: ask again after `wait` seconds."""

    def __init__(self, state: "State") -> None:
        super().__init__(f"too many requests: at most {state.limit} at once; wait {state.wait} s")
        self.state = state


@dataclass(frozen=True, slots=True)
class State:
    """A bucket after a request: its size, what is left, and whole seconds until the next one may be asked."""

    limit: int
    left: int
    wait: int

    def headers(self) -> dict[str, str]:
        """As the answer says it."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.wait),
        }


class Buckets:
    """Token buckets by key: `rate` a second flow in, up to `burst`; without a rate nothing is limited."""

    def __init__(self, rate: float | None, burst: int, *, clock: Callable[[], float] = seconds) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}
        self._turn = threading.Lock()

    def take(self, kind: str, name: str) -> State | None:
        """Take one request out of a bucket; TooManyError where it is empty, None where nothing is limited."""
        return self._asked(kind, name, 1.0)

    def look(self, kind: str, name: str) -> State | None:
        """What `take` would say, without taking."""
        return self._asked(kind, name, 0.0)

    def _asked(self, kind: str, name: str, cost: float) -> State | None:
        if self._rate is None:
            return None
        with self._turn:
            now = self._clock()
            level = self._level((kind, name), now)
            enough = level >= 1.0
            level -= cost if enough else 0.0
            self._levels[kind, name] = (level, now)
            wait = 0 if level >= 1.0 else max(1, math.ceil((1.0 - level) / self._rate))
            state = State(self._burst, math.floor(level), wait)
            if not enough:
                raise TooManyError(state)
            return state

    def _level(self, key: tuple[str, str], now: float) -> float:
        assert self._rate is not None
        if len(self._levels) > _KEPT:
            full = [one for one, (level, then) in self._levels.items()
                    if level + (now - then) * self._rate >= self._burst]  # fmt: skip
            for one in full:
                del self._levels[one]
        level, then = self._levels.get(key, (float(self._burst), now))
        return min(float(self._burst), level + (now - then) * self._rate)
