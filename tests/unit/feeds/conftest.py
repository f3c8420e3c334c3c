from pathlib import Path

import pytest

from trimtab.desk.gains import gains
from trimtab.feeds.parse import parse

CASES = Path(__file__).resolve().parents[2] / "cases" / "feeds"


@pytest.fixture
def fixture():
    """A small file of ours by name: its statement."""

    def read(name):
        return parse(name, (CASES / name).read_bytes())

    return read


@pytest.fixture
def come_to():
    """What a statement comes to."""

    def of(statement, **more):
        return gains([statement], table="file", **more)

    return of
