"""Every page × role × firm over the real application, and the acts that pages offer."""

import asyncio
import csv
import io
import re
from pathlib import Path

import httpx
import pytest
from tests.night_store import PASSWORD, night_store

from trimtab.desk.access import DESK_PERMISSIONS, PERMISSIONS, Role
from trimtab.store.memory import MemoryStore
from trimtab.web.app import make_pages

PAGES = {
    "/": "run:result:read",
    "/board.csv": "run:result:read",
    "/work": "run:result:read",
    "/work.csv": "run:result:read",
    "/firms/F1/accounts/A1": "run:result:read",
    "/firms/F1/accounts/A1/lots.csv": "run:result:read",
    "/firms/F1/accounts/A1/frontier": "run:result:read",
    "/proposals": "trade:proposal:read",
    "/proposals.csv": "trade:proposal:read",
    "/models": "policy:model:read",
    "/firms/F1/models/M1": "policy:model:read",
    "/firms/F1/models/M1.csv": "policy:model:read",
    "/lists": "policy:list:read",
    "/lists.csv": "policy:list:read",
    "/nights": "run:result:read",
    "/nights.csv": "run:result:read",
    "/audit": "audit:event:read",
    "/audit.csv": "audit:event:read",
}
OURS = {"Origin": "http://desk.test"}


class Browser:
    """One person's requests to the application itself, cookies kept."""

    def __init__(self, store: MemoryStore) -> None:
        self.transport = httpx.ASGITransport(make_pages(store), raise_app_exceptions=True)
        self.cookies = httpx.Cookies()

    def request(self, method: str, place: str, **said: object) -> httpx.Response:
        async def ask() -> httpx.Response:
            client = httpx.AsyncClient(
                transport=self.transport, base_url="http://desk.test", cookies=self.cookies
            )
            async with client:
                answer = await client.request(method, place, **said)  # type: ignore[arg-type]
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())

    def get(self, place: str, **headers: str) -> httpx.Response:
        return self.request("GET", place, headers=headers)

    def post(self, place: str, data: dict[str, object] | None = None, **headers: str) -> httpx.Response:
        return self.request("POST", place, data=data or {}, headers=OURS | headers)

    def sign_in(self, name: str) -> "Browser":
        assert self.post("/sign-in", {"name": name, "password": PASSWORD}).status_code == 303
        return self


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> MemoryStore:
    return night_store(tmp_path_factory.mktemp("night"))


@pytest.fixture
def fresh(tmp_path: Path) -> MemoryStore:
    return night_store(tmp_path)


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_for_the_roles_that_may_and_is_absent_for_all_else(
    store: MemoryStore, role: Role
) -> None:
    browser = Browser(store).sign_in(role.value)
    held = PERMISSIONS[role]
    shown = set(re.findall(r'href="(/[a-z]*)" data-key', browser.get("/").text))
    for place, permission in PAGES.items():
        answer = browser.get(place)
        assert answer.status_code == (200 if permission in held else 404), place
        for name in ("content-security-policy", "x-content-type-options", "cache-control"):
            assert name in answer.headers, place
        other = place.replace("/firms/F1/", "/firms/F2/") if "/firms/" in place else f"{place}?firm=F2"
        if place.removesuffix(".csv") not in ("/", "/board", "/work"):
            assert browser.get(other).status_code == 404, other
        if "." not in place and place.count("/") == 1:
            also = permission in DESK_PERMISSIONS.get(role, frozenset())
            assert (place in shown) == (permission in held or also), place


def test_nobody_sees_anything_without_a_session(store: MemoryStore) -> None:
    browser = Browser(store)
    for place in PAGES:
        answer = browser.get(place)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), place
    assert browser.get("/work", **{"HX-Request": "true"}).headers["hx-redirect"] == "/sign-in"
    wrong = browser.post("/sign-in", {"name": "cio", "password": "wrong"})
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers


def test_the_cookie_is_out_of_reach_and_ends_with_the_session(store: MemoryStore) -> None:
    browser = Browser(store)
    told = browser.post("/sign-in", {"name": "cio", "password": PASSWORD}).headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=strict" in told
    kept = dict(browser.cookies)
    assert browser.get("/").status_code == 200
    browser.post("/sign-out")
    browser.cookies = httpx.Cookies(kept)
    assert browser.get("/").status_code == 303


def test_a_form_of_another_site_is_refused(store: MemoryStore) -> None:
    browser = Browser(store).sign_in("operator")
    for headers in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": ""}):
        answer = browser.post("/halts", {"why": "x", "once": "1"}, **headers)
        assert answer.status_code == 403, headers
    assert "halted by" not in browser.get("/").text


