"""Bad input that must be survived, as a user meets it: named, isolated, never a stack trace, never a silent zero."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests.small_book import TABLES, spoiled, write_small_book

from trimtab.cli.main import run

EVERYONE = ["A1", "A2", "A3", "A4"]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Write a spoiled book, run `book check --json` on it, and give what it said."""

    def run_check(changes=None, *, expect: int = 1) -> list[dict]:
        folder = write_small_book(tmp_path / "book", changes)
        assert run(["book", "check", str(folder), "--json"]) == expect
        said = json.loads(capsys.readouterr().out)
        for failure in said["failures"]:
            assert failure["message"]
            assert failure["remedy"]
        return said["failures"]

    return run_check


def only(failures: list[dict]) -> dict:
    assert len(failures) == 1, failures
    return failures[0]


def isolated(failures: list[dict]) -> list[str]:
    return sorted({account for failure in failures for account in failure["accounts"]})


def test_a_sound_book_passes(check) -> None:
    assert check(expect=0) == []


def test_an_empty_book(check) -> None:
    failures = check(dict.fromkeys(TABLES))
    assert {failure["table"] for failure in failures} == {
        "book.toml",
        "firms",
        "securities",
        "models",
        "accounts",
        "lots",
    }
    assert {failure["reason"] for failure in failures} == {"missing"}


def test_a_book_of_headers_only_is_sound_and_empty(check) -> None:
    heads = {name: text.split("\n", 1)[0] + "\n" for name, text in TABLES.items() if name.endswith(".csv")}
    assert check(heads, expect=0) == []


@pytest.mark.parametrize("name", ["firms", "securities", "models", "lots"])
def test_a_missing_table_stops_everyone(check, name: str) -> None:
    failures = check({f"{name}.csv": None})
    assert failures[0]["reason"] == "missing"
    assert name in {failure["table"] for failure in failures}
    assert isolated(failures) == EVERYONE


def test_missing_accounts_leave_nobody_to_trade(check) -> None:
    assert "accounts" in {failure["table"] for failure in check({"accounts.csv": None})}


def test_lots_of_an_account_that_does_not_exist(check) -> None:
    failure = only(check(spoiled("lots.csv", "A4,L1", "A44,L1")))
    assert (failure["table"], failure["field"], failure["value"]) == ("lots", "account_id", "A44")
    assert failure["row"] == "A44/L1 (row 6)"
    assert failure["accounts"] == []


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [("-7", "invalid"), ("NaN", "parsing"), ("inf", "parsing"), ("7 shares", "parsing"), ("", "missing")],
)
def test_a_wrong_quantity_isolates_its_account(check, quantity: str, reason: str) -> None:
    failure = only(check(spoiled("lots.csv", "VTI,7,", f"VTI,{quantity},")))
    assert (failure["reason"], failure["field"], failure["value"]) == (reason, "quantity", quantity)
    assert failure["accounts"] == ["A2"]


def test_nan_in_parquet_is_no_quantity(check, tmp_path: Path) -> None:
    lots = pl.read_csv(TABLES["lots.csv"].encode()).with_columns(
        pl.when(pl.col("account_id") == "A2").then(float("nan")).otherwise("quantity").alias("quantity")
    )
    (tmp_path / "book").mkdir()
    lots.write_parquet(tmp_path / "book" / "lots.parquet")
    assert only(check({"lots.csv": None}))["accounts"] == ["A2"]


def test_an_unknown_basis_is_flagged_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_small_book(tmp_path, spoiled("lots.csv", "BND,5,90,", "BND,5,,"))
    assert run(["book", "check", str(folder)]) == 0
    assert "missing_basis (1)" in capsys.readouterr().out


@pytest.mark.parametrize("price", ["0", "-88.5", "nothing", ""])
def test_no_price_freezes_at_the_last_one_and_is_said(check, price: str) -> None:
    failure = only(check(spoiled("securities.csv", "etf,88.5", f"etf,{price}")))
    assert (failure["table"], failure["field"], failure["accounts"]) == ("securities", "price", [])
    assert failure["row"] == "BND (row 2)"


def test_no_price_at_all_isolates_who_holds_it(check) -> None:
    changes = spoiled("securities.csv", "etf,88.5", "etf,") | {"prices.csv": None}
    failure = only(check(changes))
    assert failure["accounts"] == ["A1", "A3"]
    assert "no price is known" in failure["message"]


def test_a_stale_price_is_said_and_isolates_nobody(check) -> None:
    failure = only(check(spoiled("securities.csv", "us_bond,2,,2020-06-01", "us_bond,2,,2020-05-25")))
    assert (failure["reason"], failure["value"], failure["accounts"]) == ("stale", "2020-05-25", [])


def test_a_price_of_tomorrow_is_no_price(check) -> None:
    failures = check(spoiled("securities.csv", "us_bond,2,,2020-06-01", "us_bond,2,,2020-06-02"))
    assert failures[0]["field"] == "price_date"
    assert isolated(failures) == []


def test_a_model_that_does_not_sum_to_one(check) -> None:
    failure = only(check(spoiled("models.csv", "BND,0.4", "BND,0.3"))[:1])
    assert failure["table"] == "models"
    assert "not 1" in failure["message"]
    assert failure["accounts"] == ["A1", "A2"]


def test_a_model_that_refers_to_itself(check) -> None:
    failures = check(spoiled("models.csv", "model,M1,0.9", "model,M2,0.9"))
    assert isolated(failures) == ["A3", "A4"]


def test_a_model_of_an_unknown_security_isolates_users_of_models_above_it(check) -> None:
    failures = check(spoiled("models.csv", "security,BND", "security,BNDX"))
    failure = failures[0]
    assert (failure["field"], failure["value"], failure["row"]) == ("ref", "BNDX", "M1/fi (row 4)")
    assert "did you mean BND?" in failure["message"]
    assert failure["accounts"] == EVERYONE


