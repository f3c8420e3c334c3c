"""OFX 1.x (SGML) and 2.x (XML) statements, QFX among them: investment transactions and positions.

The tree is walked as it stands instead of being validated: banks leave out what the standard demands, and one bad
element must not cost the rest.
"""

import io
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from trimtab.core.result import Reason
from trimtab.feeds.cells import CellError, day, number, plain
from trimtab.feeds.statement import ACCOUNT_UNNAMED, Draft, Line, Position, Statement
from trimtab.feeds.trades import Trade, add_trade, not_counted

DEPTH_MAX: Final = 60
_TRADES: Final = {
    **dict.fromkeys(("BUYSTOCK", "BUYMF", "BUYDEBT", "BUYOTHER"), "buy"),
    **dict.fromkeys(("SELLSTOCK", "SELLMF", "SELLDEBT", "SELLOTHER"), "sell"),
    "REINVEST": "reinvest",
}
_INCOME: Final = {
    "CGLONG": "gain_distribution_long",
    "CGSHORT": "gain_distribution_short",
    "DIV": "dividend",
    "INTEREST": "interest",
    "MISC": "dividend",
}
_BROKEN: Final = (
    SyntaxError,
    UnicodeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)
"""What the parser and the tree builder raise on files cut short, spliced or mangled."""
_CASH: Final = ("INVBANKTRAN", "MARGININTEREST", "INVEXPENSE", "JRNLFUND")
_SHELTERED: Final = {
    "401K": "401k",
    "403B": "403b",
    "IRA": "ira",
    "KEOGH": "ira",
    "SARSEP": "ira",
    "SIMPLE": "simple_ira",
    "ROLLOVER": "ira",
    "ROTH": "roth_ira",
    "529": "529",
    "TDA": "403b",
    "457": "457",
}


def is_ofx(start: str) -> bool:
    """Whether a text begins as OFX does."""
    head = start.upper()
    return "OFXHEADER" in head or "<OFX>" in head or "<?OFX" in head


def read(name: str, data: bytes) -> Statement:
    """Every investment account's transactions and positions; a file that cannot be read is one clear failure."""
    draft = Draft(name)
    root = _tree(draft, data)
    if root is not None:
        statements = [*root.iter("INVSTMTRS")]
        for statement in statements:
            _statement(draft, statement)
        if not statements:
            draft.rows = draft.passed = sum(1 for _ in root.iter("STMTTRN"))
            draft.lacks("an investment statement: bank accounts and account lists hold no securities")
        else:
            _named(draft, root)
            draft.lacks("transactions before the statement begins, and the lots each sale relieved")
    return draft.statement("OFX statement")


def _tree(draft: Draft, data: bytes) -> ET.Element | None:
    from ofxtools.header import OFXHeaderError
    from ofxtools.Parser import OFXTree

    parser = OFXTree()
    try:
        parser.parse(io.BytesIO(data.lstrip()))
        root = parser.getroot()
    except OFXHeaderError:
        problem, remedy = "the OFX header is missing or malformed", "download the file again; do not edit it"
    except _BROKEN as error:
        problem, remedy = f"no well-formed OFX: {str(error)[:120]}", "download the file again"
    else:
        if root is not None and _depth(root) <= DEPTH_MAX:
            return root
        problem, remedy = "the OFX is empty or nested too deeply", "download the file again"
    draft.fail("", problem, remedy, reason=Reason.PARSING)
    return None


def _depth(root: ET.Element) -> int:
    level, depth = [root], 0
    while level and depth <= DEPTH_MAX:
        level, depth = [child for element in level for child in element], depth + 1
    return depth


def _text(element: ET.Element | None, path: str) -> str:
    found = None if element is None else element.find(path)
    return (found.text or "").strip() if found is not None else ""


def _any(element: ET.Element, tag: str) -> str:
    """The first element of that name, however deep."""
    found = next(element.iter(tag), None)
    return (found.text or "").strip() if found is not None else ""


def _number(element: ET.Element, tag: str) -> Decimal | None:
    try:
        return number(_any(element, tag))
    except CellError as error:
        raise CellError(str(error), tag) from None


def _named(draft: Draft, root: ET.Element) -> None:
    """Securities by their ticker where an identifier has exactly one, else by the identifier."""
    tickers: dict[str, set[str]] = {}
    for info in root.iter("SECINFO"):
        tickers.setdefault(_any(info, "UNIQUEID"), set()).add(_any(info, "TICKER"))
    symbols = {unique: names.pop() for unique, names in tickers.items() if len(names) == 1}
    symbols = {unique: ticker for unique, ticker in symbols.items() if ticker and unique}
    for info in root.iter("SECINFO"):
        unique = _any(info, "UNIQUEID")
        symbol = symbols.get(unique, unique)
        if symbol and _any(info, "SECNAME"):
            draft.names.setdefault(symbol, _any(info, "SECNAME"))
    draft.lines = [
        Line(line.place, {**line.row, "symbol": symbols.get(line.row["symbol"], line.row["symbol"])})
        if "symbol" in line.row
        else line
        for line in draft.lines
    ]
    draft.positions = [
        replace(position, security_id=symbols.get(position.security_id, position.security_id))
        for position in draft.positions
    ]


