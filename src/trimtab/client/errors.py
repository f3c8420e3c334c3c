"""What can go wrong in asking.

ClientError
├── UnreachableError        no answer came
└── ProblemError            the server refused, and said why (RFC 9457)
    ├── AbsentError         404: no such thing, or not yours to know of
    ├── ConflictError       409: another state than was seen; `title` says which
    ├── InvalidError        422: the request is not as described
    ├── TooManyError        429: ask again after `wait` seconds
    └── ServerError         5xx: a fault of the server's; `request_id` finds it in its log
"""

import httpx


class ClientError(Exception):
    """Anything that a call of the client raises."""


class UnreachableError(ClientError):
    """No answer came: of what was asked nothing is known."""


class ProblemError(ClientError):
    """A refusal: its status, the name of its kind, what was said of it, and the request's id in the server's log."""

    def __init__(
        self, status: int, title: str, detail: str, *, request_id: str = "", wait: float = 0.0
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status, self.title, self.detail = status, title, detail
        self.request_id, self.wait = request_id, wait


class AbsentError(ProblemError):
    """There is no such thing, or it is not yours to know of: the two look alike."""


class ConflictError(ProblemError):
    """Something else stands now than what was seen: read again, and decide again."""


class InvalidError(ProblemError):
    """The request is not as described."""


class TooManyError(ProblemError):
    """Too many requests: ask again after `wait` seconds."""


class ServerError(ProblemError):
    """A fault of the server's."""


_KINDS: dict[int, type[ProblemError]] = {
    404: AbsentError,
    409: ConflictError,
    422: InvalidError,
    429: TooManyError,
}


def problem_of(answer: httpx.Response) -> ProblemError:
    """The error that an answer is, whether or not it is told as a problem."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    told = said if isinstance(said, dict) else {}
    status = answer.status_code
    kind = _KINDS.get(status, ServerError if status >= 500 else ProblemError)
    wait = answer.headers.get("retry-after", "0")
    return kind(
        status,
        str(told.get("title", answer.reason_phrase)),
        str(told.get("detail", "")),
        request_id=answer.headers.get("x-request-id", ""),
        wait=float(wait) if wait.isdecimal() else 0.0,
    )
