import sys
from datetime import date
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[3] / "bench"
sys.path.insert(0, str(BENCH))

AS_OF = date(2019, 6, 28)
MIX = {"etf": 0.8, "direct100": 0.15, "direct500": 0.05}


@pytest.fixture(scope="session")
def market(shared):
    from books_market import load_market

    return load_market(shared / "data", AS_OF)


@pytest.fixture(scope="session")
def build(shared, market):
    from books import build_tables

    def made(**options):
        defaults = {
            "accounts": 200,
            "as_of": AS_OF,
            "mix": MIX,
            "firms": 6,
            "seed": 1,
            "drift": 3.0,
            "daily": False,
        }
        defaults["market"] = market
        return build_tables(shared / "data", **(defaults | options))

    return made


@pytest.fixture(scope="session")
def tables(build):
    return build()