def _statement(draft: Draft, statement: ET.Element) -> None:
    account = _text(statement, "INVACCTFROM/ACCTID") or ACCOUNT_UNNAMED
    product = _any(statement, "USPRODUCTTYPE").upper()
    plan = any(
        next(statement.iter(tag), None) is not None for tag in ("INV401K", "INV401KBAL", "INV401KSOURCE")
    )
    draft.seen(account, _SHELTERED.get(product, "401k" if plan else ""))
    currency = _text(statement, "CURDEF") or "USD"
    listed = statement.find("INVTRANLIST")
    for place, element in _transactions(listed):
        draft.rows += 1
        if sum(1 for _ in element.iter("FITID")) > 1:
            message = "an element is not closed: other transactions stand inside this one"
            draft.fail(place, message, "download the file again", reason=Reason.PARSING)
            continue
        fitid = _any(element, "FITID")
        if fitid and draft.again(place, f"{account} {fitid}"):
            continue
        if currency != "USD" and element.tag not in _CASH:
            not_counted(draft, place, f"{element.tag} in {currency}: only dollars")
            continue
        try:
            _transaction(draft, element, place, account)
        except CellError as error:
            draft.fail(
                place, str(error), "correct the element", reason=Reason.PARSING, field_name=error.field
            )
    _positions(draft, statement, account, currency)


def _transactions(listed: ET.Element | None) -> Iterator[tuple[str, ET.Element]]:
    for count, element in enumerate(listed if listed is not None else (), start=1):
        if element.tag not in ("DTSTART", "DTEND"):
            yield _any(element, "FITID") or f"transaction {count}", element


def _transaction(draft: Draft, element: ET.Element, place: str, account: str) -> None:
    tag = element.tag
    if tag in _CASH:
        draft.passed += 1
        return
    try:
        traded = day(_any(element, "DTTRADE"))
    except CellError as error:
        raise CellError(str(error), "DTTRADE") from None
    symbol, shares = _any(element, "UNIQUEID"), _number(element, "UNITS")
    if tag.endswith("OPT"):
        not_counted(draft, place, f"an option ({_any(element, 'OPTBUYTYPE') or tag})")
        return
    if tag in _TRADES:
        reinvested = tag.startswith("BUY") and "REINVEST" in _any(element, "MEMO").upper()
        trade = Trade(
            place=place,
            side="reinvest" if reinvested else _TRADES[tag],
            account=account,
            date=traded,
            symbol=symbol,
            shares=shares,
            amount=_number(element, "TOTAL"),
            price=None if "DEBT" in tag or "OTHER" in tag else _number(element, "UNITPRICE"),
        )
        add_trade(draft, trade)
        return
    fields = {"date": None if traded is None else traded.isoformat(), "account": account, "symbol": symbol}
    if traded is None or not symbol:
        draft.fail(place, f"{tag} without date or security", "download the file again", reason=Reason.MISSING)
    elif tag in ("TRANSFER", "JRNLSEC"):
        _moved(draft, element, place, fields, shares)
    elif tag == "INCOME":
        _income(draft, element, place, fields)
    elif tag == "SPLIT":
        new, old = _number(element, "NUMERATOR"), _number(element, "DENOMINATOR")
        draft.add(place, type="split", new=plain(new), old=plain(old), date=fields["date"], symbol=symbol)
    elif tag == "RETOFCAP":
        draft.add(place, type="return_of_capital_total", amount=plain(_number(element, "TOTAL")), **fields)
    else:
        not_counted(draft, place, f"{tag} of {symbol}")


def _moved(
    draft: Draft, element: ET.Element, place: str, fields: dict[str, str | None], shares: Decimal | None
) -> None:
    """Shares from or to elsewhere, with their average cost and day of purchase where they are told."""
    if not shares:
        draft.passed += 1
        return
    action = _any(element, "TFERACTION").upper()
    if element.tag == "JRNLSEC":
        draft.passed += 1
    elif action == "OUT" or (not action and shares < 0):
        draft.add(place, type="transfer_out", qty=plain(abs(shares)), **fields)
    else:
        cost = _number(element, "AVGCOSTBASIS")
        bought = day(_any(element, "DTPURCHASE"))
        basis = None if cost is None else plain(cost * abs(shares))
        acquired = None if bought is None else bought.isoformat()
        draft.add(place, type="transfer_in", qty=plain(abs(shares)), basis=basis, acquired=acquired, **fields)


def _income(draft: Draft, element: ET.Element, place: str, fields: dict[str, str | None]) -> None:
    kind, amount = _INCOME.get(_any(element, "INCOMETYPE").upper(), ""), _number(element, "TOTAL")
    if kind and amount is not None and amount >= 0:
        draft.add(place, type=kind, amount=plain(amount), **fields)
    else:
        draft.passed += 1


def _positions(draft: Draft, statement: ET.Element, account: str, currency: str) -> None:
    try:
        as_of = day(_text(statement, "DTASOF"))
    except CellError:
        as_of = None
    for position in statement.iter("INVPOS"):
        symbol = _any(position, "UNIQUEID")
        try:
            shares = _number(position, "UNITS")
        except CellError as error:
            draft.fail(
                symbol, str(error), "correct the element", reason=Reason.PARSING, field_name=error.field
            )
            continue
        if _any(position, "POSTYPE").upper() == "SHORT" or (shares is not None and shares < 0):
            not_counted(draft, symbol, f"a short position in {symbol}")
        elif shares and symbol and currency == "USD":
            told = {"place": symbol, "account_id": account, "security_id": symbol}
            draft.positions.append(Position(**told, date=as_of, quantity=plain(shares) or "0"))
