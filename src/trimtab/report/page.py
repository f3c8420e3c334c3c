"""The frame of every page: one document of HTML that stands by itself: no script, no request, light and dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trimtab.report import numbers
from trimtab.report.charts import Figure
from trimtab.report.grids import Grid

SAME: Final = (
    "The same book and engine give the same digests, "
    "whatever the order of rows, the number of workers, or the machine."
)
_NO_DIGESTS: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tile:
    """One large figure: what it is, its value, and a line that puts it in proportion."""

    label: str
    value: str
    note: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: an anchor, a title, a sentence, pictures with their tables, and further tables."""

    anchor: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    grids: tuple[Grid, ...] = ()
    flags: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Title:
    """The head of a page: whose, which day, how many accounts it is about (None: it does not count them), the verdict
    in a few words, how many were missed, and what every reader must see.
    """

    name: str
    as_of: date
    enrolled: int | None = None
    verdict: str = ""
    missed: int = 0
    notes: tuple[str, ...] = ()


def page(
    title: Title,
    *,
    tiles: tuple[Tile, ...] = (),
    sections: Sequence[Section],
    digests: Mapping[str, object] = _NO_DIGESTS,
    foot: str = SAME,
) -> str:
    """One page of tiles and sections, with a sentence at its foot; nothing in it is fetched from elsewhere."""
    return str(
        _environment()
        .get_template("page.html.j2")
        .render(
            view=title,
            day=numbers.day(title.as_of),
            enrolled="" if title.enrolled is None else numbers.counted(title.enrolled, "account"),
            complete=not title.missed,
            verdict=title.verdict,
            missed=title.missed,
            tiles=tiles,
            sections=sections,
            digests=digests,
            foot=foot,
            svg=Markup,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("trimtab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
