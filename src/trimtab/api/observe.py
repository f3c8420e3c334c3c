"""The request edge: every request gets an id, a line in the log and a place in the figures; what raises is a 500."""

import json
import re
import secrets
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trimtab.core.clock import seconds
from trimtab.watch.figures import Figures
from trimtab.watch.logs import Log

_GIVEN = re.compile(r"[0-9a-f-]{16,36}")
_UNKNOWN = "none"


class Observed:
    """The application with its edge around it."""

    def __init__(self, app: ASGIApp, *, log: Log, figures: Figures) -> None:
        self._app, self._log, self._figures = app, log, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, told = seconds(), _Told(scope, send)
        try:
            await self._app(scope, receive, told)
        except Exception as error:  # the request edge: whatever it was, it is told by type and place alone
            self._log.fault("fault", error, request=told.request)
            if told.status is None:
                await told.refuse()
        self._record(scope, told, seconds() - began)

    def _record(self, scope: Scope, told: "_Told", spent: float) -> None:
        route = getattr(scope.get("route"), "path", _UNKNOWN)
        status = told.status or 500
        self._figures.answered(str(scope["method"]), route, status, spent)
        if status == 429:
            self._figures.limited.inc()
        said = scope.get("path_params", {})
        self._log.say(
            "request",
            level="error" if status >= 500 else "info",
            firm=str(said["firm"]) if "firm" in said else None,
            request=told.request,
            method=str(scope["method"]),
            route=route,
            status=status,
            ms=round(spent * 1e3, 1),
            user=scope.get("state", {}).get("user"),
        )


class _Told:
    """The way out of one request: adds its id and the limits to the answer, and remembers the status."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self.status: int | None = None
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        self.request = given if _GIVEN.fullmatch(given) else secrets.token_hex(16)

    async def __call__(self, message: Message) -> None:
        """Send one part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            state: dict[str, Any] = self._scope.get("state", {})
            more = {"X-Request-Id": self.request} | state.get("limits", {})
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in more.items()),
            ]
        await self._send(message)

    async def refuse(self) -> None:
        """Say that something of ours failed, and under which id it is told in the log."""
        detail = f"a fault of ours; it is in the log under {self.request}"
        said = {"type": "urn:trimtab:fault", "title": "fault", "status": 500, "detail": detail}
        body = json.dumps(said).encode()
        headers = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await self({"type": "http.response.start", "status": 500, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
