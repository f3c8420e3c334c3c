"""Hooks through the API: a cio's for the firm, an operator's for the desk; nobody else's."""

import pytest
from tests.unit.api.test_app import Client, keyed, store

from trimtab.api.app import make_app
from trimtab.desk.access import Role
from trimtab.store.memory import MemoryStore

__all__ = ["store"]
HOOK = {"url": "https://hooks.example/in", "kinds": ["night.red"]}


def test_a_hook_is_added_rotated_read_and_ended(store: MemoryStore) -> None:
    _, cio = keyed(store, Role.CIO)
    client, place = Client(make_app(store)), "/v1/firms/F1/hooks"
    made = client.post(place, json=HOOK, headers=cio | {"Idempotency-Key": "a"})
    again = client.post(place, json=HOOK, headers=cio | {"Idempotency-Key": "a"})
    assert (made.status_code, made.json()) == (201, again.json())
    own = f"{place}/{made.json()['hook_id']}"
    rotated = client.post(f"{own}/rotate", headers=cio | {"Idempotency-Key": "b"})
    assert rotated.json()["secret"] != made.json()["secret"]
    read = client.get(place, headers=cio)
    assert [row["url"] for row in read.json()["rows"]] == [HOOK["url"]]
    assert made.json()["secret"] not in read.text
    assert client.get("/v1/firms/F1/deliveries", headers=cio).json()["rows"] == []
    assert client.post("/v1/firms/F1/deliveries/d1/retry", headers=cio).status_code == 404
    assert [client.delete(own, headers=cio).status_code for _ in range(2)] == [204, 404]
    for wrong, kind in (({"url": "http://x.example/"}, "bad-url"), ({"kinds": ["x"]}, "unknown-kind")):
        refused = client.post(place, json=HOOK | wrong, headers=cio | {"Idempotency-Key": "c"})
        assert (refused.status_code, refused.json()["title"]) == (422, kind)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.CIO])
def test_no_other_role_adds_one(store: MemoryStore, role: Role) -> None:
    _, headers = keyed(store, role)
    said = headers | {"Idempotency-Key": "a"}
    client = Client(make_app(store))
    assert client.post("/v1/firms/F1/hooks", json=HOOK, headers=said).status_code == 404
    desk = client.post("/v1/firms/*/hooks", json=HOOK, headers=said).status_code
    assert desk == (201 if role is Role.OPERATOR else 404)