def test_the_work_list_filters_sorts_and_exports(store: MemoryStore) -> None:
    browser = Browser(store).sign_in("operator")
    assert [row["account_id"] for row in rows(browser.get("/work.csv?sort=account"))] == ["A1", "A2"]
    assert [row["account_id"] for row in rows(browser.get("/work.csv?sort=-account"))] == ["A2", "A1"]
    assert [row["account_id"] for row in rows(browser.get("/work.csv?q=tax_type:taxable"))] == ["A1"]
    assert "known: account" in browser.get("/work?q=colour:red").text
    assert browser.get("/work.csv?q=colour:red").status_code == 422
    part = browser.get("/work?q=a1", **{"HX-Request": "true"}).text
    assert "<html" not in part
    assert "A1" in part
    assert "/firms/F1/accounts/A2" not in part


def test_a_text_that_begins_like_a_formula_is_exported_as_text() -> None:
    from trimtab.web.render import csv_of

    rows = [{"a": "=1+1", "b": "-2", "c": -2}]
    assert csv_of("x", ("a", "b", "c"), rows).body.decode().splitlines()[1] == "'=1+1,'-2,-2"


def test_the_account_shows_lots_settings_and_what_a_preference_would_do(store: MemoryStore) -> None:
    browser = Browser(store).sign_in("advisor")
    text = browser.get("/firms/F1/accounts/A1").text
    for said in ("Lots held", "2015-03-04", "Trades not made", "Every day", "Try a preference"):
        assert said in text
    tried = browser.post("/firms/F1/accounts/A1/try", {"key": "cash_target", "value": "0.2"}).text
    assert "With cash_target 0.2" in tried
    told = browser.post("/firms/F1/accounts/A1/try", {"key": "cash_targett", "value": "0.2"}).text
    assert "nearest is cash_target" in told
    assert (
        "and not &#39;5&#39;"
        in browser.post("/firms/F1/accounts/A1/try", {"key": "cash_target", "value": "5"}).text
    )
    viewer = Browser(store).sign_in("viewer")
    assert "Try a preference" not in viewer.get("/firms/F1/accounts/A1").text
    assert viewer.post("/firms/F1/accounts/A1/try", {"key": "cash_target", "value": "0.2"}).status_code == 404


def boxes(text: str) -> list[str]:
    return [found.replace("&#34;", '"') for found in re.findall(r'name="chosen" value="([^"]+)"', text)]


def test_proposals_are_approved_and_released_in_bulk_by_those_who_may(fresh: MemoryStore) -> None:
    operator, trader = (Browser(fresh).sign_in(name) for name in ("operator", "trader"))
    made = operator.post("/proposals/make?firm=F1").text
    assert "stand for approval" in made
    assert boxes(made) == []
    seen = boxes(trader.get("/proposals?firm=F1").text)
    assert seen
    kept = trader.post("/proposals?firm=F1", {"act": "approve", "chosen": seen}).text
    assert "has not delegated this" in kept
    with_delegation(fresh)
    stale = [one.replace(one[-5:-2], "000") for one in seen]
    refused = trader.post("/proposals?firm=F1", {"act": "approve", "chosen": stale}).text
    assert f"0 of {len(seen)} done" in refused
    assert "not what stands now" in refused
    assert trader.post("/proposals?firm=F2", {"act": "approve", "chosen": seen}).status_code == 404
    approved = trader.post("/proposals?firm=F1", {"act": "approve", "chosen": seen}).text
    assert f"{len(seen)} of {len(seen)} done (approve)" in approved
    operator.post("/halts", {"why": "fire drill", "once": "k"})
    told = trader.post("/proposals?firm=F1", {"act": "release", "chosen": seen}).text
    assert "halted" in told, re.findall("banner.*", told)
    halt = re.findall(r"/halts/([^/]+)/lift", Browser(fresh).sign_in("compliance").get("/").text)[0]
    assert trader.post(f"/halts/{halt}/lift").status_code == 404
    assert Browser(fresh).sign_in("compliance").post(f"/halts/{halt}/lift").status_code == 303
    released = trader.post("/proposals?firm=F1", {"act": "release", "chosen": seen}).text
    assert f"{len(seen)} of {len(seen)} done (release)" in released
    assert rows(trader.get("/proposals.csv?firm=F1")) == []


def with_delegation(store: MemoryStore) -> None:
    from tests.night_store import principal

    from trimtab.desk.agreements import sign

    sign(store, principal("cio"), "F1", kind="delegation", value="run", key="1")


def test_models_show_their_tree_and_the_ledger_its_nights(store: MemoryStore) -> None:
    browser = Browser(store).sign_in("cio")
    tree = rows(browser.get("/firms/F1/models/M1.csv"))
    assert [(row["node_id"], row["depth"], row["share"]) for row in tree] == [
        ("eq", "0", "0.6"),
        ("vti", "1", "0.6"),
        ("fi", "0", "0.4"),
    ]
    assert "Changes since" in browser.get("/firms/F1/models/M1?since=2020-01-01T00:00:00%2B00:00").text
    assert browser.get("/firms/F1/models/M1?since=yesterday").status_code == 404
    nights = rows(browser.get("/nights.csv"))
    assert [(row["as_of"], row["red"], row["enrolled"], row["evaluated"]) for row in nights] == [
        ("2020-06-01", "False", "2", "2")
    ]
    assert "sign" in browser.get("/audit").text or "session:open" in browser.get("/audit").text
