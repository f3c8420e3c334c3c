"""The contract's defaults stand in empty cells; everything else stays unknown."""

from decimal import Decimal

from tests.small_book import TABLES, spoiled


def test_defaults_of_the_contract(read) -> None:
    tables = read().tables
    account = tables["accounts"].row(0, named=True)
    assert (account["status"], account["discretion"], account["margin"]) == ("open", True, False)
    assert (account["name"], account["unsettled_cash"], account["opened"]) == (None, None, None)
    security = tables["securities"].row(0, named=True)
    assert (security["price_factor"], security["fractional"]) == (Decimal(1), False)
    payer = tables["taxpayers"].row(0, named=True)
    assert (payer["loss_limit"], payer["expected_gain"], payer["ytd_short"]) == (
        Decimal(3000),
        Decimal(0),
        None,
    )


def test_an_assumed_spread_is_said(read) -> None:
    book = read({"securities.csv": TABLES["securities.csv"].replace("us_equity,1,", "us_equity,,")})
    assert book.tables["securities"].filter(security_id="VTI")["half_spread_bps"].to_list() == [2.0]
    assert book.notices == ("securities: half_spread_bps of 1 of 4 is unknown; 2 is used",)


def test_a_bond_of_unknown_factor_is_told(read) -> None:
    book = read(spoiled("securities.csv", "us_bond,5,0.01", "us_bond,5,"))
    said = "securities: price_factor of 1 bonds is unknown; 1 is used (0.01 where quoted per 100 of face)"
    assert book.notices == (said,)
