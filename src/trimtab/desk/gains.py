"""Gains: fold the transactions of a file twice, as its broker counts wash sales and as the household's law does."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from trimtab.core.amounts import Money, Quantity, total
from trimtab.core.dates import Term, tax_year
from trimtab.core.result import Failure, Reason
from trimtab.desk.gains_form import Shown, form_row
from trimtab.desk.gains_totals import YearTotals, accounts_seen, coverage_of, year_totals
from trimtab.feeds.checks import rolled
from trimtab.feeds.post import posted
from trimtab.feeds.statement import RELIEFS, Registration, Statement
from trimtab.ledger.cases import ADVANTAGED, rules_of
from trimtab.ledger.entries import CashMovement, Entry, Purchase, Receipt, Relief
from trimtab.ledger.fold import accounts_of, fold
from trimtab.ledger.form8949 import Row8949
from trimtab.ledger.lots import Closed, Ledger, Lot
from trimtab.ledger.read import relief_of
from trimtab.ledger.state import Account, Household
from trimtab.ledger.wash import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class GainRow:
    """Pieces of one lot sold in one order that share dates and term, summed.

    `closed` carries the household's figures; `broker` what a broker that sees one account and one security shows;
    `form` the row of Form 8949, None where the basis is unknown. `dated` is False where the day of purchase is unknown.
    """

    closed: Closed
    broker: Shown
    form: Row8949 | None
    description: str
    dated: bool = True

    @property
    def unknown(self) -> bool:
        """Whether basis, and so gain, is unknown, or the term is."""
        return self.closed.basis is None or (not self.dated and self.closed.term is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """What the transactions of a file come to.

    `rows` and `lots` are those of taxable accounts; `years` the totals by year, household's and broker's; `missing`
    what the file lacks and `notices` how it was read, in words; `undated` the ids of lots whose day of purchase is
    unknown. Each statement is a household.
    """

    source: str
    rows_read: int
    accounts: tuple[Account, ...]
    rows: tuple[GainRow, ...]
    lots: tuple[Lot, ...]
    undated: frozenset[str]
    years: Mapping[int, tuple[YearTotals, YearTotals]]
    missing: tuple[str, ...]
    notices: tuple[str, ...]
    coverage: tuple[str, ...]
    failures: tuple[Failure, ...]
    households: int = 1

    @property
    def differs(self) -> bool:
        """Whether the household's wash sales are others than the broker's."""
        return any(household != broker for household, broker in self.years.values())


def gains(
    statements: Iterable[Statement],
    *,
    table: str,
    year: int | None = None,
    relief: str | None = None,
    types: Sequence[Registration] = (),
) -> Gains:
    """Lots, wash sales and gains of some statements, each a household of its own; rows of one year if it is given.

    `types` says what the file does not, or better: tax type and owner of an account.
    """
    found = [_one(_typed(rolled(statement), types), table, relief) for statement in statements]
    assert found, "a file gives one statement at least"
    rows = [row for part in found for row in part.rows]
    if year is not None:
        rows = [row for row in rows if tax_year(row.closed.disposed) == year]
    years: dict[int, tuple[YearTotals, YearTotals]] = {}
    for part in found:
        for number, (ours, theirs) in part.years.items():
            if year in (None, number):
                a, b = years.get(number, (YearTotals(), YearTotals()))
                years[number] = (a + ours, b + theirs)
    accounts = tuple(account for part in found for account in part.accounts)
    unknown = [_unknown_gain(row, table) for row in rows if row.unknown]
    return Gains(
        source=found[0].source,
        rows_read=sum(part.rows_read for part in found),
        accounts=accounts,
        households=len(found),
        rows=tuple(rows),
        lots=tuple(lot for part in found for lot in part.lots),
        undated=frozenset().union(*(part.undated for part in found)),
        years=dict(sorted(years.items())),
        missing=_once(line for part in found for line in part.missing),
        notices=_once(line for part in found for line in part.notices),
        coverage=(accounts_seen(accounts), *_once(line for part in found for line in part.coverage)),
        failures=tuple(failure for part in found for failure in part.failures) + tuple(unknown),
    )


def _typed(statement: Statement, types: Sequence[Registration]) -> Statement:
    known = {registration.account_id: registration for registration in (*statement.accounts, *types)}
    return replace(statement, accounts=tuple(known.values()))


def _once(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


def _one(statement: Statement, table: str, relief: str | None) -> Gains:
    entered = posted(statement.lines, table)
    entries = [entry for entry, _ in entered.value]
    places = {entry.entry_id: place for entry, place in entered.value}
    accounts = _accounts(statement, entries)
    household = Household(accounts, statement.groups, _relief(statement, relief))
    opening = Ledger(lots=statement.opening, sequence=len(statement.opening))
    rules = rules_of(statement.policy)
    undated = frozenset(e.entry_id for e in entries if isinstance(e, Receipt) and e.acquired is None)
    both = (rules, replace(rules, scope=Scope.BROKER))
    ours, theirs = (_termless(fold(opening, entries, household=household, rules=r), undated) for r in both)
    taxed = {account.account_id for account in accounts if account.taxable}
    covered = frozenset(e.entry_id for e in entries if isinstance(e, Purchase))
    rows = _rows(ours, theirs, taxed, undated=undated, covered=covered, statement=statement)
    distributions = [
        e
        for e in entries
        if isinstance(e, CashMovement) and e.kind.startswith("gain_") and e.account_id in taxed
    ]
    lots = ours.lots if statement.held is None else statement.held
    return Gains(
        source=statement.source,
        rows_read=statement.rows,
        accounts=accounts,
        rows=rows,
        lots=tuple(lot for lot in lots if lot.account_id in taxed),
        undated=undated,
        years={
            number: (
                year_totals(number, [row.closed for row in rows], distributions),
                year_totals(number, [c for c in theirs.closed if c.account_id in taxed], distributions),
            )
            for number in sorted({tax_year(day) for day in _days(rows, distributions)})
        },
        missing=(*statement.missing, *_untyped(statement, accounts)),
        notices=(*statement.notices, *_sheltered(accounts)),
        coverage=tuple(coverage_of(entries, ours, opening=opening, through=statement.through)),
        failures=(*statement.failures, *entered.failures, *_fold_failures(ours, places, statement, table)),
    )


def _termless(ledger: Ledger, undated: frozenset[str]) -> Ledger:
    """Sales of lots of an unknown day are long if held a year since first seen; else the term is unknown."""
    closed = [
        replace(row, term=None) if row.lot_id in undated and row.term is Term.SHORT else row
        for row in ledger.closed
    ]
    return replace(ledger, closed=tuple(closed))


def _days(rows: Sequence[GainRow], distributions: Sequence[Entry]) -> list[dt.date]:
    return [row.closed.disposed for row in rows] + [entry.date for entry in distributions]


def _accounts(statement: Statement, entries: Sequence[Entry]) -> tuple[Account, ...]:
    """The accounts listed and those only named by transactions; taxable and one's own where nobody says otherwise."""
    listed = {registration.account_id: registration for registration in statement.accounts}
    for entry in entries:
        for account_id in accounts_of(entry):
            listed.setdefault(account_id, Registration(account_id))
    return tuple(
        Account(account_id, not advantaged(said.kind), said.owner or "self")
        for account_id, said in listed.items()
    )


