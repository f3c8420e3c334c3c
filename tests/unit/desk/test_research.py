"""A recommendation becomes a proposal to each firm with its effect, and a change to rehearse; never a trade."""

from pathlib import Path

import polars as pl
import pytest
from tests.e2e.tiny import lay

from trimtab.book.read import read_book
from trimtab.cli.main import run
from trimtab.desk.rebalance import rebalance
from trimtab.desk.research import proposals_to_firms

WORDS = """security_id,status,successor,by,reason,as_of
OLD,sell,US,desk,fees,2025-06-20
US,watch,US2,consultant,closing,2025-06-20
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    book = lay("limits", tmp_path / "book")
    (book / "recommendations.csv").write_text(WORDS)
    return book


def test_each_firm_is_asked_with_the_effect_on_its_accounts(folder: Path) -> None:
    rows = {row[:2]: row for row in proposals_to_firms(read_book(folder).tables).rows()}
    assert set(rows) == {("ALPHA", "OLD"), ("ALPHA", "US")}, "Beta watches US already and holds no OLD"
    names = proposals_to_firms(read_book(folder).tables).columns
    old = dict(zip(names, rows["ALPHA", "OLD"], strict=True))
    book = read_book(folder)
    held = book.tables["lots"].filter(pl.col("security_id") == "OLD")
    assert old["accounts"] == held["account_id"].n_unique()
    assert old["value"] == pytest.approx(float(held["quantity"].sum()) * 100)
    assert old["effect"].endswith("to be sold as tax allows; US takes its place")


def test_nothing_is_traded_for_it(folder: Path, tmp_path: Path) -> None:
    with_it = rebalance(read_book(folder), advance=lambda *_: None)
    without = rebalance(read_book(lay("limits", tmp_path / "plain")), advance=lambda *_: None)
    for table in ("trades", "sales", "reasons"):
        assert with_it.tables[table].equals(without.tables[table])
    assert not with_it.tables["evaluations"]["flags"].str.contains("recommendations").any()


def test_the_night_writes_them_and_a_firm_accepts_one(folder: Path, tmp_path: Path) -> None:
    out, change, rehearsal = (tmp_path / name for name in ("night", "change", "rehearsal"))
    assert run(["rebalance", str(folder), "--out", str(out)]) == 0
    told = pl.read_csv(out / "list_proposals.csv")
    assert told["security_id"].to_list() == ["OLD", "US"]
    call = ["book", "accept", str(folder), "--firm", "ALPHA", "--security", "US", "--out", str(change)]
    assert run(call) == 0
    listed = dict(pl.read_csv(change / "approved_list.csv").select("security_id", "status").iter_rows())
    assert listed == {"US": "watch", **dict.fromkeys(("BOND", "BOND2", "US2", "US3"), "approved")}
    assert run(["rehearse", str(folder), "--change", str(change), "--out", str(rehearsal)]) == 0
    touched = pl.read_csv(rehearsal / "accounts.csv").filter(pl.col("touched_by").is_not_null())
    assert set(touched["firm_id"]) == {"ALPHA"}


def test_what_nobody_recommended_cannot_be_accepted(folder: Path, tmp_path: Path) -> None:
    call = [
        "book",
        "accept",
        str(folder),
        "--firm",
        "ALPHA",
        "--security",
        "BREW",
        "--out",
        str(tmp_path / "c"),
    ]
    assert run(call) == 2
    assert run(["book", "accept", str(folder), "--firm", "GAMMA", "--out", str(tmp_path / "c")]) == 2