def test_another_firms_model(check) -> None:
    changes = spoiled("models.csv", "M2,core,,model,M1,0.9,F2\nM2,cash,,cash,,0.1,F2\n", (
        "M2,core,,model,M3,0.9,F2\nM2,cash,,cash,,0.1,F2\nM3,all,,security,VTI,1,F1\n"
    ))  # fmt: skip
    assert isolated(check(changes)) == ["A3", "A4"]


def test_a_household_across_two_firms_isolates_the_household(check) -> None:
    failure = only(check(spoiled("accounts.csv", "A4,F2,taxable,75,,T2", "A4,F2,taxable,75,H1,")))
    assert (failure["reason"], failure["field"], failure["value"]) == ("conflict", "household_id", "H1")
    assert failure["accounts"] == ["A1", "A2", "A4"]


def test_a_household_across_two_firms_without_a_table_of_households(check) -> None:
    changes = spoiled("accounts.csv", "A4,F2,taxable,75,,T2", "A4,F2,taxable,75,H1,")
    failures = check(changes | {"households.csv": None, "taxpayers.csv": None})
    assert isolated(failures) == ["A1", "A2", "A4"]


def test_both_rows_of_a_repeated_lot_are_named(check) -> None:
    failures = check(spoiled("lots.csv", "A1,L2", "A1,L1"))
    assert [failure["row"] for failure in failures] == ["A1/L1 (row 2)", "A1/L1 (row 3)"]
    assert {failure["reason"] for failure in failures} == {"duplicate"}
    assert "2, 3" in failures[0]["message"]
    assert isolated(failures) == ["A1"]


def test_a_lot_acquired_after_the_business_date(check) -> None:
    failure = only(check(spoiled("lots.csv", "2016-03-04", "2020-06-02")))
    assert (failure["field"], failure["value"], failure["accounts"]) == ("acquired", "2020-06-02", ["A1"])


def test_a_million_rows_cut_in_the_middle(check) -> None:
    head, row = "account_id,lot_id,security_id,quantity,unit_cost,acquired\n", "A1,L{},VTI,1,2,2015-03-04\n"
    whole = head + "".join(row.format(number) for number in range(1_000_000))
    failure = only(check({"lots.csv": whole[:-20]}))
    assert "middle of a row, after 999999 whole ones" in failure["message"]
    assert failure["accounts"] == EVERYONE


def test_a_file_cut_within_quotes(check) -> None:
    failures = check({"firms.csv": TABLES["firms.csv"][:20]})
    assert "middle of a row" in failures[0]["message"]
    assert isolated(failures) == EVERYONE


def test_parquet_cut_in_the_middle(check, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    whole = tmp_path / "whole.parquet"
    pl.read_csv(TABLES["lots.csv"].encode()).write_parquet(whole)
    (tmp_path / "book" / "lots.parquet").write_bytes(whole.read_bytes()[:300])
    failure = only(check({"lots.csv": None}))
    assert (failure["reason"], failure["accounts"]) == ("parsing", EVERYONE)


def test_latin_one_isolates_the_rows_it_spoils(check) -> None:
    spoilt = TABLES["lots.csv"].replace("A3,L1", "A3,Lé").encode("latin-1")
    failure = only(check({"lots.csv": spoilt}))
    assert (failure["reason"], failure["field"], failure["accounts"]) == ("parsing", "lot_id", ["A3"])
    assert "UTF-8" in failure["message"]


def test_sixteen_bit_text_is_named(check) -> None:
    failure = check({"firms.csv": TABLES["firms.csv"].encode("utf-16")})[0]
    assert "UTF-16" in failure["message"]


def test_both_csv_and_parquet(check, tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    pl.read_csv(TABLES["lots.csv"].encode()).write_parquet(tmp_path / "book" / "lots.parquet")
    failure = only(check())
    assert failure["reason"] == "conflict"
    assert "lots.csv and lots.parquet" in failure["message"]
    assert failure["accounts"] == EVERYONE


def test_an_unknown_table_names_the_nearest(check) -> None:
    failure = only(check({"restriction.csv": "scope,scope_id,rule,selector\n"}))
    assert "did you mean restrictions?" in failure["remedy"]
    assert failure["accounts"] == EVERYONE


def test_an_unknown_table_near_nothing_isolates_nobody(check) -> None:
    assert only(check({"qqq.csv": "a\n"}))["accounts"] == []


def test_an_unknown_policy_key_names_the_nearest(check) -> None:
    failure = only(check({"policies.csv": "scope,scope_id,key,value\nfirm,F2,min_trad,5\n"}))
    assert "did you mean min_trade?" in failure["message"]
    assert failure["accounts"] == ["A3", "A4"]


def test_a_policy_value_that_cannot_be(check) -> None:
    failure = only(check({"policies.csv": "scope,scope_id,key,value\naccount,A3,min_trade,lots\n"}))
    assert failure["accounts"] == ["A3"]


def test_a_missing_column_is_named(check) -> None:
    failure = check({"lots.csv": TABLES["lots.csv"].replace("unit_cost", "unit_price")})[0]
    assert (failure["field"], failure["reason"]) == ("unit_cost", "missing")


@pytest.mark.parametrize(
    "title", ['as_of = "soon"', "as_of = ", 'as_of = "2020-06-01"\nschema = "2"\ncurrency = "EUR"']
)
def test_a_wrong_title_stops_everyone(check, title: str) -> None:
    failures = check({"book.toml": title})
    assert failures[0]["table"] == "book.toml"
    assert isolated(failures) == EVERYONE
