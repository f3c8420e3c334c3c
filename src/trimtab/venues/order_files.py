"""Order files: the orders of each custodian, rendered in its upload layout."""

import csv
import io
import re
from collections.abc import Iterator

import polars as pl

from trimtab.venues.templates import NOTICE, Template, template_for


def order_files(orders: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield (file name, text) for each custodian that has orders, in order of name.

    The name carries the template and the notice that layouts must be checked, never a custodian's unsafe characters.
    """
    for (custodian,), rows in orders.sort("custodian", maintain_order=True).group_by(
        ["custodian"], maintain_order=True
    ):
        template = template_for(str(custodian))
        safe = re.sub(r"[^A-Za-z0-9_-]+", "_", str(custodian))
        yield f"orders_{safe}.{template.name}.csv", render(rows, template)


def render(orders: pl.DataFrame, template: Template) -> str:
    """The orders as the template's text; a field without a value is empty."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=template.delimiter, lineterminator="\r\n")
    if template.header:
        writer.writerow([header for header, _ in template.columns])
    for order in orders.iter_rows(named=True):
        writer.writerow([_cell(order, source, template) for _, source in template.columns])
    return text.getvalue()


def readme() -> str:
    """What stands beside the order files for the person who uploads them."""
    return (
        f"Order files by custodian: {NOTICE}.\n"
        "Lots are named LOT:QUANTITY; specific identification must reach the broker before settlement.\n"
    )


def _cell(order: dict[str, object], source: str, template: Template) -> str:
    if source.startswith("="):
        return source[1:]
    value = order[source]
    if value is None:
        return ""
    text = format(value.normalize(), "f") if hasattr(value, "normalize") else str(value)
    return template.codes.get(source, {}).get(text, text)
