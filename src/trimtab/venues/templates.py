"""Custodians' block-trade upload layouts, as data. Check each against your custodian's current layout before use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NOTICE = "check against your custodian's current layout"


@dataclass(frozen=True, slots=True)
class Template:
    """One upload layout: its columns in order, each a header with the field that fills it.

    A field is a column of the `orders` table, or `=TEXT` for a constant. `codes` translates a field's values.
    `method` names what stands in the lot-relief column for specific lots.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    header: bool = True
    delimiter: str = ","


GENERIC = Template(
    "generic",
    columns=(
        ("account_id", "account_id"),
        ("symbol", "symbol"),
        ("side", "side"),
        ("quantity", "quantity"),
        ("order_type", "order_type"),
        ("time_in_force", "=day"),
        ("lot_method", "lot_method"),
        ("lot_instructions", "lot_instructions"),
        ("security_id", "security_id"),
    ),
)

TEMPLATES: Mapping[str, Template] = {
    "generic": GENERIC,
    "schwab": Template(
        "schwab",
        columns=(
            ("Account", "account_id"),
            ("Action", "side"),
            ("Quantity", "quantity"),
            ("Symbol", "symbol"),
            ("Order Type", "order_type"),
            ("Limit Price", "="),
            ("Timing", "=Day"),
            ("Reinvest", "=N"),
            ("Cost Basis Method", "lot_method"),
            ("Tax Lots", "lot_instructions"),
        ),
        codes={
            "side": {"buy": "Buy", "sell": "Sell"},
            "order_type": {"market": "Market", "nav": "Market"},
            "lot_method": {"specific": "Specified Lots"},
        },
    ),
    "fidelity": Template(
        "fidelity",
        columns=(
            ("ACCOUNT NUMBER", "account_id"),
            ("TRANSACTION TYPE", "side"),
            ("SYMBOL", "symbol"),
            ("QUANTITY", "quantity"),
            ("QUANTITY TYPE", "=S"),
            ("ORDER TYPE", "order_type"),
            ("TIME IN FORCE", "=D"),
            ("TAX LOT METHOD", "lot_method"),
            ("TAX LOTS", "lot_instructions"),
        ),
        codes={
            "side": {"buy": "B", "sell": "S"},
            "order_type": {"market": "M", "nav": "N"},
            "lot_method": {"specific": "SPEC"},
        },
    ),
    "pershing": Template(
        "pershing",
        columns=(
            ("ACCT", "account_id"),
            ("BS", "side"),
            ("QTY", "quantity"),
            ("SECID", "symbol"),
            ("PRICE TYPE", "order_type"),
            ("DURATION", "=DAY"),
            ("LOT DISP", "lot_method"),
            ("LOTS", "lot_instructions"),
        ),
        codes={
            "side": {"buy": "BUY", "sell": "SELL"},
            "order_type": {"market": "MKT", "nav": "NAV"},
            "lot_method": {"specific": "VSP"},
        },
        delimiter="|",
    ),
    "altruist": Template(
        "altruist",
        columns=(
            ("account_number", "account_id"),
            ("symbol", "symbol"),
            ("side", "side"),
            ("type", "order_type"),
            ("quantity", "quantity"),
            ("time_in_force", "=day"),
            ("lot_selection", "lot_method"),
            ("lot_instructions", "lot_instructions"),
        ),
        codes={"order_type": {"market": "market", "nav": "nav"}, "lot_method": {"specific": "specific_lots"}},
    ),
}


def template_for(custodian: str) -> Template:
    """The layout of a custodian by its name, whatever its case and suffix; the generic one where none is known."""
    word = custodian.strip().lower().replace("_", " ").replace("-", " ").split()
    return TEMPLATES.get(word[0], GENERIC) if word else GENERIC
