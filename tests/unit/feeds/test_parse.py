import pytest

from trimtab.feeds import parse as parsing
from trimtab.feeds.parse import parse
from trimtab.feeds.statement import NotAFeedError


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("plain.csv", "transactions in the columns of the book (CSV)"),
        ("household.json", "a household in the form of a lots case (JSON)"),
        ("schwab_transactions.csv", "Schwab transactions (CSV)"),
        ("schwab_positions.csv", "Schwab positions (CSV)"),
        ("schwab_lots.csv", "Schwab lot details (CSV)"),
        ("schwab_checking.csv", "Schwab bank transactions (CSV)"),
        ("fidelity_history.csv", "Fidelity account history (CSV)"),
        ("fidelity_positions.csv", "Fidelity positions (CSV)"),
        ("fidelity_closed.csv", "Fidelity closed lots (CSV)"),
        ("statement1.ofx", "OFX statement"),
        ("statement2.ofx", "OFX statement"),
        ("flex.xml", "Interactive Brokers Flex query (XML)"),
    ],
)
def test_the_kind_is_read_from_the_content(fixture, name, source):
    assert fixture(name).source == source


@pytest.mark.parametrize(
    "data", [b"", b"  \n", b"hello", b"a,b\n1,2\n", b"<html></html>", b"{", b"[1]", b"\x89PNG\r\n"]
)
def test_anything_else_is_refused_by_name(data):
    with pytest.raises(NotAFeedError, match=r"thing\.dat"):
        parse("thing.dat", data)


def test_what_is_known_is_listed_and_a_file_too_large_refused(monkeypatch):
    with pytest.raises(NotAFeedError, match="Schwab"):
        parse("x", b"hello")
    monkeypatch.setattr(parsing, "BYTES_MAX", 3)
    with pytest.raises(NotAFeedError, match="larger"):
        parse("x", b"date,")
