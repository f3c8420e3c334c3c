"""How gains are shown: tables for people, the columns of Form 8949, and facts for machines."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import click

from trimtab.cli.output import say_table
from trimtab.core.amounts import Money, total
from trimtab.core.dates import Term
from trimtab.desk.gains import GainRow, Gains
from trimtab.desk.gains_form import UNKNOWN, VARIOUS, part_of
from trimtab.desk.gains_totals import YearTotals
from trimtab.ledger.exact import exact, rounded, text
from trimtab.ledger.lots import Lot

FORM_COLUMNS: Final = (
    *("part", "box", "description", "acquired", "sold", "proceeds", "basis", "code", "adjustment", "gain"),
    *("term", "account", "quantity", "lot", "sale"),
)
_SHOWN: Final = 12
"""Columns a person needs; the rest tells rows apart for a machine."""
_LOT_COLUMNS: Final = ("account", "security", "lot", "quantity", "basis", "acquired", "term counts from")
_YEAR_COLUMNS: Final = (
    *("year", "view", "short", "long", "disallowed", "lost for good", "fund gains", "gains unknown", "tax"),
)


def form_table(rows: Sequence[GainRow]) -> list[tuple[str, ...]]:
    """Rows of Form 8949 by part, box and day of sale; rows of unknown basis come last."""
    return sorted(
        (_form_cells(row) for row in rows),
        key=lambda cells: (not cells[0], not cells[1], *cells[:2], cells[4]),
    )


def _form_cells(row: GainRow) -> tuple[str, ...]:
    closed, form = row.closed, row.form
    tail = (closed.term or UNKNOWN, closed.account_id, closed.quantity.text(), closed.lot_id, closed.sale_id)
    what = f"{closed.quantity.text()} {row.description}"
    if form is None:
        basis = UNKNOWN if closed.basis is None else _cents(closed.basis)
        head = (
            part_of(closed),
            "",
            what,
            acquired(row),
            closed.disposed.isoformat(),
            _cents(closed.proceeds),
        )
        return (*head, basis, "", "", UNKNOWN, *tail)
    shown = [rounded(amount) for amount in (form.proceeds, form.basis, form.adjustment)]
    start = (form.part, form.box, what, form.acquired, form.disposed.isoformat())
    gain = shown[0] - shown[1] + shown[2]
    return (*start, str(shown[0]), str(shown[1]), form.code, str(shown[2]), str(gain), *tail)


def _cents(amount: Money) -> str:
    return str(rounded(exact(amount.decimal())))


def acquired(row: GainRow) -> str:
    """The day of purchase, INHERITED, VARIOUS where it is unknown but long past, or unknown."""
    if row.closed.inherited:
        return "INHERITED"
    if not row.dated:
        return VARIOUS if row.closed.term is Term.LONG else UNKNOWN
    return row.closed.acquired.isoformat()


def say_gains(found: Gains, *, form: bool) -> None:
    """Closed rows, open lots, totals by year, what is missing and what is covered, for people."""
    names = ", ".join(account.account_id for account in found.accounts)
    click.echo(f"Read as: {found.source} ({found.rows_read} rows; accounts {names or 'none'})")
    if form:
        _say_form(found)
    else:
        say_table("Sold", FORM_COLUMNS[:_SHOWN], [row[:_SHOWN] for row in form_table(found.rows)])
        say_table("Open lots", _LOT_COLUMNS, [_lot_cells(found, lot) for lot in found.lots])
    if found.differs:
        changed = [row for row in found.rows if row.closed.disallowed != row.broker.washed]
        say_table(
            "Where the household's wash sales are others than the broker's",
            ("sale", "lot", "security", "disallowed (household)", "disallowed (broker)", "lost for good"),
            [_changed_cells(row) for row in changed],
        )
    say_table("Totals by year", _YEAR_COLUMNS, _year_cells(found))
    for line in found.missing:
        click.echo(f"Not in the file: {line}.")
    for line in found.notices:
        click.echo(f"Note: {line}.")
    for line in found.coverage:
        click.echo(f"Coverage: {line}.")


def _say_form(found: Gains) -> None:
    """One table a part and box, each with its totals in columns (d), (e), (g), (h)."""
    cells = form_table(found.rows)
    boxes = list(dict.fromkeys((row[0], row[1]) for row in cells))
    for part, box in boxes:
        rows = [row for row in cells if (row[0], row[1]) == (part, box)]
        click.echo(f"Form 8949, Part {part or UNKNOWN}, box {box or UNKNOWN}")
        if box:
            sums = [str(sum((Decimal(row[place]) for row in rows), Decimal(0))) for place in (5, 6, 8, 9)]
            rows.append(("", "", "Total", "", "", sums[0], sums[1], "", sums[2], sums[3], *[""] * 5))
        say_table("", FORM_COLUMNS[2:_SHOWN], [row[2:_SHOWN] for row in rows])


def _lot_cells(found: Gains, lot: Lot) -> tuple[str, ...]:
    dated = lot.lot_id not in found.undated
    day = "INHERITED" if lot.inherited else lot.acquired.isoformat() if dated else UNKNOWN
    counts = lot.adjusted_acquired.isoformat() if dated else UNKNOWN
    basis = UNKNOWN if lot.basis is None else _cents(lot.basis)
    return (lot.account_id, lot.security_id, lot.lot_id, lot.quantity.text(), basis, day, counts)


def _changed_cells(row: GainRow) -> tuple[str, ...]:
    closed = row.closed
    washes = (_cents(closed.disallowed), _cents(row.broker.washed), _cents(closed.permanent))
    return (closed.sale_id, closed.lot_id, closed.security_id, *washes)


def _year_cells(found: Gains) -> list[tuple[str, ...]]:
    rows = []
    for year, (ours, theirs) in found.years.items():
        rows.append((str(year), "household", *_totals_cells(found, ours)))
        if theirs != ours:
            rows.append((str(year), "broker", *_totals_cells(found, theirs)))
    return rows


def _tax(found: Gains, totals: YearTotals) -> str | None:
    """Tax of the year where all rows belong to one return."""
    return str(rounded(totals.tax)) if found.households == 1 and totals.tax is not None else None


def _totals_cells(found: Gains, totals: YearTotals) -> tuple[str, ...]:
    money = (totals.short, totals.long, totals.disallowed, totals.permanent)
    tax = _tax(found, totals) or ("" if found.households > 1 else UNKNOWN)
    return (*(_cents(amount) for amount in money), _cents(totals.distributed_long), str(totals.unknown), tax)


def facts(found: Gains, *, form: bool) -> dict[str, object]:
    """Everything for a machine: money and shares as decimal text, unknown as null, rows in the form of a lots case."""
    said: dict[str, object] = {
        "source": found.source,
        "rows_read": found.rows_read,
        "accounts": [
            {"id": a.account_id, "type": "taxable" if a.taxable else "tax_advantaged", "owner": a.owner}
            for a in found.accounts
        ],
        "closed": [_closed_facts(row) for row in found.rows],
        "open": [_lot_facts(found, lot) for lot in found.lots],
        "totals": _case_totals(found),
        "years": {
            str(year): {"household": _totals_facts(found, ours), "broker": _totals_facts(found, theirs)}
            for year, (ours, theirs) in found.years.items()
        },
        "tax_rates": {"short": "0.408", "long": "0.238", "basis": "top federal rates, nothing else realized"},
        "missing": list(found.missing),
        "notices": list(found.notices),
        "coverage": list(found.coverage),
        "failures": [
            {
                "reason": f.reason.value,
                "table": f.table,
                "row": f.row,
                "field": f.field,
                "value": f.value,
                "message": f.message,
                "remedy": f.remedy,
                "accounts": list(f.accounts),
            }
            for f in found.failures
        ],
    }
    if form:
        said["form_8949"] = [dict(zip(FORM_COLUMNS, cells, strict=True)) for cells in form_table(found.rows)]
    return said


def _money(amount: Money | None) -> str | None:
    return None if amount is None else amount.text(2)


def _closed_facts(row: GainRow) -> dict[str, object]:
    closed, form = row.closed, row.form
    day = None if not row.dated else "inherited" if closed.inherited else closed.acquired.isoformat()
    counts = (
        None if not row.dated else "inherited" if closed.inherited else closed.adjusted_acquired.isoformat()
    )
    return {
        "sell": closed.sale_id,
        "lot": closed.lot_id,
        "account": closed.account_id,
        "symbol": closed.security_id,
        "description": row.description,
        "qty": closed.quantity.text(),
        "proceeds": closed.proceeds.text(2),
        "basis": _money(closed.basis),
        "disallowed": closed.disallowed.text(2),
        "permanently_disallowed": closed.permanent.text(2),
        "code": "W" if closed.disallowed else "",
        "gain": _money(closed.gain),
        "term": closed.term.value if closed.term else None,
        "acquired": day,
        "adjusted_acquired": counts,
        "disposed": closed.disposed.isoformat(),
        "broker": {"basis": _money(row.broker.basis), "disallowed": row.broker.washed.text(2)},
        "form_8949": None
        if form is None
        else {
            "part": form.part,
            "box": form.box,
            "acquired": form.acquired,
            "code": form.code,
            "proceeds": text(form.proceeds),
            "basis": text(form.basis),
            "adjustment": text(form.adjustment),
            "gain": text(form.gain),
        },
    }


def _lot_facts(found: Gains, lot: Lot) -> dict[str, object]:
    dated = lot.lot_id not in found.undated
    days = [d.isoformat() if dated else None for d in (lot.acquired, lot.adjusted_acquired)]
    if lot.inherited:
        days = ["inherited", "inherited"]
    return {
        "lot": lot.lot_id,
        "account": lot.account_id,
        "symbol": lot.security_id,
        "qty": lot.quantity.text(),
        "basis": _money(lot.basis),
        "acquired": days[0],
        "adjusted_acquired": days[1],
    }


def _case_totals(found: Gains) -> dict[str, str | None]:
    """Totals over all rows shown, as a lots case has them."""
    closed = [row.closed for row in found.rows]
    bases = [lot.basis for lot in found.lots if lot.basis is not None]
    return {
        "short": total([c.gain for c in closed if c.term is Term.SHORT and c.gain is not None]).text(2),
        "long": total([c.gain for c in closed if c.term is Term.LONG and c.gain is not None]).text(2),
        "disallowed": total([c.disallowed for c in closed]).text(2),
        "permanently_disallowed": total([c.permanent for c in closed]).text(2),
        "open_basis": total(bases).text(2) if len(bases) == len(found.lots) else None,
    }


def _totals_facts(found: Gains, totals: YearTotals) -> dict[str, object]:
    return {
        "short": totals.short.text(2),
        "long": totals.long.text(2),
        "disallowed": totals.disallowed.text(2),
        "permanently_disallowed": totals.permanent.text(2),
        "gains_unknown": totals.unknown,
        "distributed_short": totals.distributed_short.text(2),
        "distributed_long": totals.distributed_long.text(2),
        "tax": _tax(found, totals),
    }
