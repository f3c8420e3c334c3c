"""Plain-text cases of the ledger: what happened, what must come out. `tests/cases/ledger/README.md` has the form."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

CASES = Path(__file__).resolve().parents[2] / "cases" / "ledger"
_POLICY = {
    "older_excluded": ("exclude_acquired_before_loss_lot", True),
    "copy_date": ("wash_holding_period", "original_date"),
}


@dataclass
class TextCase:
    """One case: its title, the input in the form of a `lots` case, the lines expected."""

    title: str
    given: dict[str, Any]
    policy: dict[str, Any] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)


def read_cases(path: Path) -> list[TextCase]:
    """Every case of a file."""
    cases: list[TextCase] = []
    for line in path.read_text().splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("== "):
            cases.append(TextCase(f"{path.stem}: {text[3:]}", _blank()))
        elif text:
            _line(cases[-1], text)
    return cases


def _blank() -> dict[str, Any]:
    accounts = [{"id": "A", "type": "taxable", "owner": "self"}]
    return {"accounts": accounts, "default_relief": "FIFO", "identical_groups": [], "transactions": []}


def _line(case: TextCase, text: str) -> None:
    if text.startswith("->"):
        case.closed.append(text[2:].strip())
    elif text.startswith("=>"):
        case.open.append(text[2:].strip())
    elif text.startswith("totals "):
        words = text.split()[1:]
        case.totals.update({k: Decimal(v) for k, v in zip(words[::2], words[1::2], strict=True)})
    elif text.startswith("account "):
        name, kind, owner = text.split()[1:]
        case.given["accounts"].append({"id": name, "type": kind, "owner": owner})
    elif text.startswith("group "):
        case.given["identical_groups"].append(text.split()[1:])
    elif text.startswith("policy "):
        for word in text.split()[1:]:
            name, _, value = word.partition("=")
            case.policy.update(
                {_POLICY[name][0]: _POLICY[name][1]} if name in _POLICY else {name: value.split(",")}
            )
    else:
        case.given["transactions"].append(_transaction(text))


def _transaction(text: str) -> dict[str, Any]:
    day, kind, name, *words = text.split()
    row = {"date": day, "type": kind, "id": name, **_FORMS[kind](words)}
    for word in words:
        key, eq, value = word.partition("=")
        if eq:
            row[key] = _pairs(value) if key in ("cash_in_lieu", "lots") else value
    for item in row.get("cash_in_lieu", ()):
        item.update(account=item.pop("lot"), amount=item.pop("qty"))
    return row


def _pairs(value: str) -> list[dict[str, str]]:
    return [dict(zip(("lot", "qty"), part.split(":"), strict=False)) for part in value.split(",")]


def _trade(words: list[str]) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(("account", "symbol", "qty", "amount"), words[:4], strict=True))
    if len(words) > 4 and "=" not in words[4]:
        how = words[4]
        row["relief"] = {"method": "SPEC", "lots": _pairs(how)} if ":" in how else {"method": how}
    return row


def _security(words: list[str]) -> dict[str, Any]:
    old, _, new = words[0].partition(">")
    row: dict[str, Any] = {"symbol": old, "new_symbol": new, "child": new}
    if len(words) > 1 and ":" in words[1] and "=" not in words[1]:
        row["new"], row["old"] = words[1].split(":")
    return row


def _transfer(words: list[str]) -> dict[str, Any]:
    source, _, target = words[0].partition(">")
    return {"from": source, "to": target, "symbol": words[1]}


def _shares(words: list[str]) -> dict[str, Any]:
    plain = [word for word in words if "=" not in word]
    return dict(zip(("account", "symbol", "qty"), plain, strict=False))


def _holding(words: list[str]) -> dict[str, Any]:
    return dict(zip(("account", "symbol"), words[:2], strict=True))


_FORMS = {
    **dict.fromkeys(("buy", "reinvest", "sell", "option_buy"), _trade),
    **dict.fromkeys(("split", "spinoff", "merger_stock", "merger_cash", "symbol_change"), _security),
    **dict.fromkeys(("gift_in", "inherit", "gift_out", "donate", "transfer_in", "transfer_out"), _shares),
    "transfer": _transfer,
    "return_of_capital": _holding,
}


def differences(case: TextCase, output: dict[str, Any]) -> list[str]:
    """What came out otherwise than written; money to the cent, shares to the billionth."""
    wrong = _compare("closed", sorted(map(_norm, case.closed)), sorted(_closed_lines(output["closed"])))
    wrong += _compare("open", sorted(map(_norm, case.open)), sorted(_open_lines(output["open"], case.open)))
    names = {"short": "short", "long": "long", "washed": "disallowed", "gone": "permanently_disallowed"}
    for name, amount in case.totals.items():
        found = Decimal(output["totals"][names[name]])
        if abs(found - amount) > Decimal("0.005"):
            wrong.append(f"totals {name}: {amount} written, {found} found")
    return wrong


def _compare(what: str, written: list[str], found: list[str]) -> list[str]:
    return [] if written == found else [f"{what} written {written}", f"{what} found   {found}"]


def _norm(line: str) -> str:
    return re.sub(r"\s+", " ", line)


def _money(value: Decimal | None) -> str:
    return "?" if value is None else f"{value.quantize(Decimal('0.01')) + 0:f}".replace("-0.00", "0.00")


def _closed_lines(rows: list[dict[str, Any]]) -> list[str]:
    """`SALE LOT SHARES: proceeds - basis + disallowed = gain TERM`, parts with the same dates together."""
    sums: defaultdict[tuple[str, ...], list[Decimal | None]] = defaultdict(lambda: [Decimal(0)] * 5)
    for row in rows:
        key = tuple(str(row[name]) for name in ("sell", "lot", "account", "adjusted_acquired", "term"))
        values = [row[name] for name in ("qty", "proceeds", "basis", "disallowed", "gain")]
        sums[key] = [
            None if a is None or b is None else a + Decimal(b) for a, b in zip(sums[key], values, strict=True)
        ]
    lines = []
    for (sale, lot, account, _, term), (qty, proceeds, basis, disallowed, gain) in sums.items():
        where = "" if account == "A" else f"@{account}"
        washed = f" + {_money(disallowed)}" if disallowed else ""
        kind = {"None": "-"}.get(term, term)
        sold = f"{_money(proceeds)} - {_money(basis)}{washed} = {_money(gain)}"
        lines.append(f"{sale} {lot}{where} {qty.normalize():f}: {sold} {kind}")
    return lines


def _open_lines(rows: list[dict[str, Any]], written: list[str]) -> list[str]:
    """`LOT ACCOUNT SECURITY SHARES BASIS [ACQUIRED ADJUSTED]`, dates where any line of the case gives them."""
    dated = {line.split()[0] for line in written if len(line.split()) > 5}
    sums: defaultdict[tuple[str, ...], list[Decimal | None]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in rows:
        key = tuple(row[name] for name in ("lot", "account", "symbol", "acquired", "adjusted_acquired"))
        values = (row["qty"], row["basis"])
        sums[key] = [
            None if a is None or b is None else a + Decimal(b) for a, b in zip(sums[key], values, strict=True)
        ]
    lines = []
    for (lot, account, symbol, acquired, adjusted), (qty, basis) in sums.items():
        dates = f" {acquired} {adjusted}" if lot in dated else ""
        lines.append(f"{lot} {account} {symbol} {qty.normalize():f} {_money(basis)}{dates}")
    return lines
