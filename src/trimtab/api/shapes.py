"""Words of requests that several routes share."""

from typing import Annotated

from fastapi import Header, Path
from pydantic import BaseModel, Field, StringConstraints

from trimtab.desk.customize import ANY
from trimtab.desk.customize import Seen as Believed

Said = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]
"""A name, an id or a sentence."""
Key = Annotated[
    Said, Header(alias="Idempotency-Key", description="The same key again is the same act, done once.")
]
Id = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
"""An id in a place."""
FirmOf = Annotated[Id, Path(description="The firm; `*` is the desk itself.", examples=["F1"])]
IfMatch = Annotated[str, Header(alias="If-Match", description="The ETag of what was seen; `*`: anything.")]
IfNoneMatch = Annotated[str, Header(alias="If-None-Match", description="`*`: only where nothing stands yet.")]
Cell = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00]*$")] | bool | int | Annotated[
    float, Field(allow_inf_nan=False)
] | None  # fmt: skip
Rows = list[dict[Said, Cell]]
"""Rows of a table, by column; a decimal is exact as text."""


class Seen(BaseModel):
    """The digest of what was seen."""

    content_digest: Said


def believed(if_match: str, if_none_match: str) -> Believed:
    """What the headers of a request say stands."""
    tag = if_match.strip().removeprefix("W/").strip('"') or None
    return Believed(ANY if if_match.strip() == ANY else tag, nothing=if_none_match.strip() == ANY)