def advantaged(kind: str) -> bool:
    """Whether a tax type or a registration, as files word them, shelters its gains."""
    word = kind.lower().replace(" ", "_").replace("-", "_").replace("(", "").replace(")", "")
    return word in ADVANTAGED or word.endswith("_ira") or any(plan in word for plan in ("401k", "403b"))


def _untyped(statement: Statement, accounts: Sequence[Account]) -> list[str]:
    typed = {registration.account_id for registration in statement.accounts if registration.kind}
    plain = sorted(account.account_id for account in accounts if account.account_id not in typed)
    return [f"the tax type of {', '.join(plain)}: taken as taxable and your own"] if plain else []


def _sheltered(accounts: Sequence[Account]) -> list[str]:
    names = ", ".join(account.account_id for account in accounts if not account.taxable)
    said = "its sales are not taxed and its lots not shown; its purchases count in the wash rule"
    return [f"tax-advantaged: {names}; {said}"] if names else []


def _relief(statement: Statement, asked: str | None) -> Relief:
    try:
        said = relief_of(asked or statement.relief)
    except (KeyError, ValueError, TypeError, AttributeError):
        said = None
    return said if said is not None and said.method in RELIEFS else Relief("FIFO")


def _fold_failures(
    ledger: Ledger, places: Mapping[str, str], statement: Statement, table: str
) -> list[Failure]:
    """What the ledger could not use; lots and gains of unknown basis are told elsewhere.

    Where the file lists its open lots itself only sales matter: what befell lots that are still held is in them.
    """
    sales = {line.row.get("id") for line in statement.lines if line.row.get("type") == "sell"}
    return [
        replace(failure, table=table, row=places.get(failure.row, failure.row))
        for failure in ledger.failures
        if not (failure.reason is Reason.MISSING and failure.field == "basis")
        and (statement.held is None or failure.row in sales)
    ]


