"""Four charts as pure functions from data to SVG text, each with the table that says the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trimtab.report.numbers import UNKNOWN
from trimtab.report.svg import Scale, document, dot, label, legend, line, rect, scale, shortened, text_width

WIDTH = 640.0
Format = Callable[[float | None], str]


@dataclass(frozen=True, slots=True)
class Series:
    """One set of values with its name and its tone (a class of the page's style); None is unknown."""

    name: str
    tone: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What a chart is called on its page: `name` (unique, an identifier), a title, and what it shows in a sentence."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart beside its table: the same numbers for the eye, the ear and the clipboard."""

    heading: Heading
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One row of a before and after chart; None is unknown. `target` is drawn as a tick."""

    name: str
    before: float | None
    after: float | None
    target: float | None = None


def columns(
    heading: Heading, labels: Sequence[str], series: Sequence[Series], *, form: Format, across: str
) -> Figure:
    """Upright bars of counts, the series side by side over each label. `across` says what the labels are."""
    height, left, right, top, bottom = 280.0, 46.0, 8.0, 34.0, 46.0
    across_y, known = height - bottom, [value for one in series for value in one.values if value is not None]
    up = scale(known, start=across_y, end=top, whole=True)
    step = (WIDTH - left - right) / max(len(labels), 1)
    wide = min(step * 0.78 / len(series), 34.0)
    body = [legend(left, 14, [(one.name, one.tone) for one in series])] if len(series) > 1 else []
    for tick in up.ticks:
        body.append(line(left, up(tick), WIDTH - right, up(tick), tone="axis" if tick == 0 else "gridline"))
        body.append(label(left - 8, up(tick) + 4, form(tick), anchor="end"))
    for place, name in enumerate(labels):
        middle = left + step * (place + 0.5)
        body.append(label(middle, across_y + 17, name, anchor="middle"))
        for at, one in enumerate(series):
            value, x = one.values[place], middle + wide * (at - len(series) / 2)
            if value is None:
                body.append(label(x + wide / 2, across_y - 4, "?", anchor="middle"))
            elif value:
                body.append(_upright(up, x, wide, value, one.tone, f"{one.name}, {name}: {form(value)}"))
    body.append(
        label(left + (WIDTH - left - right) / 2, height - 8, across, tone="t quiet-text", anchor="middle")
    )
    return _figure(heading, (WIDTH, height), body, labels=(across, labels), series=series, form=form)


def _upright(up: Scale, x: float, wide: float, value: float, tone: str, tip: str) -> str:
    top, foot = sorted((up(value), up(0.0)))
    return rect(x + 0.5, top, wide - 1, max(foot - top, 1.5), tone=tone, tip=tip)


def bars(
    heading: Heading, labels: Sequence[str], series: Sequence[Series], *, form: Format, down: str
) -> Figure:
    """Level bars from a common zero, the series under one another for each label; each says its value."""
    names = [shortened(name, 26) for name in labels]
    left, right, top, tall = _margin(names), 78.0, 34.0, 15.0
    row = tall * len(series) + 13
    height = top + row * len(labels) + 8
    along = scale(
        [value for one in series for value in one.values if value is not None],
        start=left,
        end=WIDTH - right,
        about=4,
    )
    body = [legend(left, 14, [(one.name, one.tone) for one in series])]
    zero = along(0.0)
    for place, name in enumerate(names):
        y = top + row * place
        body.append(label(left - 10, y + row / 2 - 1, name, anchor="end"))
        for at, one in enumerate(series):
            value, over = one.values[place], y + tall * at
            if value is None:
                body.append(label(zero + 6, over + 11, UNKNOWN, tone="t quiet-text"))
                continue
            first, last = sorted((zero, along(value)))
            tip = f"{labels[place]}, {one.name}: {form(value)}"
            body.append(rect(first, over + 1, max(last - first, 1.5), tall - 3, tone=one.tone, tip=tip))
            body.append(label(max(last, zero) + 6, over + 11, form(value), tone="t num"))
    body.append(line(zero, top - 6, zero, height - 6, tone="axis"))
    return _figure(heading, (WIDTH, height), body, labels=(down, labels), series=series, form=form)


def stacks(
    heading: Heading, labels: Sequence[str], series: Sequence[Series], *, form: Format, down: str
) -> Figure:
    """Level bars whose parts add up; a part that is wide enough says its value."""
    names = [shortened(name, 26) for name in labels]
    left, right, top, row, tall = _margin(names), 60.0, 34.0, 34.0, 20.0
    height = top + row * len(labels) + 4
    sums = [sum(one.values[place] or 0.0 for one in series) for place in range(len(labels))]
    along = scale(sums, start=left, end=WIDTH - right)
    body = [legend(left, 14, [(one.name, one.tone) for one in series])]
    for place, name in enumerate(names):
        y, reached = top + row * place, 0.0
        body.append(label(left - 10, y + 14, name, anchor="end"))
        for one in series:
            value = one.values[place]
            if not value:
                continue
            first, last = along(reached), along(reached + value)
            tip = f"{labels[place]}, {one.name}: {form(value)}"
            body.append(rect(first, y, max(last - first - 1, 1.0), tall, tone=one.tone, tip=tip))
            if last - first > text_width(form(value)) + 8:
                body.append(
                    label(
                        (first + last) / 2, y + 14, form(value), tone=f"t on-{one.tone} num", anchor="middle"
                    )
                )
            reached += value
        body.append(label(along(reached) + 6, y + 14, form(reached), tone="t num"))
    return _figure(heading, (WIDTH, height), body, labels=(down, labels), series=series, form=form)


def moves(heading: Heading, rows: Sequence[Move], *, form: Format, down: str) -> Figure:
    """One line per row from where it was (a ring) to where it is (a dot); a tick marks the target, if there is one."""
    names = [shortened(row.name, 26) for row in rows]
    left, right, top, tall = _margin(names), 24.0, 54.0, 25.0
    height = top + tall * len(rows) + 6
    aimed = any(row.target is not None for row in rows)
    along = scale(
        [value for row in rows for value in (row.before, row.after, row.target) if value is not None],
        start=left,
        end=WIDTH - right,
    )
    entries = [("before", "ring"), ("after", "after"), *([("target", "target")] if aimed else [])]
    body = [legend(left, 14, entries, marks=True)]
    for tick in along.ticks:
        body.append(line(along(tick), top - 12, along(tick), height - 6, tone="gridline"))
        body.append(label(along(tick), top - 18, form(tick), tone="t quiet-text", anchor="middle"))
    for place, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = top + tall * (place + 0.5) - 4
        body.append(label(left - 10, y + 4, name, anchor="end"))
        body.extend(_move(along, row, y, form))
    table = [
        (row.name, *([form(row.target)] if aimed else []), form(row.before), form(row.after)) for row in rows
    ]
    return Figure(
        heading,
        document(heading.name, size=(WIDTH, height), title=heading.title, text=heading.text, body=body),
        (down, *(["target"] if aimed else []), "before", "after"),
        tuple(table),
    )


def _move(along: Scale, row: Move, y: float, form: Format) -> list[str]:
    parts = []
    if row.before is not None and row.after is not None:
        parts.append(line(along(row.before), y, along(row.after), y, tone="path"))
    if row.target is not None:
        at = along(row.target)
        parts.append(line(at, y - 8, at, y + 8, tone="target"))
    if row.before is not None:
        parts.append(
            dot(along(row.before), y, 4.5, tone="ring", tip=f"{row.name} before: {form(row.before)}")
        )
    if row.after is not None:
        parts.append(dot(along(row.after), y, 4.5, tone="after", tip=f"{row.name} after: {form(row.after)}"))
    else:
        parts.append(label(along(row.before or 0.0) + 10, y + 4, "after: unknown", tone="t quiet-text"))
    return parts


def _margin(names: Sequence[str]) -> float:
    """Room for the names of the rows."""
    return 22.0 + max((text_width(name) for name in names), default=0.0)


def _figure(
    heading: Heading,
    size: tuple[float, float],
    body: Sequence[str],
    *,
    labels: tuple[str, Sequence[str]],
    series: Sequence[Series],
    form: Format,
) -> Figure:
    first, names = labels
    rows = tuple((name, *(form(one.values[place]) for one in series)) for place, name in enumerate(names))
    return Figure(
        heading,
        document(heading.name, size=size, title=heading.title, text=heading.text, body=body),
        (first, *(one.name for one in series)),
        rows,
    )
