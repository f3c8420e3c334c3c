"""A CSV of transactions in the columns of the book's `transactions` table; set-up columns are welcome, never needed."""

from collections import Counter
from decimal import Decimal
from typing import Any, Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import CellError, exact_text, number, plain
from trimtab.feeds.post import MARKET_WIDE
from trimtab.feeds.sheet import Record, Sheet
from trimtab.feeds.statement import ACCOUNT_UNNAMED, RELIEFS, Draft, Line, Statement
from trimtab.feeds.told import IN
from trimtab.ledger.read import READERS

SOURCE: Final = "transactions in the columns of the book (CSV)"
_NAMES: Final = {
    "account": ("account_id", "account", "account_number"),
    "id": ("transaction_id", "id"),
    "date": ("date", "trade_date", "transaction_date"),
    "type": ("kind", "type", "action", "side"),
    "symbol": ("security_id", "symbol", "ticker", "security"),
    "qty": ("quantity", "qty", "shares"),
    "amount": ("amount", "net_amount"),
    "order": ("order", "order_id"),
    "lot_id": ("lot_id", "lot"),
    "lots": ("lots",),
    "method": ("method", "relief"),
    "tax_type": ("tax_type", "account_type", "registration"),
    "owner": ("owner",),
}
_WORDS: Final = ("term", "underlying", "new_symbol", "child", "from", "to")
_NUMBERS: Final = (
    *("new", "old", "child_basis_fraction", "fmv_parent", "fmv_child", "fmv_new", "fmv", "cash_per_share"),
    *("per_share", "donor_basis", "gift_tax_paid", "taxable_gift", "basis", "st_rate", "lt_rate"),
)
_DAYS: Final = ("donor_acquired", "acquired")
_SPOKEN: Final = {
    "bought": "buy",
    "purchase": "buy",
    "sold": "sell",
    "sale": "sell",
    "reinvestment": "reinvest",
    "stock_split": "split",
    "spin_off": "spinoff",
    "gift": "gift_in",
    "inheritance": "inherit",
}
_NEEDED: Final = {
    "qty": ("buy", "reinvest", "option_buy", "sell", "gift_in", "inherit", "transfer_in"),
    "amount": ("sell",),
}
MONEY_OUT: Final = frozenset({"buy", "reinvest", "option_buy", "fee"})
SHARES_OUT: Final = frozenset({"sell", "transfer_out", "gift_out", "donate"})


def header_at(sheet: Sheet) -> int | None:
    """The place of a header with a date, a kind, and shares or money, among the first rows."""
    for place, (_, cells) in enumerate(sheet.rows[:20]):
        names = {cell.strip().lower() for cell in cells}
        if all(names & set(_NAMES[field]) for field in ("date", "type")) and (
            names & {*_NAMES["qty"], *_NAMES["amount"]}
        ):
            return place
    return None


def read(name: str, sheet: Sheet, place: int) -> Statement:
    """Every row as a transaction; a bad one is a failure with its line, field and remedy."""
    draft = Draft(name)
    columns = {cell.strip().lower() for cell in sheet.rows[place][1]}
    if not columns & set(_NAMES["account"]):
        draft.lacks("which account: all rows are taken as one account")
    if sheet.damage:
        draft.fail(sheet.damage, "a quoted cell does not end", "close the quotation marks")
    for record in sheet.table(place, gaps=True):
        draft.rows += 1
        read_row(draft, record)
    _absent(draft, columns)
    draft.lines = lots_as_ids(draft.lines)
    return draft.statement(SOURCE)


def _absent(draft: Draft, columns: set[str]) -> None:
    """A column the file has not got is one failure, not one a row."""
    for field in ("qty", "amount"):
        name = _NAMES[field][0]
        rows = [f for f in draft.failures if f.field == name and f.reason is Reason.MISSING]
        if rows and not columns & set(_NAMES[field]):
            draft.failures = [failure for failure in draft.failures if failure not in rows]
            message = f"no column {name}, and {len(rows)} rows need it"
            draft.fail("header", message, f"add a column {name}", reason=Reason.MISSING, field_name=name)


def lots_as_ids(lines: list[Line]) -> list[Line]:
    """Purchases known by the lot they made, where the file names it: sales name their lots so."""
    lots = Counter((line.row.get("account"), line.row["made"]) for line in lines if "made" in line.row)
    ids = {(line.row.get("account"), line.row.get("id")) for line in lines}
    named = []
    for line in lines:
        key = (line.row.get("account"), line.row.get("made"))
        row = {name: value for name, value in line.row.items() if name != "made"}
        if lots[key] == 1 and key not in ids:
            row["id"] = key[1]
        named.append(Line(line.place, row))
    return named


