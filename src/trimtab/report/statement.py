"""The investment policy statement of an account as a printable page: every value with who set it, instead of what."""

from collections.abc import Sequence
from datetime import date

from trimtab.policy.statement import Line
from trimtab.report.grids import Grid
from trimtab.report.page import Section, Title, page
from trimtab.report.words import spaced

_RESTRICTIONS = "restrictions"


def statement_page(
    lines: Sequence[Line], *, title: str, as_of: date, facts: Sequence[tuple[str, str]], digest: str
) -> str:
    """The whole page: what the account is (`facts`), its restrictions, then each section of settings."""
    sections = [
        Section("account", "The account", "Whose policy this is, on this date.", grids=(_facts(facts),)),
        _section(_RESTRICTIONS, [line for line in lines if line.section == _RESTRICTIONS]),
    ]
    names = dict.fromkeys(line.section for line in lines if line.section != _RESTRICTIONS)
    sections += [_section(name, [line for line in lines if line.section == name]) for name in names]
    return page(
        Title(f"Investment policy statement: {title}", as_of),
        sections=sections,
        digests={"book": digest},
        foot="Narrower scopes win, unless a wider one is locked: desk, custodian, firm, model, household, account.",
    )


def _facts(facts: Sequence[tuple[str, str]]) -> Grid:
    return Grid("What it is", ("what", "value"), tuple(facts))


def _section(name: str, lines: Sequence[Line]) -> Section:
    rows = tuple(
        (
            spaced(line.name),
            line.value,
            " ".join(part for part in (line.set_by, line.window) if part),
            "; ".join(line.overrides),
            line.doc,
        )
        for line in lines
    )
    set_by_someone = sum(line.set_by != "default" for line in lines)
    lead = (
        f"{len(lines)} in force."
        if name == _RESTRICTIONS
        else f"{set_by_someone} of {len(lines)} set by someone."
    )
    columns = ("name", "value", "set by", "instead of", "meaning")
    return Section(
        name,
        spaced(name).capitalize(),
        lead,
        grids=(Grid(spaced(name).capitalize(), columns, rows, wide=True),),
    )
