"""Which households hold one target, what that makes of their standing, and the same answer whatever the names."""

from pathlib import Path

import polars as pl
import pytest
from tests.checker.run import check_run
from tests.e2e.tiny import lay, ran

from trimtab.book.read import read_book
from trimtab.desk.rebalance import Run, rebalance

FLAG = "unhonoured:location"


def _run(folder: Path) -> Run:
    book = read_book(folder)
    run = rebalance(book, advance=lambda *_: None)
    assert check_run(book.tables, run.tables, book.as_of) == []
    return run


def _gap(tmp_path: Path, old: str, new: str, policies: str = "") -> pl.DataFrame:
    """The evaluations of the household GAP with one thing changed."""
    folder = lay("location", tmp_path / "book")
    for name in ("accounts.csv", "lots.csv"):
        head, *rows = (folder / name).read_text().splitlines()
        kept = [row for row in rows if row.startswith("GAP-")]
        (folder / name).write_text("\n".join([head, *kept]).replace(old, new) + "\n")
    (folder / "restrictions.csv").unlink()
    (folder / "policies.csv").write_text(f"scope,scope_id,key,value\nhousehold,GAP,location,on\n{policies}")
    return _run(folder).tables["evaluations"]


def test_what_is_sound_is_one_unit(tmp_path: Path) -> None:
    found = _gap(tmp_path, "", "")
    assert found["unit_id"].n_unique() == 1
    assert found["flags"].is_null().all()


@pytest.mark.parametrize(
    ("old", "new", "policies"),
    [
        ("GAP,GAP,BALANCED,closes", "GAP,GAP,,closes", ""),
        ("GAP-IRA,ALPHA,tax_deferred,1000,GAP,GAP", "GAP-IRA,ALPHA,taxable,1000,GAP,SECOND", ""),
        ("", "", "account,GAP-IRA,max_turnover,0.5\n"),
        ("", "", "account,GAP-IRA,risk_aversion,5\n"),
        ("", "", "household,GAP,ira_haircut,1\n"),
        ("", "", "account,GAP-IRA,location,off\n"),
    ],
    ids=["no model", "two taxpayers", "turnover", "aversion", "nothing owned", "off"],
)
def test_what_is_not_is_said(tmp_path: Path, old: str, new: str, policies: str) -> None:
    found = _gap(tmp_path, old, new, policies)
    assert found.filter(pl.col("account_id") == "GAP-TAX")["flags"].str.contains(FLAG).all()
    assert found["unit_id"].n_unique() == 2


def test_the_risk_is_the_households() -> None:
    _, run = ran("location")
    gap = run.tables["evaluations"].filter(pl.col("account_id") == "GAP-TAX").to_dicts()[0]
    variance = 0.099**2 * ((0.0256 + 0.0001) + (0.0025 + 0.0001) - 2 * 0.0005)
    assert gap["objective_no_trade"] == pytest.approx(25 * 200_000 * variance, rel=1e-6)
    assert gap["tracking_error_before"] == pytest.approx(variance**0.5, abs=1e-12)
    assert gap["drift_before"] == pytest.approx(0.099, abs=1e-12)
    assert gap["lower_bound"] <= gap["objective"] <= gap["lower_bound"] + 5


def test_names_and_order_decide_nothing(tmp_path: Path) -> None:
    plain = ran("location")[1].tables["trades"]
    folder = lay("location", tmp_path / "book")
    for file in ("accounts.csv", "lots.csv", "policies.csv", "restrictions.csv"):
        head, *rows = (folder / file).read_text().replace("-IRA", "-ZRA").splitlines()
        (folder / file).write_text("\n".join([head, *reversed(rows)]) + "\n")
    other = _run(folder).tables["trades"].with_columns(pl.col("account_id").str.replace("-ZRA", "-IRA"))
    columns = ["account_id", "security_id", "side", "quantity"]
    assert other.select(columns).sort(columns).equals(plain.select(columns).sort(columns))
