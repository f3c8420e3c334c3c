"""The API at hand: requests to the application itself, and people who may ask."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI
from tests.small_book import write_small_book

from trimtab.api.app import make_app
from trimtab.book.read import read_book
from trimtab.desk.access import DESK_ROLES, Principal, Role, Way
from trimtab.desk.ingest import import_book
from trimtab.desk.people import add_key, add_user, grant
from trimtab.desk.ports import Store

CONSOLE = Principal("root", "root", Way.CONSOLE)
PASSWORD = "correct horse battery"


class Client:
    """Requests to the application itself, one after the other."""

    def __init__(self, app: FastAPI, headers: Mapping[str, str] | None = None) -> None:
        self.transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self.headers = dict(headers or {})

    def request(self, method: str, place: str, **said: object) -> httpx.Response:
        headers = self.headers | dict(said.pop("headers", {}))  # type: ignore[call-overload]

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.transport, base_url="http://test") as client:
                return await client.request(method, place, headers=headers, **said)  # type: ignore[arg-type]

        return asyncio.run(ask())

    def get(self, place: str, **said: object) -> httpx.Response:
        return self.request("GET", place, **said)

    def post(self, place: str, **said: object) -> httpx.Response:
        return self.request("POST", place, **said)

    def put(self, place: str, **said: object) -> httpx.Response:
        return self.request("PUT", place, **said)

    def delete(self, place: str, **said: object) -> httpx.Response:
        return self.request("DELETE", place, **said)


def keyed(store: Store, name: str, role: Role, *firms: str) -> dict[str, str]:
    """Headers of a user who holds a role at some firms (and at the desk, where it is the desk's)."""
    desk = [role] if role in DESK_ROLES else []
    add_user(store, CONSOLE, name=name, external_id=name, desk_roles=desk, password=PASSWORD)
    for firm in firms:
        grant(store, CONSOLE, firm, name=name, role=role)
    _, key = add_key(store, CONSOLE, name, label="test")
    return {"Authorization": f"Bearer {key}"}


@dataclass(frozen=True)
class Door:
    """An application over a store with a small book of two firms."""

    store: Store
    app: FastAPI

    def client(self, name: str, role: Role, *firms: str) -> Client:
        """Requests of a new user."""
        return Client(self.app, keyed(self.store, name, role, *firms))


def open_door(store: Store, folder: Path) -> Door:
    """Import the small book, and open the API."""
    import_book(store, CONSOLE, read_book(write_small_book(folder / "book")))
    return Door(store, make_app(store))
