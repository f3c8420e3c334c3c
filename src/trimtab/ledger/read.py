"""Entries from plain rows: the transaction kinds and field names of the lot cases and of the book's transactions."""

import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from trimtab.core.amounts import Money, Price, Quantity
from trimtab.ledger import entries as e

Row = Mapping[str, Any]
"""Field names to decimal text, ISO dates or nested lists; absent, None and empty text mean unknown."""


def entry_of(row: Row) -> e.Entry:
    """The entry a row states; ValueError names the field that cannot be read, KeyError the one that is missing."""
    kind = row["type"]
    if kind not in READERS:
        raise ValueError(f"no transaction kind {kind!r}; there are {', '.join(sorted(READERS))}")
    return READERS[kind](row)


def relief_of(row: Row | str | None) -> e.Relief | None:
    """A relief stated by its method's name, or with lots and rates; lots without a method are those to sell."""
    if not row:
        return None
    if isinstance(row, str):
        return e.Relief(row)
    default = e.Relief(row.get("method") or "SPEC")
    return e.Relief(
        default.method,
        _picks(row.get("lots")),
        _fraction(row.get("st_rate"), default.short_rate),
        _fraction(row.get("lt_rate"), default.long_rate),
    )


def _purchase(row: Row) -> e.Entry:
    return e.Purchase(
        **_at_account(row),
        quantity=_quantity(row),
        amount=_optional_money(row, "amount"),
        order_id=row.get("order") or "",
        underlying_id=row.get("underlying") or "",
    )


def _sale(row: Row) -> e.Entry:
    return e.Sale(
        **_at_account(row),
        quantity=_quantity(row),
        amount=_money(row, "amount"),
        relief=relief_of(row.get("relief")),
        order_id=row.get("order") or "",
    )


def _split(row: Row) -> e.Entry:
    return e.Split(**_at_security(row), ratio=_ratio(row), cash=_cash(row))


def _spin_off(row: Row) -> e.Entry:
    ratio = _ratio(row)
    if _given(row, "child_basis_fraction"):
        part = Fraction(row["child_basis_fraction"])
    else:
        child = ratio * Fraction(row["fmv_child"])
        part = child / (Fraction(row["fmv_parent"]) + child)
    if not 0 <= part <= 1:
        raise ValueError(f"a child takes between none and all of the basis, not {part}")
    return e.SpinOff(
        **_at_security(row), child_id=row["child"], ratio=ratio, basis_fraction=part, cash=_cash(row)
    )


def _stock_merger(row: Row) -> e.Entry:
    return e.StockMerger(
        **_at_security(row),
        new_security_id=row["new_symbol"],
        ratio=_ratio(row),
        cash_per_share=Price.parse(row["cash_per_share"]) if _given(row, "cash_per_share") else Price(0),
        new_price=Price.parse(row["fmv_new"]) if _given(row, "fmv_new") else None,
        cash=_cash(row),
    )


def _cash_merger(row: Row) -> e.Entry:
    return e.CashMerger(**_at_security(row), cash_per_share=Price.parse(row["cash_per_share"]))


def _return_of_capital(row: Row) -> e.Entry:
    return e.ReturnOfCapital(**_at_account(row), per_share=Price.parse(row["per_share"]))


def _symbol_change(row: Row) -> e.Entry:
    return e.SymbolChange(**_at_security(row), new_security_id=row["new_symbol"])


def _transfer(row: Row) -> e.Entry:
    return e.Transfer(
        **_named(row),
        from_id=row["from"],
        to_id=row["to"],
        security_id=row["symbol"],
        picks=_picks(row.get("lots")),
    )


def _receipt(row: Row) -> e.Entry:
    return e.Receipt(
        **_at_account(row),
        quantity=_quantity(row),
        basis=_optional_money(row, "basis"),
        acquired=dt.date.fromisoformat(row["acquired"]) if _given(row, "acquired") else None,
    )


