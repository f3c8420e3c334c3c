import csv
import io
from decimal import Decimal as D

import polars as pl
import pytest

from trimtab.trade.orders import ORDER_COLUMNS
from trimtab.venues.order_files import order_files, readme, render
from trimtab.venues.templates import NOTICE, TEMPLATES, template_for


def orders(custodian="schwab"):
    sell = ("A1", custodian, "S2", "VTI", "sell", D("30.500000000"), "market", "specific", "L1:20.5;L2:10")
    buy = ("A1", custodian, "S1", "VTSAX", "buy", D("10.000000000"), "nav", None, None)
    return pl.DataFrame(
        [sell, buy],
        schema=list(ORDER_COLUMNS),
        orient="row",
        schema_overrides={"quantity": pl.Decimal(38, 9)},
    )


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_layout_carries_account_symbol_side_quantity_and_lots(name):
    template = TEMPLATES[name]
    rows = list(csv.reader(io.StringIO(render(orders(), template)), delimiter=template.delimiter))
    header, sell, buy = rows
    assert header == [title for title, _ in template.columns]
    at = {source: i for i, (_, source) in enumerate(template.columns)}
    assert sell[at["account_id"]] == "A1"
    assert sell[at["symbol"]] == "VTI"
    assert sell[at["quantity"]] == "30.5"
    assert buy[at["quantity"]] == "10"
    assert sell[at["lot_instructions"]] == "L1:20.5;L2:10"
    assert buy[at["lot_instructions"]] == ""
    sides = template.codes.get("side", {"sell": "sell", "buy": "buy"})
    assert (sell[at["side"]], buy[at["side"]]) == (sides["sell"], sides["buy"])


def test_a_custodian_is_found_by_its_first_word_and_an_unknown_one_gets_the_generic_layout():
    assert template_for("Schwab Advisor Services").name == "schwab"
    assert template_for("FIDELITY_IWS").name == "fidelity"
    assert template_for("Bank of Nowhere").name == "generic"
    assert template_for(" ").name == "generic"


def test_one_file_a_custodian_with_a_safe_name():
    both = pl.concat([orders("schwab"), orders("../etc")])
    files = dict(order_files(both))
    assert sorted(files) == ["orders__etc.generic.csv", "orders_schwab.schwab.csv"]
    assert files["orders_schwab.schwab.csv"].count("\r\n") == 3


def test_the_notice_stands_beside_the_files():
    assert NOTICE in readme()
