"""People of the desk and of firms walk their day in a real browser over a served store; axe finds nothing."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.served import CALL, environment, served
from tests.small_book import write_small_book

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
PASSWORD = "correct horse battery staple"
PEOPLE = {
    "olga": ("operator", "operator"),
    "tom": ("trader", "trader"),
    "carl": ("compliance", "compliance"),
    "ann": ("cio", ""),
    "bert": ("advisor", ""),
    "aud": ("auditor", ""),
}
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: install it to run these"
)


def trimtab(home: Path, *words: str) -> None:
    said = [sys.executable, "-c", CALL, *words]
    done = subprocess.run(
        said, env=environment({"TRIMTAB_DATA": str(home)}), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The small book after its night, served; one person a role at F1."""
    home = tmp_path_factory.mktemp("desk")
    book = write_small_book(home / "book")
    trimtab(home, "admin", "init")
    trimtab(home, "book", "import", str(book))
    trimtab(home, "night")
    for name, (role, desk_role) in PEOPLE.items():
        own = ["--desk-role", desk_role] if desk_role else []
        trimtab(home, "admin", "user", "add", name, *own, "--password", PASSWORD)
        trimtab(home, "admin", "grant", name, role, "--firm", "F1")
    with served(home, home / "log") as door:
        yield door.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=as_root)
        yield browser
        browser.close()


def signed_in(chromium: Browser, desk: str, name: str, scheme: str = "light") -> Page:
    page = chromium.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{desk}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Board")
    assert not faults
    return page


def sound(page: Page) -> None:
    """Nothing on the page that axe objects to."""
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]


def test_an_operator_s_morning_by_keyboard(chromium: Browser, desk: str) -> None:
    """Board, work list, account; a filter typed shows its rows without a new page; the night's proposals stand."""
    page = signed_in(chromium, desk, "olga")
    expect(page.get_by_text("Each enrolled account of 1 firm was evaluated.")).to_be_visible()
    sound(page)
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.get_by_role("heading", level=1)).to_have_text("Work list")
    page.keyboard.press("/")
    page.keyboard.type("tax_type:taxable")
    rows = page.locator("table[data-rows] tbody tr")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("q=tax_type"))
    sound(page)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("A1")
    sound(page)
    page.goto(f"{desk}/work?q=colour:red")
    expect(page.get_by_role("alert")).to_contain_text("nothing to ask for")
    sound(page)
    page.goto(f"{desk}/proposals")
    page.get_by_role("button", name=re.compile("Stand the newest")).click()
    expect(page.get_by_role("status")).to_contain_text("stand for approval")
    sound(page)


def test_a_cio_approves_what_was_seen_and_a_trader_releases(chromium: Browser, desk: str) -> None:
    page = signed_in(chromium, desk, "ann")
    page.goto(f"{desk}/proposals")
    page.get_by_role("button", name=re.compile("Stand the newest")).click()
    page.get_by_role("button", name="Choose all").click()
    page.get_by_role("button", name="Approve what is chosen").click()
    expect(page.get_by_role("status").first).to_contain_text("2 of 2 done (approve)")
    sound(page)
    for place in ("/models", "/firms/F1/models/M1", "/lists", "/nights", "/audit"):
        page.goto(desk + place)
        sound(page)
    trader = signed_in(chromium, desk, "tom")
    trader.goto(f"{desk}/proposals")
    trader.get_by_label("A1").check()
    trader.get_by_role("button", name="Release what is chosen").click()
    expect(trader.get_by_role("status").first).to_contain_text("1 of 1 done (release)")


def test_an_advisor_tries_a_preference_and_sees_the_frontier(chromium: Browser, desk: str) -> None:
    """In the dark: what a setting would do is shown in place, nothing is saved; the frontier fills its page."""
    page = signed_in(chromium, desk, "bert", "dark")
    page.goto(f"{desk}/firms/F1/accounts/A1")
    sound(page)
    page.locator("select[name=key]").select_option("cash_target")
    page.locator("input[name=value]").fill("0.3")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_role("table", name="With cash_target 0.3")).to_be_visible(timeout=60_000)
    sound(page)
    page.goto(f"{desk}/firms/F1/accounts/A1/frontier")
    expect(page.get_by_role("table", name="Points")).to_be_visible(timeout=60_000)
    sound(page)


def test_compliance_lifts_what_an_operator_halts_and_the_auditor_reads_of_it(
    chromium: Browser, desk: str
) -> None:
    operator = signed_in(chromium, desk, "olga")
    operator.get_by_label("Why").fill("a price looks wrong")
    operator.get_by_role("button", name=re.compile("Halt everything")).click()
    expect(operator.get_by_role("alert")).to_contain_text("a price looks wrong")
    sound(operator)
    compliance = signed_in(chromium, desk, "carl")
    compliance.get_by_role("button", name="Lift this halt").click()
    expect(compliance.get_by_role("alert")).to_have_count(0)
    auditor = signed_in(chromium, desk, "aud")
    auditor.goto(f"{desk}/audit")
    expect(auditor.get_by_role("table")).to_contain_text("trade:proposal:make")
    sound(auditor)
    auditor.get_by_role("button", name="Sign out").click()
    expect(auditor.get_by_role("heading", level=1)).to_have_text("Sign in")
    sound(auditor)
    auditor.goto(f"{desk}/firms/F2/accounts/A3")
    expect(auditor).to_have_url(f"{desk}/sign-in")
