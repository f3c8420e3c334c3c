"""Words of requests that several routes share."""

from typing import Annotated

from fastapi import Header, Path
from pydantic import BaseModel, StringConstraints

Said = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")]
"""A name, an id or a sentence."""
Key = Annotated[
    Said, Header(alias="Idempotency-Key", description="The same key again is the same act, done once.")
]

Id = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
"""An id in a place."""
FirmOf = Annotated[Id, Path(description="The firm; `*` is the desk itself.", examples=["F1"])]


class Seen(BaseModel):
    """The digest of what was seen."""

    content_digest: Said
