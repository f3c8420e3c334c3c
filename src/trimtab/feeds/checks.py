"""Roll-forward: what must have been held before a file begins, and what only the shares held can tell."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

from trimtab.core.amounts import NANO, Price, Rounding, divide
from trimtab.core.result import Failure, Reason
from trimtab.feeds.cells import EARLIEST
from trimtab.feeds.statement import FEED_KINDS, Line, Position, Statement
from trimtab.feeds.told import IN, told_lots

OUT: Final = frozenset({"sell", "transfer_out", "gift_out", "donate"})
_CENTS: Final = Fraction(1, 10**6)
Key = tuple[str, str]


def in_time_order(lines: Sequence[Line]) -> list[Line]:
    """Lines oldest first; where the file runs newest first, the rows of one day are turned around too."""
    days = [str(line.row.get("date", "")) for line in lines]
    falls = sum(later < earlier for earlier, later in itertools.pairwise(days))
    rises = sum(later > earlier for earlier, later in itertools.pairwise(days))
    ordered = reversed(lines) if falls > rises else lines
    return sorted(ordered, key=lambda line: str(line.row.get("date", "")))


def together(files: Mapping[str, Statement]) -> Statement:
    """Several files of one household as one: transactions in time order, each file's own order kept within a day.

    Places name their file; within a day files go by name, so that the order they are given in does not matter.
    """
    assert files, "nothing to put together"
    statements = [files[name] for name in sorted(files)]
    if len(statements) == 1:
        return statements[0]
    lines = [
        Line(f"{name} {line.place}", line.row)
        for name in sorted(files)
        for line in in_time_order(files[name].lines)
    ]
    ends = [statement.through for statement in statements if statement.through is not None]
    return Statement(
        source="; ".join(dict.fromkeys(statement.source for statement in statements)),
        rows=sum(statement.rows for statement in statements),
        lines=tuple(sorted(lines, key=lambda line: str(line.row.get("date", "")))),
        accounts=tuple(account for statement in statements for account in statement.accounts),
        positions=tuple(position for statement in statements for position in statement.positions),
        groups=tuple(group for statement in statements for group in statement.groups),
        relief=next((statement.relief for statement in statements if statement.relief is not None), None),
        policy={name: value for statement in statements for name, value in statement.policy.items()},
        names={name: said for statement in reversed(statements) for name, said in statement.names.items()},
        complete=all(statement.complete for statement in statements),
        through=max(ends) if len(ends) == len(statements) else None,
        missing=tuple(dict.fromkeys(line for statement in statements for line in statement.missing)),
        notices=tuple(dict.fromkeys(line for statement in statements for line in statement.notices)),
        passed=sum(statement.passed for statement in statements),
        failures=tuple(failure for statement in statements for failure in statement.failures),
    )


def rolled(statement: Statement) -> Statement:
    """The same statement with what was held before it begins, as lots of unknown basis, and every kind a plain one."""
    lines = in_time_order(statement.lines)
    if statement.complete:
        return replace(statement, lines=tuple(lines))
    told = told_lots(lines)
    lines = [*told.receipts, *told.lines]
    roll = Roll()
    for line in lines:
        roll.step(line)
    failures = list(statement.failures)
    openings = _openings(roll, statement, lines, failures)
    known = [*openings, *lines]
    resolved = _resolved(known, failures, statement.source)
    missing = (*statement.missing, *(_said(line) for line in openings if "basis" not in line.row))
    undated = statement.undated | told.undated
    return replace(
        statement, lines=tuple(resolved), undated=undated, missing=missing, failures=tuple(failures)
    )


@dataclass(slots=True)
class Roll:
    """Shares of each account and security as `k × opening + c`, and the opening they must at least have had."""

    k: dict[Key, Fraction] = field(default_factory=dict)
    c: dict[Key, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    need: dict[Key, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    scale: dict[str, Fraction] = field(default_factory=dict)
    first_name: dict[str, str] = field(default_factory=dict)
    gone: set[Key] = field(default_factory=set)

    def key(self, row: Mapping[str, Any]) -> Key:
        """The account and the name the security had when the file began."""
        symbol = str(row.get("symbol", ""))
        return str(row.get("account", "")), self.first_name.get(symbol, symbol)

    def held(self, key: Key) -> Fraction:
        """Shares known to be held, without an opening."""
        return max(self.c[key], Fraction(0))

    def add(self, key: Key, shares: Fraction) -> None:
        """Shares come or go; going below zero tells of an opening."""
        k = self.k.setdefault(key, self.scale.get(key[1], Fraction(1)))
        self.c[key] += shares
        self.need[key] = max(self.need[key], -self.c[key] / k)

    def step(self, line: Line) -> None:
        """What a line does to the shares held; a line without a quantity does nothing."""
        row, kind = line.row, line.row.get("type")
        if kind in IN or kind in OUT:
            shares = quantity(row, "qty")
            if shares is not None:
                self.add(self.key(row), shares if kind in IN else -shares)
        elif kind == "split":
            self._split(row)
        elif kind == "symbol_change":
            name = str(row.get("symbol", ""))
            self.first_name[str(row.get("new_symbol", ""))] = self.first_name.get(name, name)
        elif kind in ("merger_stock", "spinoff", "merger_cash"):
            self._exchange(row)
        elif kind == "transfer":
            self._transfer(row)

    def _split(self, row: Mapping[str, Any]) -> None:
        ratio = ratio_of(row)
        if ratio is None:
            return
        symbol = self.key(row)[1]
        self.scale[symbol] = self.scale.get(symbol, Fraction(1)) * ratio
        for key in [key for key in self.k if key[1] == symbol]:
            self.k[key] *= ratio
            self.c[key] *= ratio

    def _exchange(self, row: Mapping[str, Any]) -> None:
        """Shares of one security become, or bring, shares of another."""
        symbol, ratio = self.key(row)[1], ratio_of(row)
        new = str(row.get("new_symbol") or row.get("child") or "")
        exchanged = quantity(row, "exchanged")
        if exchanged is not None:
            self.add((str(row.get("account", "")), symbol), -exchanged)
            self.add((str(row.get("account", "")), symbol), exchanged)
        for key in [key for key in self.k if key[1] == symbol and key not in self.gone]:
            opening = self.need[key] * self.k[key]
            if new and ratio is not None:
                self.add((key[0], new), (self.held(key) + opening) * ratio)
            if row.get("type") != "spinoff":
                self.c[key] = -opening

    def _transfer(self, row: Mapping[str, Any]) -> None:
        symbol = self.key(row)[1]
        given = [quantity(pick, "qty") for pick in row.get("lots") or () if isinstance(pick, Mapping)]
        source: Key = (str(row.get("from", "")), symbol)
        moved = self.held(source)
        if given and None not in given:
            moved = sum((shares for shares in given if shares is not None), Fraction(0))
        self.add(source, -moved)
        self.add((str(row.get("to", "")), symbol), moved)


def quantity(row: Mapping[str, Any], name: str) -> Fraction | None:
    """A number of a row; None where it is absent or no number."""
    try:
        return Fraction(Decimal(str(row[name])))
    except (KeyError, InvalidOperation, ValueError, OverflowError):
        return None


def ratio_of(row: Mapping[str, Any]) -> Fraction | None:
    """New shares for each old one; None where the row does not tell."""
    new, old = quantity(row, "new"), quantity(row, "old")
    return new / old if new and old and new > 0 and old > 0 else None


def _openings(roll: Roll, statement: Statement, lines: Sequence[Line], failures: list[Failure]) -> list[Line]:
    """Receipts of what was held before: what sales need, or more where the positions show more."""
    shown: dict[Key, list[Position]] = defaultdict(list)
    for position in statement.positions:
        shown[position.account_id, roll.first_name.get(position.security_id, position.security_id)].append(
            position
        )
    dates = [str(line.row["date"]) for line in lines if line.row.get("date") and "acquired" not in line.row]
    begins = dt.date.fromisoformat(min(dates)) - dt.timedelta(days=1) if dates else None
    found: list[Line] = []
    days = {position.date for position in statement.positions}
    then = {day: _rolled_to(lines, day) for day in days}
    for key in sorted({*roll.need, *shown}):
        shares, basis = roll.need[key], None
        if key in shown:
            shares, basis = _from_positions(roll, then[shown[key][0].date], key, shown[key], failures)
        if shares <= 0:
            continue
        day = begins or shown[key][0].date or EARLIEST
        nano = divide(shares.numerator * NANO, shares.denominator, Rounding.CEILING)
        row: dict[str, Any] = {
            "id": f"{key[0]}/opening/{key[1]}",
            "type": "transfer_in",
            "date": day.isoformat(),
            "account": key[0],
            "symbol": key[1],
            "qty": format(Decimal(nano).scaleb(-9).normalize(), "f"),
        }
        found.append(Line("opening", row if basis is None else {**row, "basis": basis}))
    return found


def _rolled_to(lines: Iterable[Line], through: dt.date | None) -> Roll:
    """Shares as they stood at the end of a day; at the end of all where the day is unknown."""
    roll = Roll()
    for line in lines:
        if through is None or str(line.row.get("date", "")) <= through.isoformat():
            roll.step(line)
    return roll


def _from_positions(
    roll: Roll, then: Roll, key: Key, positions: Sequence[Position], failures: list[Failure]
) -> tuple[Fraction, str | None]:
    """What must have been held before for the positions to be what they are, on their day."""
    end = sum((quantity({"q": p.quantity}, "q") or Fraction(0) for p in positions), Fraction(0))
    k = then.k.get(key, then.scale.get(key[1], Fraction(1)))
    shares = (end - then.c[key]) / k
    if shares < roll.need[key] - _CENTS:
        least = _text(then.c[key] + roll.need[key] * k)
        message = (
            f"{key[1]} in {key[0]}: {_text(end)} shares reported, the transactions leave at least {least}"
        )
        failures.append(
            Failure(
                Reason.CONFLICT,
                "positions",
                positions[0].place,
                "quantity",
                _text(end),
                message,
                "supply the missing transactions",
                (key[0],),
            )
        )
    untouched = key not in roll.k
    bases = [p.basis for p in positions]
    if untouched and None not in bases:
        return end, format(sum((Decimal(b) for b in bases if b is not None), Decimal(0)), "f")
    return max(shares, roll.need[key]), None


def _text(shares: Fraction) -> str:
    return format(round(Decimal(shares.numerator) / Decimal(shares.denominator), 6).normalize(), "f")


def _said(line: Line) -> str:
    row = line.row
    shares = f"{row['qty']} {row['symbol']} in {row['account']}"
    return f"the purchase of {shares}, held before or on {row['date']}: basis and date are unknown"


def _failure(table: str, name: str, message: str, remedy: str, place: str = "") -> Failure:
    return Failure(Reason.MISSING, table, place, name, "", message, remedy)


def _resolved(lines: Sequence[Line], failures: list[Failure], table: str) -> list[Line]:
    """Kinds of feeds told by the shares held on their day: ratios of splits, returns of capital a share."""
    roll = Roll()
    told: list[Line] = []
    done: set[tuple[object, object]] = set()
    for place, line in enumerate(lines):
        if line.row.get("type") in FEED_KINDS:
            plain = _plain(roll, lines[place:], done)
            if plain is None:
                message = f"shares of {line.row.get('symbol', '')} held before are not in the file"
                failures.append(
                    _failure(table, "quantity", message, "add the transaction with its ratio", line.place)
                )
                continue
            line = plain
            if not line.row:
                continue
        roll.step(line)
        told.append(line)
    return told


def _plain(roll: Roll, lines: Sequence[Line], done: set[tuple[object, object]]) -> Line | None:
    """The plain line for the first of some lines; an empty one where the split was told already."""
    first = lines[0]
    row = {k: v for k, v in first.row.items() if k != "qty"}
    key = roll.key(row)
    if row["type"] == "return_of_capital_total":
        held, amount = roll.held(key), quantity(row, "amount")
        if not held or amount is None:
            return None
        each = Price(divide(*_nanos(amount / held), Rounding.HALF_EVEN))
        return Line(first.place, {**row, "type": "return_of_capital", "per_share": each.text()})
    mark = (row.get("date"), key[1])
    if mark in done:
        return Line(first.place, {})
    same = [
        line.row
        for line in lines
        if line.row.get("type") == "split_shares" and (line.row.get("date"), roll.key(line.row)[1]) == mark
    ]
    old = sum((roll.held(roll.key(other)) for other in same), Fraction(0))
    new = old + sum((quantity(other, "qty") or Fraction(0) for other in same), Fraction(0))
    if not old or new <= 0:
        return None
    done.add(mark)
    ratio = new / old
    return Line(
        first.place, {**row, "type": "split", "new": str(ratio.numerator), "old": str(ratio.denominator)}
    )


def _nanos(value: Fraction) -> tuple[int, int]:
    return value.numerator * NANO, value.denominator