def _unknown_gain(row: GainRow, table: str) -> Failure:
    closed = row.closed
    what = "basis" if closed.basis is None else "day of purchase"
    return Failure(
        Reason.MISSING,
        table,
        closed.sale_id,
        "basis" if closed.basis is None else "acquired",
        closed.security_id,
        f"{closed.quantity} {closed.security_id} sold {closed.disposed}: the {what} is unknown, so is the gain",
        "add the purchase, or a transfer_in with basis and acquired",
        (closed.account_id,),
    )


def _rows(
    ours: Ledger,
    theirs: Ledger,
    taxed: set[str],
    *,
    undated: frozenset[str],
    covered: frozenset[str],
    statement: Statement,
) -> tuple[GainRow, ...]:
    by_lot: dict[tuple[str, str, str], list[Closed]] = defaultdict(list)
    for closed in _summed(ours.closed):
        by_lot[closed.account_id, closed.sale_id, closed.lot_id].append(closed)
    shown: dict[tuple[str, str, str], list[Closed]] = defaultdict(list)
    for closed in theirs.closed:
        shown[closed.account_id, closed.sale_id, closed.lot_id].append(closed)
    rows = []
    for key, pieces in by_lot.items():
        if key[0] not in taxed:
            continue
        for piece, broker in zip(pieces, _broker(pieces, shown[key]), strict=True):
            dated = piece.lot_id not in undated and piece.lot_id not in statement.undated
            name = statement.names.get(piece.security_id, piece.security_id)
            form = form_row(piece, broker, covered=piece.lot_id in covered, dated=dated)
            rows.append(GainRow(closed=piece, broker=broker, form=form, description=name, dated=dated))
    return tuple(rows)


def _summed(closed: Iterable[Closed]) -> list[Closed]:
    """Pieces that share sale, lot, dates and term as one row."""
    groups: dict[tuple[object, ...], list[Closed]] = defaultdict(list)
    for c in closed:
        known = c.basis is None
        groups[
            c.account_id, c.sale_id, c.lot_id, c.security_id, c.acquired, c.adjusted_acquired, c.term, known
        ].append(c)
    return [_sum(pieces) for pieces in groups.values()]


def _sum(pieces: Sequence[Closed]) -> Closed:
    bases = [piece.basis for piece in pieces if piece.basis is not None]
    return replace(
        pieces[0],
        quantity=Quantity(sum(piece.quantity.nano for piece in pieces)),
        proceeds=total([piece.proceeds for piece in pieces]),
        basis=total(bases) if bases else None,
        disallowed=total([piece.disallowed for piece in pieces]),
        permanent=total([piece.permanent for piece in pieces]),
    )


def _broker(pieces: Sequence[Closed], theirs: Sequence[Closed]) -> list[Shown]:
    """What the broker shows for each of our pieces of a lot: its totals, divided as ours or else by shares."""
    bases = [piece.basis for piece in theirs if piece.basis is not None]
    basis = total(bases) if len(bases) == len(theirs) and theirs else None
    washed = total([piece.disallowed for piece in theirs])
    shares = [piece.quantity.nano for piece in pieces]
    ours = [piece.basis for piece in pieces if piece.basis is not None]
    same = basis is not None and len(ours) == len(pieces) and total(ours) == basis
    shown_bases = ours if same else _divided(basis, shares)
    if total([piece.disallowed for piece in pieces]) == washed:
        shown_washes: Sequence[Money | None] = [piece.disallowed for piece in pieces]
    else:
        shown_washes = _divided(washed, shares)
    return [Shown(b, w or Money(0)) for b, w in zip(shown_bases, shown_washes, strict=True)]


def _divided(amount: Money | None, shares: Sequence[int]) -> list[Money | None]:
    """An amount over pieces by their shares, the last takes the remainder, all where none has shares."""
    if amount is None:
        return [None] * len(shares)
    whole = sum(shares)
    parts = [amount.nano * share // whole if whole else 0 for share in shares[:-1]]
    return [Money(nano) for nano in (*parts, amount.nano - sum(parts))]