def _gift(row: Row) -> e.Entry:
    return e.Gift(
        **_at_account(row),
        quantity=_quantity(row),
        donor_basis=_money(row, "donor_basis"),
        donor_acquired=dt.date.fromisoformat(row["donor_acquired"]),
        value=_money(row, "fmv"),
        gift_tax=_optional_money(row, "gift_tax_paid") or Money(0),
        taxable_gift=_optional_money(row, "taxable_gift") or Money(0),
    )


def _inheritance(row: Row) -> e.Entry:
    return e.Inheritance(**_at_account(row), quantity=_quantity(row), value=_money(row, "fmv"))


def _removal(row: Row) -> e.Entry:
    picks = _picks(row.get("lots"))
    relief = e.Relief("SPEC", picks) if picks else relief_of(row.get("relief"))
    return e.Removal(
        **_at_account(row), quantity=_quantity(row) if _given(row, "qty") else None, relief=relief
    )


def _cash_in(row: Row) -> e.Entry:
    return _cash_movement(row, _money(row, "amount"))


def _cash_out(row: Row) -> e.Entry:
    return _cash_movement(row, -_money(row, "amount"))


def _cash_movement(row: Row, amount: Money) -> e.Entry:
    return e.CashMovement(
        **_named(row),
        account_id=row["account"],
        amount=amount,
        kind=row["type"],
        security_id=row.get("symbol") or "",
    )


READERS: dict[str, Callable[[Row], e.Entry]] = {
    "buy": _purchase,
    "reinvest": _purchase,
    "option_buy": _purchase,
    "sell": _sale,
    "split": _split,
    "spinoff": _spin_off,
    "merger_stock": _stock_merger,
    "merger_cash": _cash_merger,
    "return_of_capital": _return_of_capital,
    "symbol_change": _symbol_change,
    "transfer": _transfer,
    "transfer_in": _receipt,
    "gift_in": _gift,
    "inherit": _inheritance,
    "gift_out": _removal,
    "donate": _removal,
    "transfer_out": _removal,
    "dividend": _cash_in,
    "interest": _cash_in,
    "gain_distribution_short": _cash_in,
    "gain_distribution_long": _cash_in,
    "journal": _cash_in,
    "fee": _cash_out,
}


def _named(row: Row) -> dict[str, Any]:
    return {"entry_id": row["id"], "date": dt.date.fromisoformat(row["date"])}


def _at_security(row: Row) -> dict[str, Any]:
    return {**_named(row), "security_id": row["symbol"]}


def _at_account(row: Row) -> dict[str, Any]:
    return {**_at_security(row), "account_id": row["account"]}


def _given(row: Row, name: str) -> bool:
    return row.get(name) not in (None, "")


def _quantity(row: Row) -> Quantity:
    quantity = Quantity.parse(row["qty"])
    if not quantity:
        raise ValueError("qty is zero")
    return quantity


def _money(row: Row, name: str) -> Money:
    amount = Money.parse(row[name])
    if amount.nano < 0:
        raise ValueError(f"{name} is below zero: {amount}")
    return amount


def _optional_money(row: Row, name: str) -> Money | None:
    return _money(row, name) if _given(row, name) else None


def _fraction(text: str | None, default: Fraction) -> Fraction:
    return default if text is None else Fraction(text)


def _ratio(row: Row) -> Fraction:
    ratio = Fraction(row["new"]) / Fraction(row["old"])
    if ratio <= 0:
        raise ValueError(f"{row['new']} for {row['old']} is no ratio")
    return ratio


def _cash(row: Row) -> tuple[e.CashForFraction, ...]:
    return tuple(
        e.CashForFraction(item["account"], _money(item, "amount")) for item in row.get("cash_in_lieu") or ()
    )


def _picks(lots: object) -> tuple[e.Pick, ...]:
    if not lots:
        return ()
    if not isinstance(lots, list | tuple):
        raise ValueError(f"lots are a list, not {lots!r}")  # noqa: TRY004 - the row's value is at fault
    return tuple(_pick(item) for item in lots)


def _pick(item: Row | str) -> e.Pick:
    if isinstance(item, str):
        return e.Pick(item)
    return e.Pick(item["lot"], _quantity(item) if _given(item, "qty") else None)
