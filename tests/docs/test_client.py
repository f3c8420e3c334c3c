"""docs/operating/client.md: its example runs against a live server and finds what is there."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.live import living
from tests.small_book import write_small_book
from tests.unit.api.test_app import CONSOLE, keyed

from trimtab import client
from trimtab.api.app import make_app
from trimtab.book.read import read_book
from trimtab.desk.access import Role
from trimtab.desk.ingest import import_book
from trimtab.store.memory import MemoryStore

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "client.md").read_text(encoding="utf-8")


def test_the_example_runs(tmp_path: Path) -> None:
    store = MemoryStore(audit_key=b"k")
    import_book(store, CONSOLE, read_book(write_small_book(tmp_path / "book")))
    key = keyed(store, Role.CIO)[1]["Authorization"].removeprefix("Bearer ")
    with living(make_app(store)) as url:
        scope: dict[str, Any] = {"URL": url, "KEY": key}
        exec(re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0], scope)
    assert scope["taxable"] == scope["standing"] == ["A1"]
    assert scope["shares"] == Decimal("22.5")
    assert len(scope["refused"]) == 32


def test_every_exception_is_told() -> None:
    told = set(re.findall(r"`(\w+Error)`", TEXT))
    assert told == {name for name in client.__all__ if name.endswith("Error")} - {
        "ClientError",
        "ProblemError",
    }
