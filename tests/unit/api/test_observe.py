"""The request edge: ids, lines, figures, limits; and what raises is a 500 that tells nothing."""

import io
import json

import pytest
from fastapi import FastAPI
from tests.unit.api.test_app import CONSOLE, Client, keyed, store
from tests.unit.watch.test_figures import values

from trimtab.api.app import make_app
from trimtab.api.around import Around
from trimtab.api.limits import Buckets
from trimtab.desk.access import Role
from trimtab.desk.people import add_user
from trimtab.store.memory import MemoryStore
from trimtab.watch.logs import Log

__all__ = ["store"]
NAME = "Anna Weber 4711"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def app(store: MemoryStore, stream: io.StringIO) -> FastAPI:
    made = make_app(store, Around(Log(stream, b"key")))

    @made.get("/v1/firms/{firm}/raises")
    def raises() -> None:
        raise ValueError(NAME)

    return made


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_request_has_an_id_and_one_line(app: FastAPI, stream: io.StringIO, store: MemoryStore) -> None:
    _, headers = keyed(store, Role.CIO)
    given = "0123456789abcdef0123"
    client = Client(app)
    answered = client.get("/v1/firms/F1/accounts?account_id=A77", headers=headers | {"X-Request-Id": given})
    own = client.get("/v1/firms/F1/accounts", headers={"X-Request-Id": NAME})
    assert answered.headers["x-request-id"] == given
    assert len(own.headers["x-request-id"]) == 32
    client.get("/nowhere/A77")
    first, second, third = lines(stream)
    assert (first["request"], first["route"], first["status"]) == (given, "/v1/firms/{firm}/accounts", 200)
    assert str(first["user"]).startswith("u")
    assert (second["status"], third["route"]) == (404, "none")
    said = stream.getvalue()
    assert not [word for word in ("A77", "F1", NAME, "cio") if word in said]


def test_what_raises_is_a_500_that_tells_nothing(app: FastAPI, stream: io.StringIO) -> None:
    answered = Client(app).get("/v1/firms/F1/raises")
    assert answered.status_code == 500
    assert answered.headers["content-type"] == "application/problem+json"
    assert answered.headers["x-request-id"] in answered.json()["detail"]
    fault, request = lines(stream)
    assert (fault["fault"], request["status"], request["level"]) == ("ValueError", 500, "error")
    assert NAME not in answered.text + stream.getvalue()


def test_figures_are_the_desk_s(app: FastAPI, store: MemoryStore) -> None:
    client = Client(app)
    _, headers = keyed(store, Role.OPERATOR)
    _, firm = keyed(store, Role.CIO)
    client.get("/v1/firms/F1/accounts", headers=firm)
    assert client.get("/metrics").status_code == client.get("/metrics", headers=firm).status_code == 404
    page = client.get("/metrics", headers=headers)
    assert page.headers["content-type"].startswith("text/plain")
    found = values(page.content)
    assert found["trimtab_requests_total", "GET", "/v1/firms/{firm}/accounts", "200"] == 1
    assert found["trimtab_requests_total", "GET", "/metrics", "404"] == 2
    assert found["trimtab_queue", "effects"] == 0
    assert "F1" not in page.text


def test_a_firm_is_limited_and_no_other(store: MemoryStore) -> None:
    _, cio = keyed(store, Role.CIO)
    _, viewer = keyed(store, Role.VIEWER)
    client = Client(make_app(store, Around(limits=Buckets(0.5, 3, clock=lambda: 0.0))))
    place = "/v1/firms/F1/accounts"
    first = client.get(place, headers=cio)
    assert (first.headers["ratelimit-limit"], first.headers["ratelimit-remaining"]) == ("3", "2")
    for _ in range(5):
        assert client.get("/v1/firms/F2/accounts", headers=viewer).status_code in (404, 429)
    assert [client.get(place, headers=viewer).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(place, headers=cio)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["type"] == "urn:trimtab:too-many"
    assert refused.headers["content-type"] == "application/problem+json"


def test_guessing_is_slowed_and_those_who_know_are_not(store: MemoryStore) -> None:
    _, cio = keyed(store, Role.CIO)
    add_user(store, CONSOLE, name="ann", password="correct horse battery")
    client = Client(make_app(store, Around(strangers=Buckets(0.5, 3, clock=lambda: 0.0))))
    wrong = {"name": "ann", "password": "wrong"}
    assert [client.post("/v1/session", json=wrong).status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    assert client.get("/v1/firms", headers={"Authorization": "Bearer guess"}).status_code == 429
    assert client.get("/v1/firms", headers=cio).status_code == 200
