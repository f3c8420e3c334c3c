"""The way to a server: one connection, bearer token, retries of what is safe to repeat, problems as exceptions."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from trimtab.client.errors import ProblemError, UnreachableError, problem_of

_AGAIN = frozenset((429, 502, 503, 504))
_PAUSES = (0.2, 1.0, 3.0)
_LONGEST = 30.0


class Door:
    """Asks one server. What is safe to repeat is: reads, and acts that carry an idempotency key."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._sleep = sleep

    def ask(
        self,
        method: str,
        place: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        key: str = "",
    ) -> Any:
        """The JSON of an answer, None where it has no body; else a ProblemError or an UnreachableError."""
        safe = method in ("GET", "DELETE") or bool(key)
        headers = {"Idempotency-Key": key} if key else {}
        for pause in (*_PAUSES, None):
            try:
                answer = self._client.request(method, place, params=params, json=body, headers=headers)
            except httpx.TransportError as error:
                if pause is None or not safe:
                    raise UnreachableError(f"no answer from the server: {type(error).__name__}") from None
                self._sleep(pause)
                continue
            if answer.is_success:
                return answer.json() if answer.content else None
            problem = problem_of(answer)
            if pause is None or not safe or not _may_pass(problem):
                raise problem
            self._sleep(max(pause, problem.wait))
        raise AssertionError

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()


def _may_pass(problem: ProblemError) -> bool:
    return problem.status in _AGAIN and problem.wait <= _LONGEST
