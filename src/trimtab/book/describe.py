"""The contract for machines: every table as JSON, and as a Frictionless data package."""

from collections.abc import Mapping

from trimtab.book.schema import SCHEMA_VERSION, Column, Kind, Table
from trimtab.book.tables_out import TABLES_OUT
from trimtab.book.tables_wishes import TABLES_IN

_FRICTIONLESS = {
    Kind.TEXT: "string",
    Kind.LIST: "string",
    Kind.DATE: "date",
    Kind.DECIMAL: "number",
    Kind.NUMBER: "number",
    Kind.INTEGER: "integer",
    Kind.FLAG: "boolean",
}


def describe_book() -> dict[str, object]:
    """The schema of tables in and out as plain data."""
    return {
        "schema": SCHEMA_VERSION,
        "in": [_describe(table) for table in TABLES_IN.values()],
        "out": [_describe(table) for table in TABLES_OUT.values()],
    }


def _describe(table: Table) -> dict[str, object]:
    return {
        "name": table.name,
        "description": table.doc,
        "required": table.required,
        "key": list(table.key),
        "columns": [_describe_column(column) for column in table.columns],
    }


def _describe_column(column: Column) -> dict[str, object]:
    facts: dict[str, object] = {
        "name": column.name,
        "type": column.kind.value,
        "description": column.doc,
        "required": column.required,
        "may_be_empty": not column.needed,
        "default": column.default,
        "allowed": list(column.allowed),
        "above" if column.above else "minimum": column.minimum,
        "maximum": column.maximum,
        "pattern": column.pattern,
        "references": column.references,
    }
    kept = ("required", "may_be_empty")
    return {name: fact for name, fact in facts.items() if name in kept or fact not in (None, "", [])}


def datapackage(tables: Mapping[str, Table] = TABLES_IN) -> dict[str, object]:
    """A Frictionless data package (profile tabular-data-package) of the tables in, one CSV resource each."""
    return {
        "profile": "tabular-data-package",
        "name": "trimtab-book",
        "title": "A Trimtab book",
        "version": SCHEMA_VERSION,
        "resources": [_resource(table, tables) for table in tables.values()],
    }


def _resource(table: Table, tables: Mapping[str, Table]) -> dict[str, object]:
    schema: dict[str, object] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
    }
    if all(table.column(name).needed for name in table.key):
        schema["primaryKey"] = list(table.key)
    links = [
        {"fields": column.name, "reference": {"resource": target, "fields": field}}
        for column in table.columns
        if column.references is not None and not column.loose
        for target, field in [column.references.split(".")]
        if tables[target].key == (field,)
    ]
    if links:
        schema["foreignKeys"] = links
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "path": f"{table.name}.csv",
        "description": table.doc,
        "format": "csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(column: Column) -> dict[str, object]:
    limits: dict[str, object] = {}
    if column.needed:
        limits["required"] = True
    if column.allowed and column.kind is Kind.TEXT:
        limits["enum"] = list(column.allowed)
    if column.minimum is not None:
        limits["minimum"] = float(column.minimum)
    if column.maximum is not None:
        limits["maximum"] = float(column.maximum)
    if column.pattern is not None:
        limits["pattern"] = column.pattern
    field: dict[str, object] = {"name": column.name, "type": _FRICTIONLESS[column.kind]}
    if column.doc:
        field["description"] = column.doc
    if limits:
        field["constraints"] = limits
    return field
