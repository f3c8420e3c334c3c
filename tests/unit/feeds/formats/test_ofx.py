import pytest

from trimtab.core.result import Reason
from trimtab.feeds.parse import parse

TRADE = "<INVTRAN><FITID>{}<DTTRADE>20240102</INVTRAN><SECID><UNIQUEID>C1<UNIQUEIDTYPE>CUSIP</SECID>"


def read(*transactions, currency="USD", more=""):
    listed = "".join(transactions)
    return parse(
        "o.qfx",
        (
            "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\n"
            "COMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX><INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS>"
            f"<DTASOF>20240630<CURDEF>{currency}<INVACCTFROM><BROKERID>b<ACCTID>1</INVACCTFROM>"
            f"<INVTRANLIST>{listed}</INVTRANLIST>{more}</INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>"
        ).encode(),
    )


def trade(tag, units, total, number=1):
    side = "INVBUY" if tag.startswith("BUY") else "INVSELL"
    return f"<{tag}><{side}>{TRADE.format(number)}<UNITS>{units}<TOTAL>{total}</{side}></{tag}>"


def test_what_the_sgml_statement_comes_to(fixture, come_to):
    found = come_to(fixture("statement1.ofx"))
    assert found.rows_read == 4
    known, unknown = sorted(found.rows, key=lambda row: row.unknown)
    assert (known.description, str(known.closed.quantity), str(known.closed.disallowed)) == (
        "Alfa Corp",
        "5",
        "1.05",
    )
    assert (str(unknown.closed.quantity), unknown.closed.basis) == ("20", None)
    assert {(lot.security_id, str(lot.quantity)) for lot in found.lots} == {("ALFA", "5"), ("ALFA", "0.5")}
    assert str(found.years[2024][0].distributed_long) == "3.3"


def test_a_plan_is_sheltered_and_the_reader_told(fixture, come_to):
    found = come_to(fixture("statement2.ofx"))
    assert [account.taxable for account in found.accounts] == [False]
    assert not found.lots
    assert any("PLAN-1" in note for note in found.notices)


@pytest.mark.parametrize(
    ("tag", "kind"), [("BUYSTOCK", "buy"), ("BUYMF", "buy"), ("SELLDEBT", "sell"), ("SELLOTHER", "sell")]
)
def test_trades_in_the_ledgers_words(tag, kind):
    (line,) = read(trade(tag, "-5", "-50")).lines
    assert (line.row["type"], line.row["qty"], line.row["amount"]) == (kind, "5", "50")


def test_splits_returns_of_capital_and_transfers():
    statement = read(
        f"<SPLIT>{TRADE.format(1)}<NUMERATOR>2<DENOMINATOR>1</SPLIT>",
        f"<RETOFCAP>{TRADE.format(2)}<TOTAL>5</RETOFCAP>",
        f"<TRANSFER>{TRADE.format(3)}<UNITS>4<TFERACTION>IN<AVGCOSTBASIS>2.5<DTPURCHASE>20200101</TRANSFER>",
        f"<TRANSFER>{TRADE.format(4)}<UNITS>-4<TFERACTION>OUT</TRANSFER>",
    )
    assert [line.row["type"] for line in statement.lines] == [
        *("split", "return_of_capital_total", "transfer_in", "transfer_out")
    ]
    assert statement.lines[2].row["basis"] == "10.0"
    assert statement.lines[2].row["acquired"] == "2020-01-01"


def test_a_transaction_twice_is_a_duplicate():
    statement = read(trade("BUYSTOCK", "5", "-50"), trade("BUYSTOCK", "5", "-50"))
    assert len(statement.lines) == 1
    assert [f.reason for f in statement.failures] == [Reason.DUPLICATE]


@pytest.mark.parametrize(
    "transaction",
    [
        trade("BUYOPT", "1", "-50"),
        f"<CLOSUREOPT>{TRADE.format(1)}<UNITS>1</CLOSUREOPT>",
        trade("SELLSTOCK", "x", "50"),
        trade("SELLSTOCK", "5", "--"),
        trade("BUYSTOCK", "5", "5").replace("20240102", "20249999"),
    ],
)
def test_what_cannot_be_counted_is_said(transaction):
    statement = read(transaction, trade("BUYSTOCK", "5", "-50", number=2))
    assert len(statement.lines) == 1
    assert [f.row for f in statement.failures] == ["1"]


def test_a_transaction_that_swallows_others_is_said():
    statement = read(trade("SELLSTOCK", "5", ""), trade("BUYSTOCK", "5", "-50", number=2))
    assert [(f.row, f.reason) for f in statement.failures] == [("1", Reason.PARSING)]


def test_only_dollars_are_counted():
    assert [f.reason for f in read(trade("BUYMF", "5", "-50"), currency="CAD").failures] == [
        Reason.NOT_APPLICABLE
    ]


def test_a_short_position_is_said():
    held = "<INVPOS><SECID><UNIQUEID>C1</SECID><POSTYPE>SHORT<UNITS>-5</INVPOS>"
    position = f"<INVPOSLIST><POSSTOCK>{held}</POSSTOCK></INVPOSLIST>"
    assert [f.reason for f in read(more=position).failures] == [Reason.NOT_APPLICABLE]


@pytest.mark.parametrize(
    "data", [b"<OFX><A>", b"OFXHEADER:100", b"<?OFX OFXHEADER='200'?><OFX></X>", b"<OFX>" * 90]
)
def test_a_broken_file_is_one_clear_failure(data):
    statement = parse("broken.ofx", data)
    (failure,) = statement.failures
    assert (failure.reason, failure.table) == (Reason.PARSING, "broken.ofx")
    assert failure.remedy
