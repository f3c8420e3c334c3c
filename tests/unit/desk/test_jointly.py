"""Units of several accounts: tied only where the year bends, solved as one or in turn, the same in any order."""

from pathlib import Path

import polars as pl
import pytest
from tests.checker.run import check_run
from tests.e2e.tiny import lay

from trimtab.book.read import read_book
from trimtab.desk import units
from trimtab.desk.rebalance import Run, rebalance

HEAD = "account_id,firm_id,tax_type,cash,household_id,taxpayer_id,model_id,ytd_short,ytd_long\n"
GAIN = ["{},1,OLD,594,60,2015-01-06", "{},2,BOND,792,50,2020-01-06"]
LOSS = ["{},1,US,594,150,2020-01-06", "{},2,BOND,792,50,2020-01-06"]


def _run(tmp_path: Path, holdings: dict[str, list[str]], policies: list[str] = (), ytd: str = "0,0") -> Run:
    folder = lay("households", tmp_path / "book")
    accounts = [f"{name},ALPHA,taxable,1000,SHARED,SHARED,BALANCED,{ytd}" for name in holdings]
    (folder / "accounts.csv").write_text(HEAD + "\n".join(accounts) + "\n")
    lots = [lot.format(name) for name, own in holdings.items() for lot in own]
    (folder / "lots.csv").write_text(
        "account_id,lot_id,security_id,quantity,unit_cost,acquired\n" + "\n".join(lots) + "\n"
    )
    budgets = [f"account,{name},budget_tax,100000" for name in holdings]
    (folder / "policies.csv").write_text(
        "scope,scope_id,key,value\n" + "\n".join([*budgets, *policies]) + "\n"
    )
    book = read_book(folder)
    run = rebalance(book, advance=lambda *_: None)
    assert check_run(book.tables, run.tables, book.as_of) == []
    return run


def _units(run: Run) -> dict[str, str]:
    return dict(run.tables["evaluations"].select("account_id", "unit_id").iter_rows())


def _flagged(run: Run) -> set[str]:
    rows = run.tables["evaluations"].filter(pl.col("flags").fill_null("").str.contains("year_in_turn"))
    return set(rows["account_id"])


def test_a_loss_beside_a_gain_is_one_unit(tmp_path: Path) -> None:
    run = _run(tmp_path, {"B": GAIN, "C": LOSS})
    assert _units(run) == {"B": "B", "C": "B"}
    rows = run.tables["evaluations"]
    for column in ("objective", "objective_no_trade", "lower_bound", "gap"):
        assert rows[column].n_unique() == 1
    assert rows["inputs_digest"].n_unique() == 2


def test_names_decide_nothing(tmp_path: Path) -> None:
    one = _run(tmp_path / "one", {"B": GAIN, "C": LOSS})
    other = _run(tmp_path / "other", {"C": GAIN, "B": LOSS})
    trades = [
        sorted(run.tables["trades"].select("security_id", "side", "quantity").rows()) for run in (one, other)
    ]
    assert trades[0] == trades[1]


@pytest.mark.parametrize(("ytd", "tied"), [("0,27000", False), ("0,14000", True)])
def test_tied_only_where_the_year_bends_within_reach(tmp_path: Path, ytd: str, tied: bool) -> None:
    apart = ["account,B,wash_scope,account", "account,C,wash_scope,account"]
    run = _run(tmp_path, {"B": GAIN, "C": LOSS}, apart, ytd=ytd)
    assert (_units(run)["C"] == "B") is tied


def test_a_purchase_that_would_wash_a_loss_ties_its_account(tmp_path: Path) -> None:
    run = _run(tmp_path, {"B": GAIN, "C": LOSS}, ytd="0,27000")
    assert _units(run) == {"B": "B", "C": "B"}
    trades = {
        (a, s): q for a, s, q in run.tables["trades"].select("account_id", "security_id", "side").rows()
    }
    assert trades["C", "US"] == "sell"
    assert ("B", "US") not in trades
    assert trades["B", "US2"] == "buy"


def test_accounts_that_weigh_tax_differently_go_in_turn(tmp_path: Path) -> None:
    run = _run(tmp_path, {"B": GAIN, "C": LOSS}, ["account,C,tax_weight,2"])
    assert _units(run) == {"B": "B", "C": "C"}
    assert _flagged(run) == {"B", "C"}


def test_a_unit_beyond_its_size_goes_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(units, "MOST_ACCOUNTS", 2)
    run = _run(tmp_path, {"B": GAIN, "C": LOSS, "D": GAIN})
    assert _flagged(run) == {"B", "C", "D"}


def test_one_account_that_cannot_be_met_leaves_the_safe_part(tmp_path: Path) -> None:
    stuck = ["{},1,BANK,1500,60,2015-01-06", "{},2,BOND,792,50,2020-01-06"]
    run = _run(tmp_path, {"B": GAIN, "C": LOSS, "D": stuck}, ["account,D,cash_floor,150000"])
    decisions = dict(run.tables["evaluations"].select("account_id", "decision").iter_rows())
    assert decisions["B"] == "propose"
    assert run.tables["conflicts"]["account_id"].unique().to_list() == ["D"]
    assert _flagged(run) == {"B", "C", "D"}


def test_one_account_alone_gives_what_the_whole_book_gives(tmp_path: Path) -> None:
    _run(tmp_path, {"B": GAIN, "C": LOSS})
    book = read_book(tmp_path / "book")
    whole = rebalance(book, advance=lambda *_: None).tables
    for name in ("B", "C"):
        alone = rebalance(book, only=name, advance=lambda *_: None).tables
        assert alone["evaluations"]["account_id"].to_list() == [name]
        for table in ("trades", "sales", "reasons"):
            assert alone[table].equals(whole[table].filter(account_id=name))
        digest = whole["evaluations"].filter(account_id=name)["result_digest"]
        assert alone["evaluations"]["result_digest"].equals(digest)
