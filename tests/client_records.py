"""Writes the records of `trimtab.client`, a dataclass a resource; `python -m tests.client_records` renews them."""

from collections.abc import Iterator
from keyword import iskeyword
from pathlib import Path

from trimtab.desk.browse import RESOURCES, Resource
from trimtab.store.tables import TABLES

PLACE = Path(__file__).resolve().parents[1] / "src" / "trimtab" / "client"
TYPES = {"text": "str", "decimal": "Decimal", "number": "float", "integer": "int", "count": "int", "flag": "bool",
         "date": "dt.date", "moment": "dt.datetime"}  # fmt: skip
FILES = {"facts": ("facts",), "results": ("results",), "records": ("firm",)}
SAID = {
    "facts": "Records of a firm's facts, as the API reads them; written by `tests/client_records.py`.",
    "results": "Records of what runs came to, as the API reads them; written by `tests/client_records.py`.",
    "records": "Records of approvals, halts, hooks and the audit; written by `tests/client_records.py`.",
}
SINGULAR = {"policies": "policy", "taxpayers": "taxpayer", "approved_list": "approved_security", "audit": "event",
            "deliveries": "delivery", "settings": "setting"}  # fmt: skip


def class_name(name: str) -> str:
    one = SINGULAR.get(name, name.removesuffix("s"))
    return "".join(word.capitalize() for word in one.split("_"))


def lines_of(name: str, resource: Resource) -> Iterator[str]:
    yield "@dataclass(frozen=True, slots=True, kw_only=True)"
    yield f"class {class_name(name)}(Record):"
    yield f'    """A row of `{name}`."""'
    yield ""
    yield f'    resource: ClassVar[str] = "{name}"'
    columns = TABLES[resource.table].columns
    for column in resource.columns:
        kind = TYPES[columns[column].info["kind"]]
        unknown = columns[column].nullable or (kind == "str" and column not in ("firm_id", *resource.key))
        name = f"{column}_" if iskeyword(column) else column
        yield f"    {name}: {kind}{' | None' if unknown else ''}"


def written(file: str) -> str:
    found = {name: one for name, one in RESOURCES.items() if one.table.split(".")[0] in FILES[file]}
    body = "\n\n\n".join("\n".join(lines_of(name, one)) for name, one in found.items())
    heads = [f'"""{SAID[file]}"""', "", "import datetime as dt", "from dataclasses import dataclass"]
    heads += ["from decimal import Decimal"] if ": Decimal" in body else []
    heads += ["from typing import ClassVar", "", "from trimtab.client.record import Record", "", ""]
    return "\n".join(heads) + "\n" + body + "\n"


if __name__ == "__main__":
    for file in FILES:
        (PLACE / f"{file}.py").write_text(written(file), encoding="utf-8")
