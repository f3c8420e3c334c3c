"""The client: a server, and a firm at it, with a method for each thing that may be read or done."""

import secrets
from collections.abc import Collection, Iterator
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from trimtab.client.door import Door
from trimtab.client.record import Record

R = TypeVar("R", bound=Record)
_PAGE, _SECONDS = 1000, 30.0


class Trimtab:
    """A server, asked with an API key or a session's token. Use it in a `with` block, or close it."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = _SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._door = Door(url, token, timeout=timeout, transport=transport)

    @classmethod
    def sign_in(
        cls,
        url: str,
        name: str,
        password: str,
        *,
        timeout: float = _SECONDS,
        transport: httpx.BaseTransport | None = None,
    ) -> "Trimtab":
        """A client with a session of its own, opened by a name and its password."""
        door = Door(url, "", timeout=timeout, transport=transport)
        try:
            opened = door.ask("POST", "/v1/session", body={"name": name, "password": password})
        finally:
            if transport is None:
                door.close()
        return cls(url, opened["token"], timeout=timeout, transport=transport)

    def sign_out(self) -> None:
        """End the session of this client's token at once."""
        self._door.ask("DELETE", "/v1/session")

    def firms(self) -> tuple[str, ...]:
        """The firms at which one holds a role."""
        return tuple(self._door.ask("GET", "/v1/firms")["firms"])

    def at(self, firm: str) -> "Firm":
        """A firm; `*` is the desk."""
        return Firm(self._door, firm)

    def close(self) -> None:
        """Give the connection back."""
        self._door.close()

    def __enter__(self) -> "Trimtab":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Firm:
    """A firm at a server. Acts that take a `key` are done once for each key; without one each call is its own."""

    def __init__(self, door: Door, firm: str) -> None:
        self._door = door
        self.firm = firm

    def read(self, kind: type[R], *, page: int = _PAGE, **where: str) -> Iterator[R]:
        """Every record of a kind, in the order of its key, where columns read as asked; page after page, as needed."""
        cursor: str | None = ""
        while cursor is not None:
            params = where | {"limit": str(page)} | ({"cursor": cursor} if cursor else {})
            said = self._ask("GET", kind.resource, params=params)
            for row in said["rows"]:
                yield kind.of(row)
            cursor = said["next"]

    def propose(self, run_id: str, account_id: str) -> str:
        """Put an account's trades of a finished run up for approval; the proposal's id, the same if it was before."""
        said = self._ask("POST", "proposals", body={"run_id": run_id, "account_id": account_id})
        return str(said["proposal_id"])

    def approve(self, kind: str, proposal_id: str, content_digest: str) -> None:
        """Approve exactly what was seen; ConflictError `approval-stale` where something else stands now."""
        self._decide("approve", kind, proposal_id, content_digest)

    def release(self, kind: str, proposal_id: str, content_digest: str) -> None:
        """Release (or publish) what stands approved; ConflictError `halted` where a halt stands over it."""
        self._decide("release", kind, proposal_id, content_digest)

    def halt(self, level: str, subject: str, why: str, *, key: str = "") -> str:
        """Halt the firm, an account or a security of it, at once; the halt's id."""
        said = self._once("halts", {"level": level, "subject": subject, "why": why}, key)
        return str(said["halt_id"])

    def lift(self, halt_id: str) -> None:
        """Lift a halt."""
        self._ask("DELETE", "halts", halt_id)

    def add_hook(self, url: str, kinds: Collection[str], *, key: str = "") -> tuple[str, str]:
        """Be told at an address of some kinds of what happens; the hook's id, and its secret, told once."""
        said = self._once("hooks", {"url": url, "kinds": sorted(kinds)}, key)
        return str(said["hook_id"]), str(said["secret"])

    def rotate_hook(self, hook_id: str, *, key: str = "") -> str:
        """A new secret of a hook; those before it sign beside it for a day."""
        return str(self._once(f"hooks/{quote(hook_id, safe='')}/rotate", None, key)["secret"])

    def end_hook(self, hook_id: str) -> None:
        """Be told no more."""
        self._ask("DELETE", "hooks", hook_id)

    def retry_delivery(self, delivery_id: str) -> None:
        """Have a delivery that was given up tried again."""
        self._ask("POST", "deliveries", delivery_id, "retry")

    def _decide(self, act: str, kind: str, proposal_id: str, content_digest: str) -> None:
        body = {"content_digest": content_digest}
        self._ask("POST", "proposals", kind, proposal_id, act, body=body)

    def _once(self, place: str, body: object, key: str) -> Any:
        whole = f"/v1/firms/{quote(self.firm, safe='')}/{place}"
        return self._door.ask("POST", whole, body=body, key=key or secrets.token_hex(16))

    def _ask(
        self, method: str, *place: str, params: dict[str, str] | None = None, body: object = None
    ) -> Any:
        whole = "/".join(quote(one, safe="") for one in (self.firm, *place))
        return self._door.ask(method, f"/v1/firms/{whole}", params=params, body=body)
