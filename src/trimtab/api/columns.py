"""The store's columns as the API's types: what a cell looks like in an answer, a filter, a key, a cursor."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, create_model
from pydantic import ValidationError as InvalidError

from trimtab.desk.browse import Resource

_INT8, _INT4 = 2**63 - 1, 2**31 - 1
Text = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
Exact = Annotated[
    str, StringConstraints(pattern=r"^-?[0-9]{1,29}(\.[0-9]{1,9})?$"), Field(examples=["1250.5"])
]
"""A decimal as text: exact, which a JSON number is not."""
SHOWN: Mapping[str, Any] = {
    "text": str, "decimal": Exact, "number": float, "integer": int, "count": int, "date": date, "flag": bool,
    "moment": datetime,
}  # fmt: skip
ASKED: Mapping[str, Any] = {
    "text": Text,
    "decimal": Annotated[Decimal, Field(max_digits=38, decimal_places=9)],
    "number": Annotated[float, Field(allow_inf_nan=False)],
    "integer": Annotated[int, Field(ge=-_INT8, le=_INT8)],
    "count": Annotated[int, Field(ge=-_INT4, le=_INT4)],
    "date": date,
    "flag": bool,
    "moment": AwareDatetime,
}
RANGES = {".from": ">=", ".until": "<="}
"""What may follow a column's name in a filter, where its kind has an order that people use."""
_RANGED = ("decimal", "number", "integer", "count", "date", "moment")


def as_json(value: object) -> object:
    """A cell in an answer: decimals as exact text, moments and dates in ISO, no number that JSON has not."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not -float("inf") < value < float("inf"):
        return None
    return value


def row_model(name: str, columns: Mapping[str, str], known: Sequence[str] = ()) -> type[BaseModel]:
    """The shape of a row in an answer; columns that are `known` are never null."""
    fields: dict[str, Any] = {}
    for number, (column, kind) in enumerate(columns.items()):
        shown = SHOWN[kind] if column in known else SHOWN[kind] | None
        fields[f"c{number}"] = (shown, Field(alias=column))
    made: type[BaseModel] = create_model(name, **fields)
    return made


def page_model(name: str, resource: Resource) -> type[BaseModel]:
    """The shape of a page of a resource."""
    row = row_model(f"{name}_row", resource.columns)
    made: type[BaseModel] = create_model(
        f"{name}_page",
        rows=(list[row], ...),  # type: ignore[valid-type]
        next=(
            str | None,
            Field(description="The cursor of the page after this one; null: this is the last."),
        ),
    )
    return made


class Asked(BaseModel):
    """Query parameters of a page: how many rows, from where, and one filter a column."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[int, Field(ge=1, le=1000)] = 200
    cursor: Annotated[str, Field(max_length=4000, description="`next` of the page before.")] = ""


def query_model(name: str, resource: Resource) -> type[Asked]:
    """The query parameters of a resource: a column's name, or `NAME.from` and `NAME.until` where it has an order."""
    fields: dict[str, Any] = {}
    for column, kind in resource.columns.items():
        for suffix in ("", *(RANGES if kind in _RANGED else ())):
            fields[f"q{len(fields)}"] = (ASKED[kind] | None, Field(None, alias=column + suffix))
    made: type[Asked] = create_model(f"{name}_query", __base__=Asked, **fields)
    return made


def conditions_of(asked: Asked) -> dict[str, object]:
    """The filters of a request as conditions of the store."""
    found: dict[str, object] = {}
    for name, field in type(asked).model_fields.items():
        value = getattr(asked, name)
        if field.alias is None or value is None:
            continue
        column, dot, _ = field.alias.partition(".")
        found[column if not dot else f"{column} {RANGES[field.alias[len(column) :]]}"] = value
    return found


class CursorError(Exception):
    """The cursor is none that was given."""

    def __init__(self) -> None:
        super().__init__("the cursor is none that was given")


@cache
def _keys(kinds: tuple[str, ...]) -> TypeAdapter[tuple[object, ...]]:
    key: Any = tuple.__class_getitem__(tuple(ASKED[kind] for kind in kinds))
    return TypeAdapter(key)


def _kinds(resource: Resource) -> tuple[str, ...]:
    return tuple(resource.columns[name] for name in resource.key)


def cursor_of(after: tuple[object, ...]) -> str:
    """A key as the cursor of the page that follows it."""
    return base64.urlsafe_b64encode(json.dumps([as_json(part) for part in after]).encode()).decode()


def after_cursor(cursor: str, resource: Resource) -> tuple[object, ...] | None:
    """The key that a cursor means; CursorError where it is none."""
    if not cursor:
        return None
    try:
        return _keys(_kinds(resource)).validate_json(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, InvalidError):
        raise CursorError from None
