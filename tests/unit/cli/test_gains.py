import csv
import io
import json
from pathlib import Path

import pytest
from tests.small_book import write_small_book

from trimtab.cli.main import run

CASES = Path(__file__).resolve().parents[2] / "cases" / "feeds"
PLAIN = str(CASES / "plain.csv")


def said(capsys, *arguments):
    code = run(["gains", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_plain_csv_as_tables(capsys):
    code, out, err = said(capsys, PLAIN)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "Read as: transactions in the columns of the book (CSV) (8 rows; accounts JOINT, IRA)"
    assert "I\tA\t40 ALFA\t2023-06-15\t2024-02-01\t720.00\t600.00\t\t0.00\t120.00\tS\tJOINT" in lines
    assert "II\tD\t50 ALFA\t2023-01-10\t2024-04-01\t200.00\t250.00\tW\t30.00\t-20.00\tL\tJOINT" in lines
    assert "JOINT\tALFA\tB4\t30\t170.00\t2024-04-10\t2023-01-19" in lines
    assert "2024\thousehold\t120.00\t-20.00\t30.00\t0.00\t12.50\t0\t45.90" in lines
    assert sum(line.startswith("Coverage:") for line in lines) == 1


def test_form_8949_by_part_and_box_with_totals(capsys):
    code, out, _ = said(capsys, PLAIN, "--form", "8949")
    assert code == 0
    boxes = [line for line in out.splitlines() if line.startswith("Form 8949")]
    assert boxes == ["Form 8949, Part I, box A", "Form 8949, Part II, box D"]
    assert "Total\t\t\t200.00\t250.00\t\t30.00\t-20.00\t" in out


def test_csv_has_the_columns_of_the_form(capsys):
    code, out, _ = said(capsys, PLAIN, "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["part"], row["box"], row["code"], row["adjustment"], row["gain"]) for row in rows] == [
        *(("I", "A", "", "0.00", "120.00"), ("II", "D", "W", "30.00", "-20.00"))
    ]


@pytest.mark.parametrize("asked", [("--format", "json"), ("--json",)])
def test_json_is_decimal_text_in_the_form_of_a_lots_case(capsys, asked):
    code, out, err = said(capsys, PLAIN, "--form", "8949", *asked)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert found["totals"] == {
        "short": "120.00",
        "long": "-20.00",
        "disallowed": "30.00",
        "permanently_disallowed": "0.00",
        "open_basis": "1220.00",
    }
    assert found["closed"][1] | {"broker": 0, "form_8949": 0} == {
        "sell": "S2",
        "lot": "B1",
        "account": "JOINT",
        "symbol": "ALFA",
        "description": "ALFA",
        "qty": "50",
        "proceeds": "200.00",
        "basis": "250.00",
        "disallowed": "30.00",
        "permanently_disallowed": "0.00",
        "code": "W",
        "gain": "-20.00",
        "term": "L",
        "acquired": "2023-01-10",
        "adjusted_acquired": "2023-01-10",
        "disposed": "2024-04-01",
        "broker": 0,
        "form_8949": 0,
    }
    assert found["years"]["2024"]["household"]["tax"] == "45.90"
    assert [row["box"] for row in found["form_8949"]] == ["A", "D"]
    assert found["failures"] == []


def test_broker_and_household_side_by_side_where_they_differ(capsys):
    _, out, _ = said(capsys, CASES / "household.json")
    assert "S1\tB1\tMF\t400.00\t0.00\t400.00" in out.splitlines()
    assert "2024\tbroker\t-1000.00\t0.00\t0.00\t0.00\t0.00\t0\t-370.00" in out.splitlines()


def test_unknown_is_shown_as_unknown_and_the_exit_code_tells(capsys):
    code, out, err = said(capsys, CASES / "statement1.ofx")
    assert code == 1
    assert "\t\t20 Alfa Corp\tunknown\t2024-03-20\t360.00\tunknown\t\t\tunknown\tunknown" in out
    assert "Not in the file: the purchase of 20 ALFA in OFX-1" in out
    assert "basis: 20 ALFA sold 2024-03-20: the basis is unknown" in err
    facts = json.loads(said(capsys, CASES / "statement1.ofx", "--json")[1])
    (unknown,) = [row for row in facts["closed"] if row["basis"] is None]
    assert (unknown["gain"], unknown["term"], unknown["acquired"], unknown["form_8949"]) == (
        None,
        None,
        None,
        None,
    )
    assert facts["years"]["2024"]["household"]["tax"] is None


def test_two_brokers_files_are_one_household(capsys, tmp_path):
    header = "account_id,date,kind,security_id,quantity,amount\n"
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(header + "A,2024-03-01,sell,ALFA,1,100\nA,2024-01-02,buy,ALFA,1,400\n")
    two.write_text(header + "B,2024-03-05,buy,ALFA,1,90\nB,2024-06-05,buy,BETA,1,90\n")
    both = json.loads(said(capsys, one, two, "--json")[1])
    assert both["years"]["2024"]["household"]["disallowed"] == "300.00"
    assert both["years"]["2024"]["broker"]["disallowed"] == "0.00"
    assert both["rows_read"] == 4
    assert json.loads(said(capsys, two, one, "--json")[1])["closed"] == both["closed"]
    assert json.loads(said(capsys, one, "--json")[1])["years"]["2024"]["household"]["disallowed"] == "0.00"


def test_one_year(capsys):
    assert "2024-02-01" not in said(capsys, PLAIN, "--year", "2023")[1]


def test_types_of_accounts_from_the_caller(capsys):
    code, out, _ = said(capsys, CASES / "statement1.ofx", "--account-type", "OFX-1=roth_ira:spouse")
    assert code == 0
    assert "tax-advantaged: OFX-1" in out


def test_relief_from_the_caller(capsys, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(
        "date,kind,security_id,quantity,amount\n2024-01-02,buy,X,1,10\n2024-01-03,buy,X,1,30\n2024-02-01,sell,X,1,40\n"
    )
    assert "\t10.00\t\t0.00\t30.00\t" in said(capsys, path)[1]
    assert "\t30.00\t\t0.00\t10.00\t" in said(capsys, path, "--relief", "hifo")[1]


def test_a_bad_row_names_file_row_field_and_remedy(capsys, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("date,kind,security_id,quantity,amount\n2024-13-02,buy,X,1,10\n2024-01-03,buy,X,1,30\n")
    code, out, err = said(capsys, path)
    assert code == 1
    assert err.startswith("t.csv, line 2, date: '2024-13-02' is no day of the calendar; write")
    assert "X" in out


def test_many_faults_are_counted_and_not_all_shown(capsys, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("date,kind,security_id,quantity,amount\n" + "2024-01-02,buy,X,one,10\n" * 60)
    _, _, err = said(capsys, path)
    assert len(err.splitlines()) == 51
    assert err.endswith("and 10 more: --json lists all\n")


def test_a_book(capsys, tmp_path):
    header = "account_id,transaction_id,date,kind,security_id,quantity,amount,lot_id,gain,term"
    sold = f"{header}\nA1,S1,2020-05-20,sell,VTI,4,400,OLD,-100,L\n"
    code, out, err = said(capsys, write_small_book(tmp_path / "book", {"transactions.csv": sold}))
    assert (code, err) == (0, "")
    assert "II\tE\t4 VTI\tVARIOUS\t2020-05-20\t400.00\t500.00\t\t0.00\t-100.00\tL\tA1" in out.splitlines()


@pytest.mark.parametrize(
    "arguments",
    [
        (PLAIN, "--form", "1040"),
        (PLAIN, "--relief", "SPEC"),
        (PLAIN, "--year", "twenty"),
        (PLAIN, "--account-type", "JOINT"),
        ("none.csv",),
        (PLAIN, str(CASES)),
        (),
    ],
)
def test_a_bad_call_is_two(capsys, arguments):
    code, _, err = said(capsys, *arguments)
    assert code == 2
    assert err


def test_a_file_of_no_known_kind_is_two_and_says_what_is_known(capsys, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    code, _, err = said(capsys, path)
    assert code == 2
    assert "photo.jpg" in err
    assert "Fidelity" in err


def test_help_has_an_example(capsys):
    assert run(["gains", "--help"]) == 0
    assert "Example:" in capsys.readouterr().out
