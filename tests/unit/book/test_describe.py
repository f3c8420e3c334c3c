"""The contract for machines."""

import json

from trimtab.book.describe import datapackage, describe_book
from trimtab.book.tables_wishes import TABLES_IN


def test_every_table_and_column_is_described() -> None:
    described = json.loads(json.dumps(describe_book()))
    assert [table["name"] for table in described["in"]] == list(TABLES_IN)
    lots = next(table for table in described["in"] if table["name"] == "lots")
    assert lots["key"] == ["account_id", "lot_id"]
    assert lots["columns"][3] == {
        "name": "quantity", "type": "decimal", "required": True, "may_be_empty": False, "minimum": "0",
    }  # fmt: skip
    securities = next(table for table in described["in"] if table["name"] == "securities")
    price_factor = next(column for column in securities["columns"] if column["name"] == "price_factor")
    assert (price_factor["default"], price_factor["above"]) == ("1", "0")


def test_the_data_package_is_what_frictionless_asks_for() -> None:
    package = json.loads(json.dumps(datapackage()))
    assert package["profile"] == "tabular-data-package"
    names = [resource["name"] for resource in package["resources"]]
    assert names == list(TABLES_IN)
    types = {"string", "number", "integer", "boolean", "date"}
    for resource in package["resources"]:
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert resource["path"] == f"{resource['name']}.csv"
        assert {field["type"] for field in fields.values()} <= types
        assert set(resource["schema"].get("primaryKey", [])) <= set(fields)
        for link in resource["schema"].get("foreignKeys", []):
            assert link["fields"] in fields
            assert link["reference"]["resource"] in names


def test_links_and_limits() -> None:
    resources = {resource["name"]: resource for resource in datapackage()["resources"]}
    lots = resources["lots"]["schema"]
    assert {"fields": "account_id", "reference": {"resource": "accounts", "fields": "account_id"}} in lots[
        "foreignKeys"
    ]
    accounts = {field["name"]: field for field in resources["accounts"]["schema"]["fields"]}
    assert accounts["tax_type"]["constraints"] == {
        "required": True, "enum": ["taxable", "tax_deferred", "tax_exempt"],
    }  # fmt: skip
