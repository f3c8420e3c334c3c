"""The plan of an account: its budget, what is done, when it is expected to end; as tiles and a picture."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from trimtab.report import numbers
from trimtab.report.account import Story
from trimtab.report.charts import WIDTH, Figure, Heading
from trimtab.report.page import Tile
from trimtab.report.svg import document, label, line, rect

Row = Mapping[str, object]
_LEFT: Final = 130.0
_RIGHT: Final = 150.0
_TALL: Final = 18.0


def plan_tiles(one: Story) -> tuple[Tile, ...]:
    """Budget, progress and expected finish of the plan in force; nothing where there is none."""
    if one.plan is None:
        return ()
    finish = one.evaluation["plan_finish"]
    return (
        Tile("Plan of the year", _budget(one.plan), _since(one.plan)),
        Tile(
            "Done",
            numbers.percent(_number(one, "plan_progress"), 0),
            "of the account stands where its target wants",
        ),
        Tile(
            "Expected finish",
            numbers.day(finish) if isinstance(finish, date) else "not known",
            "prices standing still, within the budgets of later years",
        ),
    )


def plan_figure(one: Story, as_of: date) -> Figure | None:
    """Three bars: what is done, what of the year's budget is used, how far the plan's time has run; what is unknown
    says so.
    """
    if one.plan is None:
        return None
    rows = (_done(one), _used(one), _time(one, as_of))
    heading = Heading(
        "account-plan",
        "The plan",
        f"{_since(one.plan).capitalize()}: {_budget(one.plan)}. Every trade counts in it, whatever asked for it.",
    )
    height = 14.0 + 34.0 * len(rows)
    body = []
    for place, (name, share, said) in enumerate(rows):
        y, wide = 12.0 + 34.0 * place, WIDTH - _LEFT - _RIGHT
        body.append(label(_LEFT - 10, y + 13, name, anchor="end"))
        body.append(rect(_LEFT, y, wide, _TALL, tone="quiet"))
        if share is not None:
            filled = wide * min(max(share, 0.0), 1.0)
            body.append(rect(_LEFT, y, filled, _TALL, tone="after", tip=f"{name}: {said}"))
            body.append(line(_LEFT + filled, y - 3, _LEFT + filled, y + _TALL + 3, tone="target"))
        body.append(label(_LEFT + wide + 8, y + 13, said, tone="t num"))
    return Figure(
        heading,
        document(heading.name, size=(WIDTH, height), title=heading.title, text=heading.text, body=body),
        ("of the plan", "share", "what it is"),
        tuple((name, numbers.percent(share, 0), said) for name, share, said in rows),
    )


def _done(one: Story) -> tuple[str, float | None, str]:
    share = _number(one, "plan_progress")
    return "in place", share, numbers.percent(share, 0)


def _used(one: Story) -> tuple[str, float | None, str]:
    used, left = _number(one, "budget_used"), _number(one, "budget_left")
    if used is None or left is None:
        return "tax used", None, "unknown" if used is None else f"{numbers.money(used)}, no limit"
    whole = used + left
    return "tax used", used / whole if whole > 0 else 1.0, f"{numbers.money(used)} of {numbers.money(whole)}"


def _time(one: Story, as_of: date) -> tuple[str, float | None, str]:
    assert one.plan is not None
    begun, finish = one.plan["plan_approved"], one.evaluation["plan_finish"]
    if not isinstance(begun, date) or not isinstance(finish, date):
        return "time", None, "finish not known"
    days, gone = (finish - begun).days, (as_of - begun).days
    return "time", gone / days if days > 0 else 1.0, f"until {numbers.day(finish)}"


def _budget(plan: Row) -> str:
    tax, gain = (plan[name] for name in ("plan_tax", "plan_gain"))
    parts = [f"{numbers.money(float(str(tax)))} of tax"] if tax is not None else []
    parts += [f"{numbers.money(float(str(gain)))} of gains"] if gain is not None else []
    return " and ".join(parts) or "the account's own budget"


def _since(plan: Row) -> str:
    begun, until, point = plan["plan_approved"], plan["plan_until"], plan["plan_point"]
    said = f"approved {numbers.day(begun)}" if isinstance(begun, date) else "approved"
    said += f", until {numbers.day(until)}" if isinstance(until, date) else ""
    return said + (f", point {point} of the frontier" if point is not None else "")


def _number(one: Story, name: str) -> float | None:
    found = one.evaluation[name]
    return found if isinstance(found, float) else None
