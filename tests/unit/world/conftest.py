from datetime import date

import pytest

from trimtab.world.build import build_world
from trimtab.world.market import simulate
from trimtab.world.moments import load_moments

AS_OF = date(2025, 6, 27)


@pytest.fixture(scope="session")
def frames():
    return build_world(7, as_of=AS_OF)


@pytest.fixture(scope="session")
def market():
    return simulate(7, load_moments(), AS_OF)
