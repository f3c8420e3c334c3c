"""A rehearsal is what the nights say: the accounts it leaves out come out equal, those it evaluates as on the day."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import polars as pl
from tests.e2e.test_rehearsals import HERE, lay
from tests.e2e.tiny import lay as lay_book

from trimtab.book.read import Book, read_changed
from trimtab.desk.rebalance import Run, rebalance
from trimtab.desk.rehearse import Rehearsal, changed_accounts, differences, rehearse, without_budgets


def still(*_: object) -> None:
    """Tells nobody how far a run is."""


@cache
def pair() -> tuple[Book, Book]:
    place = Path(mkdtemp())
    both = read_changed(lay("model-change", place), HERE / "model-change" / "change")
    shutil.rmtree(place)
    return both


@cache
def made() -> Rehearsal:
    return rehearse(*pair(), advance=still)


@cache
def nights() -> tuple[Run, Run]:
    before, after = pair()
    return rebalance(before, advance=still), rebalance(
        after, advance=still, changed=changed_accounts(before, after)
    )


def results(run: Run) -> dict[str, str]:
    return dict(run.tables["evaluations"].select("account_id", "result_digest").iter_rows())


def test_accounts_that_are_left_out_come_out_equal() -> None:
    before, after = (results(run) for run in nights())
    left = before.keys() - set(made().tables["accounts"]["account_id"])
    assert left == {"BONDS", "OTHER"}
    assert {name: before[name] for name in left} == {name: after[name] for name in left}


def test_the_rehearsal_says_what_the_nights_say() -> None:
    for run, night in zip((made().before, made().after), nights(), strict=True):
        whole = results(night)
        assert results(run) == {name: whole[name] for name in results(run)}


def test_the_same_change_has_the_same_digest() -> None:
    before, after = pair()
    assert rehearse(before, after, workers=2, advance=still).summary["digest"] == made().summary["digest"]
    assert made().summary["digest"] != rehearse(after, before, advance=still).summary["digest"]


def test_no_change_touches_nobody() -> None:
    before, _ = pair()
    nothing = rehearse(before, before, advance=still)
    assert nothing.summary["touched"] == 0
    assert len(nothing.tables["accounts"]) == len(nothing.tables["trades"]) == 0


def test_lifted_budgets_let_every_gain_be_realized() -> None:
    free = {row["key"]: row for row in without_budgets(pair()[0]).tables["policies"].to_dicts()}
    assert free["budget_tax"]["value"] == "none"
    assert all(row["locked"] and row["scope"] == "desk" for row in free.values())


def test_what_differs_is_named(tmp_path: Path) -> None:
    book = lay_book("limits", tmp_path / "book")
    change = tmp_path / "change"
    change.mkdir()
    (change / "policies.csv").write_text("scope,scope_id,key,value\naccount,CAP,min_trade,200\n")
    (change / "restrictions.csv").write_text(
        "scope,scope_id,rule,selector,value\naccount,FLOOR,freeze,security:US,\n"
    )
    (change / "approved_list.csv").write_text("firm_id,security_id,status\nBETA,US2,sell\n")
    (change / "accounts.csv").write_text(
        "account_id,firm_id,tax_type,cash,model_id,name\nBREAK,ALPHA,tax_deferred,9,BALANCED,x\n"
    )
    found = differences(*read_changed(book, change))
    assert set(found.rows()) == {
        ("BREAK", "data"),
        ("CAP", "settings"),
        ("FLOOR", "restrictions"),
        ("OTHER-FIRM", "target"),
    }


def test_the_market_is_everyones(tmp_path: Path) -> None:
    book = lay_book("limits", tmp_path / "book")
    change = tmp_path / "change"
    change.mkdir()
    (change / "specific_risk.csv").write_text("security_id,variance\nOLD,0.07\n")
    before, after = read_changed(book, change)
    found = differences(before, after)
    assert set(found["what"]) == {"market"}
    assert sorted(found["account_id"]) == sorted(before.tables["accounts"]["account_id"])


def test_a_household_is_evaluated_together(tmp_path: Path) -> None:
    book = lay_book("taxes", tmp_path / "book")
    before = read_changed(book, _empty(tmp_path))[0]
    shared = before.tables["accounts"].filter(pl.col("household_id").is_not_null())
    first = shared["account_id"][0]
    home = shared.filter(pl.col("household_id") == shared["household_id"][0])["account_id"]
    change = tmp_path / "one"
    change.mkdir()
    (change / "policies.csv").write_text(f"scope,scope_id,key,value\naccount,{first},min_trade,250\n")
    rehearsal = rehearse(*read_changed(book, change), advance=still)
    evaluated = rehearsal.tables["accounts"]
    assert set(home) <= set(evaluated["account_id"])
    assert evaluated.filter(pl.col("touched_by").is_not_null())["account_id"].to_list() == [first]


def _empty(place: Path) -> Path:
    folder = place / "nothing"
    folder.mkdir()
    return folder
