"""Every route × role × firm, over the real application: permitted, or as if there were nothing."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI

from trimtab.api.app import make_app
from trimtab.desk.access import DESK_ROLES, PERMISSIONS, Principal, Role, Way
from trimtab.desk.browse import RESOURCES
from trimtab.desk.people import add_key, add_user, end_key, grant
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK

CONSOLE = Principal("root", "root", Way.CONSOLE)


class Client:
    """Requests to the application itself, one after the other."""

    def __init__(self, app: FastAPI) -> None:
        self.transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    def request(self, method: str, place: str, **said: object) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=self.transport, base_url="http://test") as client:
                return await client.request(method, place, **said)  # type: ignore[arg-type]

        return asyncio.run(ask())

    def get(self, place: str, **said: object) -> httpx.Response:
        return self.request("GET", place, **said)

    def post(self, place: str, **said: object) -> httpx.Response:
        return self.request("POST", place, **said)

    def delete(self, place: str, **said: object) -> httpx.Response:
        return self.request("DELETE", place, **said)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore(audit_key=b"k")
    with made.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            unit.insert("desk.tenants", {"firm_id": firm, "name": firm, "joined_at": unit.now})
    return made


def keyed(store: MemoryStore, role: Role) -> tuple[str, dict[str, str]]:
    desk = [role] if role in DESK_ROLES else []
    add_user(store, CONSOLE, name=role.value, external_id=role.value, desk_roles=desk)
    grant(store, CONSOLE, "F1", name=role.value, role=role)
    key_id, key = add_key(store, CONSOLE, role.value, label="test")
    return key_id, {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("role", list(Role))
def test_reads_are_answered_by_role_and_firm_and_else_alike(store: MemoryStore, role: Role) -> None:
    key_id, headers = keyed(store, role)
    client = Client(make_app(store))
    absent = client.get("/v1/firms/NONE/accounts", headers=headers)
    assert absent.status_code == 404
    assert absent.headers["content-type"] == "application/problem+json"
    for name, resource in RESOURCES.items():
        wanted = 200 if resource.permission in PERMISSIONS[role] else 404
        assert client.get(f"/v1/firms/F1/{name}", headers=headers).status_code == wanted, name
        for firm, said in (("F2", headers), ("F1", {})):
            refused = client.get(f"/v1/firms/{firm}/{name}", headers=said)
            assert (refused.status_code, refused.content) == (404, absent.content)
    end_key(store, CONSOLE, key_id)
    assert client.get("/v1/firms", headers=headers).status_code == 404


def test_pages_tags_filters_and_halts(store: MemoryStore) -> None:
    _, headers = keyed(store, Role.CIO)
    client = Client(make_app(store))
    ids = []
    for number in ("1", "2", "2"):
        said = {"level": "account", "subject": number, "why": "w"}
        made = client.post("/v1/firms/F1/halts", json=said, headers=headers | {"Idempotency-Key": number})
        assert made.status_code == 201
        ids.append(made.json()["halt_id"])
    assert ids[1] == ids[2]
    first = client.get("/v1/firms/F1/halts?limit=1", headers=headers)
    after = {"limit": 1, "cursor": first.json()["next"]}
    second = client.get("/v1/firms/F1/halts", params=after, headers=headers)
    assert {one.json()["rows"][0]["halt_id"] for one in (first, second)} == set(ids)
    tagged = headers | {"If-None-Match": first.headers["etag"]}
    assert client.get("/v1/firms/F1/halts?limit=1", headers=tagged).status_code == 304
    assert len(client.get("/v1/firms/F1/halts?subject=1", headers=headers).json()["rows"]) == 1
    for wrong in ("colour=1", "cursor=x", "cursor=bnVsbA==", "limit=0"):
        assert client.get(f"/v1/firms/F1/halts?{wrong}", headers=headers).status_code == 422
    assert client.delete(f"/v1/firms/F1/halts/{ids[0]}", headers=headers).status_code == 204
    assert client.delete(f"/v1/firms/F1/halts/{ids[0]}", headers=headers).status_code == 404


def test_the_description_and_health(store: MemoryStore) -> None:
    client = Client(make_app(store))
    assert client.get("/openapi.json").json()["openapi"].startswith("3.1")
    for place in ("healthz", "readyz"):
        assert client.get(f"/{place}").status_code == 200
