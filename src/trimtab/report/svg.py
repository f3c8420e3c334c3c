"""Shapes of a chart as SVG text: elements, scales, ticks. Colours are classes, so that a page decides light or dark."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

_FLAT: Final = 1e-12
"""Values closer than this are one value."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from values to pixels, with the ticks that stand on it."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def __call__(self, value: float) -> float:
        """The pixel of a value; values outside stand at the edge."""
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.end - self.start)


def scale(values: Iterable[float], *, start: float, end: float, about: int = 5, whole: bool = False) -> Scale:
    """A scale from zero (or below) over the values, ending on round ticks, about so many of them.

    With `whole` the ticks are whole numbers.
    """
    known = [0.0, *values]
    low, high = min(known), max(known)
    if high - low < _FLAT:
        high = low + 1.0
    step = _round_step((high - low) / about)
    step = max(step, 1.0) if whole else step
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(index * step for index in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], start, end, ticks)


def _round_step(rough: float) -> float:
    """The round number (1, 2, 2.5 or 5 times a power of ten) at or above a rough step."""
    power = 10.0 ** floor(log10(rough))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if rough <= factor * power * (1 + 1e-9):
            return factor * power
    return 10.0 * power


def rect(x: float, y: float, width: float, height: float, *, tone: str, tip: str = "") -> str:
    """A bar with rounded corners; `tip` is shown where a pointer rests."""
    body = f"<title>{escape(tip)}</title>" if tip else ""
    radius = 0 if min(width, height) < 4 else 2
    return (
        f'<rect class="{tone}" x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" height="{_n(max(height, 0))}"'
        f' rx="{radius}">{body}</rect>'
    )


def line(x1: float, y1: float, x2: float, y2: float, *, tone: str) -> str:
    """A straight line."""
    return f'<line class="{tone}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'


def dot(x: float, y: float, radius: float, *, tone: str, tip: str = "") -> str:
    """A round mark."""
    body = f"<title>{escape(tip)}</title>" if tip else ""
    return f'<circle class="{tone}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}">{body}</circle>'


def label(x: float, y: float, words: str, *, tone: str = "t", anchor: str = "start") -> str:
    """Text on one line; `anchor` is start, middle or end."""
    return f'<text class="{tone}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(words)}</text>'


def legend(x: float, y: float, entries: Sequence[tuple[str, str]], *, marks: bool = False) -> str:
    """Names of the series with their tones, in one row: (name, tone); `marks` draws dots and ticks, not squares."""
    parts = []
    for name, tone in entries:
        if not marks:
            parts.append(rect(x, y - 9, 10, 10, tone=tone))
        elif tone == "target":
            parts.append(line(x + 5, y - 11, x + 5, y + 2, tone=tone))
        else:
            parts.append(dot(x + 5, y - 4, 4.5, tone=tone))
        parts.append(label(x + 15, y, name))
        x += 15 + text_width(name) + 18
    return "".join(parts)


def text_width(words: str) -> float:
    """About how wide a text of a chart is, in pixels."""
    return sum(8.2 if letter.isupper() else 6.5 for letter in words)


def shortened(words: str, most: int) -> str:
    """A text cut to so many characters, with an ellipsis where it was cut."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def document(name: str, *, size: tuple[float, float], title: str, text: str, body: Iterable[str]) -> str:
    """One SVG with its title and description; `name` is unique on the page."""
    width, height = size
    return (
        f'<svg viewBox="0 0 {_n(width)} {_n(height)}" role="img" aria-labelledby="{name}-title {name}-desc"'
        f' xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(text)}</desc>{"".join(body)}</svg>'
    )


def _n(value: float) -> str:
    text = f"{value:.1f}"
    return text.removesuffix(".0")
