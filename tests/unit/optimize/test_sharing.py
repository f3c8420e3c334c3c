"""What others realize, and are about to, is counted in each one's room; whoever shares with nobody is untouched."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from tests.small_book import TABLES, write_small_book

from trimtab.book.read import read_book
from trimtab.optimize.sharing import sharing_of
from trimtab.optimize.years import account_years
from trimtab.policy.cascade import resolve

ACCOUNTS = (
    "account_id,firm_id,tax_type,cash,household_id,taxpayer_id,model_id,ytd_short,ytd_long\n"
    "A,F1,taxable,0,H1,T1,M1,0,10000\n"
    "B,F1,taxable,0,H1,T1,M1,0,20000\n"
    "C,F1,taxable,0,H1,T9,M1,0,5000\n"
    "D,F1,tax_deferred,0,H1,T1,M1,0,0\n"
)
TAXPAYERS = (
    "taxpayer_id,household_id,short_rate,long_rate,carryforward_long\nT1,H1,0.4,0.2,12000\nT9,H1,0.4,0.1,0\n"
)


@pytest.fixture(scope="module")
def years(tmp_path_factory):
    lots = TABLES["lots.csv"].splitlines()[0] + "\nA,L1,VTI,1,100,2015-03-04\n"
    folder = write_small_book(
        tmp_path_factory.mktemp("book"),
        {"accounts.csv": ACCOUNTS, "taxpayers.csv": TAXPAYERS, "lots.csv": lots},
    )
    tables = read_book(folder).tables
    as_of = date(2020, 6, 1)
    settings = resolve(
        tables["policies"], tables["accounts"], as_of=as_of, households=tables["households"]
    ).value.wide
    return account_years(tables, settings, as_of=as_of).value, tables["accounts"]


def shared(years, **by):
    budgets = pl.DataFrame({"account_id": list("ABCD"), "shared_by": [by.get(name, name) for name in "ABCD"]})
    return sharing_of(years[0], budgets, years[1])


NOTHING = np.zeros(4)


def test_alone_nothing_changes_to_the_last_bit(years):
    counted = shared(years).counting(NOTHING, NOTHING)
    for name in ("others_short", "others_long", "outside_short", "outside_long"):
        same = name.replace("outside", "others")
        assert getattr(counted, name).tobytes() == getattr(years[0], same).tobytes()
    assert not counted.elsewhere.any()
    assert not counted.elsewhere_gain.any()


def test_one_taxpayer_uses_one_budget(years):
    counted = shared(years, A="t", B="t").counting(NOTHING, NOTHING)
    # 30,000 realized less 12,000 carried in, at 20 %
    assert counted.budget_used(NOTHING, NOTHING)[:2] == pytest.approx([3600, 3600])
    assert counted.budget_room(np.full(4, 5000.0))[:2] == pytest.approx([1400, 1400])
    assert counted.gain_room(np.full(4, 50000.0))[:2] == pytest.approx([20000, 20000])


def test_a_household_adds_up_its_taxpayers(years):
    counted = shared(years, A="h", B="h", C="h").counting(NOTHING, NOTHING)
    assert counted.budget_used(NOTHING, NOTHING)[:3] == pytest.approx([4100, 4100, 4100])
    assert counted.budget_room(np.full(4, 5000.0))[:3] == pytest.approx([900, 900, 900])
    assert counted.gain_room(np.full(4, 50000.0))[:3] == pytest.approx([15000, 15000, 15000])


def test_what_others_propose_counts_and_ones_own_does_not(years):
    long = np.array([1000.0, 0.0, 2000.0, 0.0])
    counted = shared(years, A="h", B="h", C="h").counting(NOTHING, long)
    used = counted.budget_used(NOTHING, long)
    assert used[:3] == pytest.approx([4500, 4500, 4500])
    assert counted.others_long - years[0].others_long == pytest.approx([0, 1000, 0, 0])
    assert counted.elsewhere[:3] == pytest.approx([700, 700, 3800])


def test_a_carried_loss_is_free_once(years):
    long = np.array([0.0, 30000.0, 0.0, 0.0])
    counted = shared(years, A="t", B="t").counting(NOTHING, long)
    assert counted.budget_room(np.zeros(4))[0] == 0
