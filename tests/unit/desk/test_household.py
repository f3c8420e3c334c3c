"""Household: the buyer yields to a sale at a loss in its scope, in any order of accounts, and nowhere else."""

from pathlib import Path

import polars as pl
import pytest
from tests.e2e.tiny import lay

from trimtab.book.read import read_book
from trimtab.desk.rebalance import rebalance

HEAD = "account_id,firm_id,tax_type,cash,household_id,taxpayer_id,model_id,ytd_short,ytd_long\n"


def _trades(
    tmp_path: Path, accounts: list[str], lots: list[str], policies: str = ""
) -> dict[tuple[str, str], float]:
    folder = lay("budget", tmp_path / "book")
    for name in ("policies.csv",):
        (folder / name).write_text("scope,scope_id,key,value\n" + policies)
    (folder / "accounts.csv").write_text(HEAD + "\n".join(accounts) + "\n")
    (folder / "lots.csv").write_text(
        "account_id,lot_id,security_id,quantity,unit_cost,acquired\n" + "\n".join(lots) + "\n"
    )
    trades = rebalance(read_book(folder), advance=lambda *_: None).tables["trades"]
    signed = pl.when(pl.col("side") == "buy").then("quantity").otherwise(-pl.col("quantity")).cast(pl.Float64)
    return {(a, s): q for a, s, q in trades.select("account_id", "security_id", signed).iter_rows()}


SELLER = ["S,1,US,594,150,2020-01-06", "S,2,BOND,792,50,2020-01-06"]
BUYER = ["B,1,BOND,1000,50,2020-01-06"]


@pytest.mark.parametrize("buyer", ["B", "Z"])
def test_the_buyer_takes_a_stand_in(tmp_path: Path, buyer: str) -> None:
    accounts = [
        "S,ALPHA,taxable,1000,HOUSE,TOP,BALANCED,0,0",
        f"{buyer},ALPHA,tax_deferred,50000,HOUSE,TOP,BALANCED,,",
    ]
    found = _trades(tmp_path, accounts, [*SELLER, *[lot.replace("B,", f"{buyer},", 1) for lot in BUYER]])
    assert found["S", "US"] < 0
    assert (buyer, "US") not in found
    assert found[buyer, "US2"] > 700


def test_strangers_do_not_mind(tmp_path: Path) -> None:
    accounts = ["S,ALPHA,taxable,1000,HOUSE,TOP,BALANCED,0,0", "B,ALPHA,tax_deferred,50000,,,BALANCED,,"]
    found = _trades(tmp_path, accounts, [*SELLER, *BUYER])
    assert found["B", "US"] > 500


def test_an_account_scope_sees_no_other(tmp_path: Path) -> None:
    accounts = [
        "S,ALPHA,taxable,1000,HOUSE,TOP,BALANCED,0,0",
        "B,ALPHA,tax_deferred,50000,HOUSE,TOP,BALANCED,,",
    ]
    policy = "account,S,wash_scope,account\n"
    found = _trades(tmp_path, accounts, [*SELLER, *BUYER], policy)
    assert found["B", "US"] > 500
