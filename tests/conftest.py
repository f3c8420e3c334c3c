"""Shared fixtures: where the data beside the checkout stands, and a skip with its reason where it does not."""

from pathlib import Path

import pytest
from tests.database import cluster, database, postgres

__all__ = ["cluster", "database", "postgres", "shared"]

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of test vectors and market data beside the checkout."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared data folder does not stand beside the checkout")
    return SHARED
