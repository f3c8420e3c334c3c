"""`trimtab frontier`: an account of the book, a prospect's file, and what is refused."""

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest
from tests.e2e.tiny import lay

from trimtab.cli.main import run

HELD = (
    "symbol,quantity,unit_cost,acquired\nOLD,500,40,2015-01-05\nbank,300,60,2015-03-05\nUS,100,,2020-01-02\n"
    "CASH,2000,,\n"
)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(lay("plans", tmp_path_factory.mktemp("frontier") / "book"))


def test_an_account_of_the_book(book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, page = tmp_path / "points.csv", tmp_path / "points.html"
    assert run(["frontier", book, "--account", "S8-NONE", "--out", str(out), "--html", str(page)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "S8-NONE: $125,000, 27 June 2025"
    assert "point\ttracking_error\ttax\tfinish_date" in "\n".join(said)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) >= 7
    taxes, errors = ([float(row[name]) for row in rows] for name in ("tax", "tracking_error"))
    assert all(a <= b for a, b in pairwise(taxes))
    assert all(a >= b for a, b in pairwise(errors))
    assert (taxes[0], rows[0]["turnover"]) == (0.0, "0.0")
    assert errors[-1] < 0.001
    assert rows[-1]["finish_date"] == "2025-06-27"
    dates = [row["finish_date"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    text = page.read_text()
    assert text.count("<circle") == len(rows)
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_the_end_agrees_with_the_tax_of_full_realignment(
    book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rebalance", book, "--account", "S8-NONE", "--out", str(tmp_path)]) == 0
    row = next(csv.DictReader((tmp_path / "evaluations.csv").read_text().splitlines()))
    capsys.readouterr()
    assert run(["frontier", book, "--account", "S8-NONE", "--json"]) == 0
    last = json.loads(capsys.readouterr().out)["points"][-1]
    assert last["tax"] == pytest.approx(float(row["tax_of_full_realignment"]), rel=0.01)


def test_a_prospects_holdings(book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "held.csv"
    file.write_text(HELD)
    rates = ["--short-rate", "0.3", "--long-rate", "0.2"]
    assert run(["frontier", book, "--holdings", str(file), "--model", "BALANCED", "--json", *rates]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["account_id"], told["value"]) == ("PROSPECT", 74000.0)
    assert told["points"][-1]["tax"] == 4800.0
    assert told["points"][0]["tax"] == 0.0
    assert any("unknown basis" in line for line in told["notices"])


def test_a_brokers_export(book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "lots.csv"
    file.write_text(
        '"OLD Lot Details for XXXX-0001 as of 09:00 AM ET, 06/27/2025"\n\n'
        '"Open Date","Quantity","Price","Cost/Share","Market Value","Cost Basis","Gain/Loss $","Holding Period",\n'
        '"03/05/2021","500","$100","$40","$50,000","$20,000.00","$30,000","Long Term",\n'
    )
    call = ["frontier", book, "--holdings", str(file), "--model", "BALANCED", "--cash", "1000", "--json"]
    assert run(call) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["value"] == 51000.0
    assert told["points"][-1]["tax"] == pytest.approx(30000 * 0.238, abs=1)


def test_lots_of_unknown_day_wait_until_it_is_told(
    book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "held.csv"
    file.write_text("symbol,quantity,unit_cost\nOLD,500,40\n")
    call = ["frontier", book, "--holdings", str(file), "--model", "BALANCED", "--json"]
    assert run(call) == 0
    unknown = json.loads(capsys.readouterr().out)["points"]
    assert unknown[-1]["finish_date"] is None
    assert unknown[-1]["realized_long"] == 0.0
    assert run([*call, "--acquired", "2019-01-01"]) == 0
    assert json.loads(capsys.readouterr().out)["points"][-1]["realized_long"] == pytest.approx(30000, abs=100)


def test_a_holding_that_no_one_knows_is_told_and_the_rest_goes_on(
    book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "held.csv"
    file.write_text(HELD + "XYZ,5,4,2020-01-01\n")
    assert run(["frontier", book, "--holdings", str(file), "--model", "BALANCED"]) == 1
    said = capsys.readouterr()
    assert "XYZ no security of the book has this name" in said.err
    assert "\n10\t" in said.out


def test_no_frontier_without_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = str(lay("decisions", tmp_path / "book"))
    assert run(["frontier", other, "--account", "NO-MODEL"]) == 1
    assert "no target" in capsys.readouterr().err
    assert run(["frontier", other, "--account", "IRA", "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert {row["tax"] for row in points} == {0.0}
    assert points[-1]["finish_date"] == "2025-06-27"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "give --account ID"),
        (["--account", "NOBODY"], "enrols no account"),
        (["--holdings", "FILE"], "--model"),
        (["--holdings", "FILE", "--model", "NONE"], "no model NONE"),
        (["--holdings", "FILE", "--model", "BALANCED", "--firm", "GAMMA"], "no firm GAMMA"),
        (["--holdings", "FILE", "--model", "BALANCED", "--cash", "much"], "not a number"),
        (["--holdings", "FILE", "--model", "BALANCED", "--long-rate", "0.2"], "go together"),
        (["--holdings", "BAD", "--model", "BALANCED"], "no kind of file"),
    ],
)
def test_bad_calls(
    book: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (tmp_path / "held.csv").write_text(HELD)
    (tmp_path / "bad.csv").write_text("hello\n")
    places = {"FILE": str(tmp_path / "held.csv"), "BAD": str(tmp_path / "bad.csv")}
    assert run(["frontier", book, *(places.get(one, one) for one in arguments)]) == 2
    assert words in capsys.readouterr().err
