"""Rows of Form 8949: part, box, codes and columns (d) to (h) of one sale (Instructions for Form 8949)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from trimtab.core.amounts import Money
from trimtab.core.dates import Term, term
from trimtab.ledger.exact import ZERO, exact
from trimtab.ledger.lots import Closed


class Form1099B(StrEnum):
    """Whether a 1099-B came and whether it sent the basis to the IRS."""

    REPORTED = "reported"
    NOT_REPORTED = "not_reported"
    NONE = "none"


_BOXES = {
    (Term.SHORT, Form1099B.REPORTED): "A",
    (Term.SHORT, Form1099B.NOT_REPORTED): "B",
    (Term.SHORT, Form1099B.NONE): "C",
    (Term.LONG, Form1099B.REPORTED): "D",
    (Term.LONG, Form1099B.NOT_REPORTED): "E",
    (Term.LONG, Form1099B.NONE): "F",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale8949:
    """A sale as we know it and as the broker's form shows it; None is "not on the form" or "nothing to
    correct".

    `basis` is the right basis with earlier wash additions in; `basis_shown`, `wash_shown`, `term_shown` are
    boxes 1e, 1g and 2. `fees` were left out of the proceeds shown. `nondeductible` is another loss that may
    not be deducted, `market_discount` the part of the gain that is interest, `nominee` the gain that
    belongs to someone else.
    """

    acquired: date
    disposed: date
    form: Form1099B
    proceeds: Fraction
    basis: Fraction
    basis_shown: Fraction | None = None
    wash_disallowed: Fraction = ZERO
    wash_shown: Fraction | None = None
    term_shown: Term | None = None
    inherited: bool = False
    fees: Fraction = ZERO
    nondeductible: Fraction = ZERO
    market_discount: Fraction = ZERO
    nominee: Fraction = ZERO
    collectible: bool = False
    summary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row8949:
    """One row: part I or II, box, date acquired or INHERITED, date sold, (d), (e), codes (f), (g), (h)."""

    part: str
    box: str
    acquired: str
    disposed: date
    proceeds: Fraction
    basis: Fraction
    code: str
    adjustment: Fraction

    @property
    def gain(self) -> Fraction:
        """Column (h): proceeds less basis and the adjustment."""
        return self.proceeds - self.basis + self.adjustment


def sale_of(
    closed: Closed, *, form: Form1099B, basis_shown: Money | None = None, wash_shown: Money | None = None
) -> Sale8949 | None:
    """A relieved piece as the form needs it, with what the broker shows; None where basis is unknown."""
    if closed.basis is None:
        return None
    return Sale8949(
        acquired=closed.adjusted_acquired,
        disposed=closed.disposed,
        form=form,
        proceeds=exact(closed.proceeds.decimal()),
        basis=exact(closed.basis.decimal()),
        basis_shown=None if basis_shown is None else exact(basis_shown.decimal()),
        wash_disallowed=exact(closed.disallowed.decimal()),
        wash_shown=None if wash_shown is None else exact(wash_shown.decimal()),
        inherited=closed.inherited,
    )


def row(sale: Sale8949) -> Row8949:
    """The row of one sale: each code's amount adds into one net adjustment, codes in alphabetical order."""
    character = Term.LONG if sale.inherited else term(sale.acquired, sale.disposed)
    basis, adjustments = _basis(sale)
    adjustments |= _adjustments(sale, character)
    return Row8949(
        part="II" if character is Term.LONG else "I",
        box=_BOXES[character, sale.form],
        acquired="INHERITED" if sale.inherited else sale.acquired.isoformat(),
        disposed=sale.disposed,
        proceeds=sale.proceeds,
        basis=basis,
        code="".join(sorted(adjustments)),
        adjustment=sum(adjustments.values(), ZERO),
    )


def _basis(sale: Sale8949) -> tuple[Fraction, dict[str, Fraction]]:
    """Column (e) and code B: a basis the IRS has stays and is adjusted, any other is put right in place."""
    shown = sale.basis_shown
    if sale.form is Form1099B.NONE or shown is None or shown == sale.basis:
        return sale.basis, {}
    if sale.form is Form1099B.REPORTED:
        return shown, {"B": shown - sale.basis}
    return sale.basis, {"B": ZERO}


def _adjustments(sale: Sale8949, character: Term) -> dict[str, Fraction]:
    codes: dict[str, Fraction] = {}
    if sale.wash_disallowed or sale.wash_shown:
        codes["W"] = sale.wash_disallowed
    if sale.term_shown is not None and sale.form is not Form1099B.NONE and sale.term_shown is not character:
        codes["T"] = ZERO
    if sale.fees:
        codes["E"] = -sale.fees
    if sale.nondeductible:
        codes["L"] = sale.nondeductible
    if sale.market_discount:
        codes["D"] = -sale.market_discount
    if sale.nominee:
        codes["N"] = -sale.nominee
    if sale.collectible:
        codes["C"] = ZERO
    if sale.summary:
        codes["M"] = ZERO
    return codes
