"""Sign-in through a real provider: who is vouched for gets a session, and nothing else opens one."""

import time
from collections.abc import Iterator

import httpx
import pytest
from tests.provider import CLIENT, SECRET, Running, providing
from tests.unit.api.test_app import CONSOLE, Client, store

from trimtab.api.app import make_app
from trimtab.api.around import Around
from trimtab.api.routes.sign_in import FLOW_COOKIE
from trimtab.desk.access import Role
from trimtab.desk.people import add_user, end_user, grant
from trimtab.links.oidc import NotVouchedError, Provider, ProviderAwayError, begun, opened
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK

__all__ = ["store"]
BACK = "http://test/v1/session/oidc/callback"
START = "/v1/session/oidc"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with providing(BACK) as made:
        yield made


@pytest.fixture
def client(running: Running, store: MemoryStore) -> Client:
    running.spoil()
    add_user(store, CONSOLE, name="ann", external_id="subject-ann")
    grant(store, CONSOLE, "F1", name="ann", role=Role.VIEWER)
    return Client(make_app(store, around(running)))


def around(running: Running, secret: str = SECRET) -> Around:
    return Around(provider=Provider(running.issuer, CLIENT, secret, BACK), sign_in_key=b"key")


def at_the_provider(client: Client, user: str = "subject-ann") -> tuple[httpx.URL, str]:
    """Start, be signed in there at once; where the browser is sent back, and the cookie it keeps."""
    begins = client.get(START)
    assert begins.status_code == 302
    cookie = begins.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", f"Path={START}"} <= set(cookie.split("; "))
    there = httpx.get(begins.headers["location"] + f"&user={user}")
    assert there.status_code == 302, there.text
    return httpx.URL(there.headers["location"]), cookie.split(";")[0]


def back(client: Client, place: httpx.URL, cookie: str) -> httpx.Response:
    return client.get(place.raw_path.decode(), headers={"Cookie": cookie})


def test_who_is_vouched_for_is_signed_in_once(client: Client, store: MemoryStore) -> None:
    place, cookie = at_the_provider(client)
    done = back(client, place, cookie)
    assert done.status_code == 200
    assert done.headers["cache-control"] == "no-store"
    bearer = {"Authorization": f"Bearer {done.json()['token']}"}
    assert client.get("/v1/firms", headers=bearer).json() == {"firms": ["F1"]}
    assert back(client, place, cookie).status_code == 404, "a code is taken once"
    end_user(store, CONSOLE, "ann")
    assert client.get("/v1/firms", headers=bearer).status_code == 404
    place, cookie = at_the_provider(client)
    assert back(client, place, cookie).status_code == 404, "who left is not signed in by anybody"
    with store.unit(DESK) as unit:
        verbs = [str(row["verb"]) for row in unit.rows("firm.audit_events") if "session" in str(row["verb"])]
    assert verbs == ["session:open", "session:refuse"]


def test_who_is_vouched_for_and_nobody_here_is_not(client: Client) -> None:
    assert back(client, *at_the_provider(client, "stranger")).status_code == 404


SPOILED: dict[str, dict[str, object]] = {
    "another issuer": {"iss": "https://other.example"},
    "another audience": {"aud": ["other"]},
    "two audiences and no party": {"aud": [CLIENT, "other"]},
    "another party": {"azp": "other"},
    "expired": {"exp": int(time.time()) - 3600},
    "of another sign-in": {"nonce": "other"},
    "not before tomorrow": {"nbf": int(time.time()) + 86400},
    "signed by another key": {"key": "other"},
    "not signed": {"alg": "none"},
}


@pytest.mark.parametrize("how", SPOILED)
def test_an_id_token_that_is_not_for_us_now_opens_nothing(client: Client, running: Running, how: str) -> None:
    running.spoil(**SPOILED[how])
    assert back(client, *at_the_provider(client)).status_code == 404


def test_a_browser_that_did_not_start_comes_back_to_nothing(
    client: Client, running: Running, store: MemoryStore
) -> None:
    place, cookie = at_the_provider(client)
    other, theirs = at_the_provider(client)
    swapped = place.copy_set_param("state", other.params["state"])
    for where, kept in (
        (place, theirs),
        (swapped, theirs),
        (place, ""),
        (place, f"{FLOW_COOKIE}=x.y"),
        (place, cookie[:-1] + ("0" if cookie[-1] != "0" else "1")),
        (place.copy_set_param("state", "x"), cookie),
        (place.copy_set_param("code", "x"), cookie),
        (httpx.URL(BACK), cookie),
    ):
        assert back(client, where, kept).status_code == 404
    unknown = Client(make_app(store, around(running, "not the secret")))
    assert back(unknown, *at_the_provider(unknown)).status_code == 404
    assert back(client, other, theirs).status_code == 200


def test_a_sign_in_takes_ten_minutes_at_most() -> None:
    flow = begun(1000)
    assert opened(flow.sealed(b"k"), b"k", now=1600) == flow
    for key, now in ((b"k", 1601), (b"other", 1000)):
        with pytest.raises(NotVouchedError):
            opened(flow.sealed(b"k"), key, now=now)


def test_a_provider_that_is_away_or_another(running: Running, store: MemoryStore) -> None:
    running.spoil(described="https://other.example")
    for issuer in (running.issuer, "http://127.0.0.1:9", f"{running.issuer}/jwks?"):
        provider = Provider(issuer, CLIENT, SECRET, BACK)
        with pytest.raises(ProviderAwayError):
            provider.start_url(begun(0))
        answer = Client(make_app(store, Around(provider=provider))).get(START)
        assert (answer.status_code, answer.json()["title"]) == (503, "provider-away")


def test_without_a_provider_there_is_no_such_place(store: MemoryStore) -> None:
    client = Client(make_app(store))
    assert client.get(START).status_code == client.get(f"{START}/callback").status_code == 404
