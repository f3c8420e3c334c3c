"""An account's investment policy statement: each setting with who set it and what it overrides, each restriction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from trimtab.policy.cascade import Settings
from trimtab.policy.restrictions import Restrictions
from trimtab.policy.settings import KEYS


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the statement: `overrides` are the values that other scopes gave, widest first; `window` says from
    when until when it holds, where that is said.
    """

    section: str
    name: str
    value: str
    doc: str
    set_by: str
    overrides: tuple[str, ...] = ()
    window: str = ""


def policy_statement(settings: Settings, restrictions: Restrictions, account_id: str) -> tuple[Line, ...]:
    """Every setting of an account by section, then the restrictions that bind it."""
    trail = settings.trail(account_id)
    beside: dict[str, list[str]] = {}
    windows: dict[str, str] = {}
    for key, scope, scope_id, value, _, locked, stands, since, until in trail.iter_rows():
        if stands:
            windows[key] = _window(since, until)
        else:
            who = f"{scope} {scope_id}".strip()
            beside.setdefault(key, []).append(f"{value} ({who}{', locked' if locked else ''})")
    lines = []
    for _, key, value, scope, set_by in settings.long([account_id]).iter_rows():
        known = KEYS[key]
        shown = f"{value} {known.unit}".strip() if value != "none" else value
        who = scope if set_by in ("", scope) else f"{scope} {set_by}"
        lines.append(
            Line(known.group, key, shown, known.doc, who, tuple(beside.get(key, ())), windows.get(key, ""))
        )
    lines.sort(key=lambda line: (line.section, line.name))
    return (*lines, *_restricted(restrictions, account_id))


def _restricted(restrictions: Restrictions, account_id: str) -> Iterator[Line]:
    for row in restrictions.heard(account_id).to_dicts():
        who = f"{row['scope']} {row['scope_id'] or ''}".strip()
        value = f"{row['selector']} {row['value'] or ''}".strip()
        window = _window(row["since"], row["until"])
        yield Line("restrictions", row["rule"], value, row["note"] or "", who, window=window)


def _window(since: date | None, until: date | None) -> str:
    parts = [
        f"{word} {day.isoformat()}" for word, day in (("since", since), ("until", until)) if day is not None
    ]
    return " ".join(parts)


def statement_text(lines: tuple[Line, ...]) -> str:
    """The statement as plain text, one section after another."""
    out: list[str] = []
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            out += ["", section.capitalize()] if out else [section.capitalize()]
        window = f", {line.window}" if line.window else ""
        tail = f"; instead of {', '.join(line.overrides)}" if line.overrides else ""
        doc = f" – {line.doc}" if line.doc else ""
        out.append(f"  {line.name}: {line.value} [{line.set_by}{window}{tail}]{doc}")
    return "\n".join(out)