def read_row(draft: Draft, record: Record) -> None:
    """Add one row to a draft, as a transaction or as a failure."""
    if record.extra:
        draft.fail(
            record.place,
            "more cells than the header has columns",
            "quote cells that hold the delimiter",
            value=record.extra[0],
        )
        return
    try:
        fields = dict(_fields(record))
    except CellError as error:
        draft.fail(
            record.place,
            str(error),
            "write a plain decimal or an ISO date",
            field_name=error.field,
        )
        return
    kind = fields["type"]
    problem = _problem(kind, fields)
    if problem is not None:
        field, message, remedy = problem
        reason = Reason.INVALID if fields.get(field) else Reason.MISSING
        draft.fail(
            record.place,
            message,
            remedy,
            reason=reason,
            field_name=_NAMES.get(field, (field,))[0],
            value=str(fields.get(field, "")),
        )
        return
    if kind in MARKET_WIDE or kind == "transfer":
        fields["from"] = fields.get("from") or (fields["account"] if kind == "transfer" else None)
        fields["account"] = None
    else:
        account = fields["account"] = fields["account"] or ACCOUNT_UNNAMED
        draft.seen(account, record.get(*_NAMES["tax_type"]).lower(), record.get(*_NAMES["owner"]))
    draft.add(record.place, **fields)


def _fields(record: Record) -> Any:
    """The fields of a row, each typed; kinds by the book's words."""
    spoken = record.get(*_NAMES["type"]).lower().replace(" ", "_").replace("-", "_")
    kind = _SPOKEN.get(spoken, spoken)
    yield "type", kind
    for field in ("account", "id", "symbol", "order"):
        yield field, record.get(*_NAMES[field]) or None
    traded = record.day(*_NAMES["date"])
    yield "date", None if traded is None else traded.isoformat()
    for field in ("qty", "amount"):
        value = record.number(*_NAMES[field])
        outward = kind in (SHARES_OUT if field == "qty" else MONEY_OUT)
        yield field, plain(-value if value is not None and value < 0 and outward else value)
    gain = record.number("gain")
    yield "gain", plain(gain)
    yield "made", (record.get(*_NAMES["lot_id"]) or None) if kind in IN else None
    for field in _WORDS:
        yield field, record.get(field) or None
    for field in _NUMBERS:
        yield field, exact_text(record.number(field))
    for field in _DAYS:
        found = record.day(field)
        yield field, None if found is None else found.isoformat()
    cash = record.number("cash_in_lieu")
    if cash is not None:
        paid_to = record.get(*_NAMES["account"]) or ACCOUNT_UNNAMED
        yield "cash_in_lieu", [{"account": paid_to, "amount": plain(cash)}]
    lots = list(_lots(record.get("lots")))
    if kind == "transfer":
        yield "lots", lots or None
    yield "relief", _relief(record, kind, lots)


def _lots(cell: str) -> Any:
    """`L1:50;L2` as lots with how much of each; without a figure the whole lot."""
    for item in cell.split(";"):
        if item.strip():
            lot, colon, quantity = item.strip().rpartition(":")
            yield {"lot": lot.strip(), "qty": plain(number(quantity))} if colon else {"lot": quantity}


def _relief(record: Record, kind: str, lots: list[dict[str, Any]]) -> dict[str, Any] | None:
    method = record.get(*_NAMES["method"]).upper()
    if kind not in SHARES_OUT:
        return None
    if not lots and record.get(*_NAMES["lot_id"]) and method in ("", "SPEC"):
        quantity = record.number(*_NAMES["qty"])
        lots = [{"lot": record.get(*_NAMES["lot_id"]), "qty": plain(abs(quantity or Decimal(0)))}]
    if not lots and not method:
        return None
    if method and method not in RELIEFS:
        raise CellError(f"{method!r} is not one of {', '.join(RELIEFS)}", "method")
    rates = {name: exact_text(record.number(name)) for name in ("st_rate", "lt_rate")}
    return {"method": method or "SPEC", "lots": lots, **{k: v for k, v in rates.items() if v is not None}}


def _problem(kind: str, fields: dict[str, Any]) -> tuple[str, str, str] | None:
    """The field that keeps a row from being a transaction, why, and what to do."""
    if kind not in READERS:
        return "type", f"no kind of transaction {kind!r}", f"write one of {', '.join(sorted(READERS))}"
    if not fields["date"]:
        return "date", "the date is empty", "give the trade date"
    for field, kinds in _NEEDED.items():
        if kind in kinds and fields[field] is None:
            return field, f"a {kind} without {_NAMES[field][0]}", f"give {_NAMES[field][0]}"
    for field in ("qty", "amount"):
        value = fields[field]
        if value is not None and value.startswith("-"):
            return field, f"{_NAMES[field][0]} is below zero in a {kind}", "write it without a sign"
    return None
