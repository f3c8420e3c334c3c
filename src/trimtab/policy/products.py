"""Which products may fill a slot, and in which order: the firm's rows, its approved list, account types, menus."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from trimtab.core.result import Failure, Reason
from trimtab.policy.settings import nearest
from trimtab.policy.trees import Leaf

APPROVED: Final = "approved"
STATUSES: Final = ("approved", "watch", "closed", "sell")


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a slot for one kind of account.

    `hurdle_bps` is the yearly cost of standing in for rank 1; `buyable` is false where the firm, the menu or the
    account's tax type forbids a buy, or the row is hold-only; `share` is its part of a slot shared by several.
    """

    security_id: str
    rank: int
    hurdle_bps: float
    hold_only: bool
    buyable: bool
    share: float | None


@dataclass(frozen=True, slots=True)
class _Row:
    security_id: str
    rank: int
    hurdle_bps: float
    hold_only: bool
    account_types: frozenset[str]
    share: float | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one firm lets be bought: its product rows by (model_id, node_id), its list's status and
    successor by security."""

    rows: Mapping[tuple[str, str], tuple[_Row, ...]] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    successors: Mapping[str, str] = field(default_factory=dict)

    def allows(self, security_id: str, *, constituent: bool = False) -> bool:
        """Whether the firm lets the security be bought; an index's constituent needs no row."""
        if not self.statuses:
            return True
        return self.statuses.get(security_id, APPROVED if constituent else "") == APPROVED

    def disowned(self, security_id: str) -> bool:
        """Whether the firm wants the security gone: it then stands for no slot."""
        return self.statuses.get(security_id) == "sell"

    def products(self, leaf: Leaf, tax_type: str, menu: frozenset[str] | None) -> tuple[Product, ...]:
        """The products of a leaf in order of rank, those that may only be held included.

        A security leaf's own security is rank 1 unless a row that suits the account's tax type takes that rank.
        """
        rows = [*self.rows.get((leaf.model_id, leaf.node_id), ())]
        if not rows:
            rows = [*self.rows.get(("", leaf.node_id), ())]
        named = {row.security_id for row in rows}
        first = any(row.rank <= 1 and _suits(row, tax_type) for row in rows)
        if leaf.kind == "security" and leaf.ref not in named and not first:
            rows.append(_Row(leaf.ref, 1, 0.0, False, frozenset(), None))
        rows += self._successors(rows)
        rows.sort(key=lambda row: (row.rank, row.security_id))
        return tuple(self._product(row, tax_type, menu) for row in rows if not self.disowned(row.security_id))

    def _successors(self, rows: list[_Row]) -> list[_Row]:
        """In the place of a product that is no longer bought stands its successor, unless it has a place of its own."""
        named = {row.security_id for row in rows}
        out = []
        for row in rows:
            successor = self.successors.get(row.security_id, "")
            if successor and successor not in named and not self.allows(row.security_id):
                named.add(successor)
                out.append(replace(row, security_id=successor))
        return out

    def _product(self, row: _Row, tax_type: str, menu: frozenset[str] | None) -> Product:
        on_menu = menu is None or row.security_id in menu
        buyable = not row.hold_only and on_menu and _suits(row, tax_type) and self.allows(row.security_id)
        return Product(row.security_id, row.rank, row.hurdle_bps, row.hold_only, buyable, row.share)


def _suits(row: _Row, tax_type: str) -> bool:
    return not row.account_types or tax_type in row.account_types


def read_shelves(products: pl.DataFrame, approved_list: pl.DataFrame) -> dict[str, Shelf]:
    """Each firm's shelf, from the `products` and `approved_list` tables; a firm with neither has none."""
    rows: dict[str, dict[tuple[str, str], list[_Row]]] = {}
    columns = ["firm_id", "model_id", "node_id", "security_id"]
    frame = products.with_columns(pl.col("model_id").fill_null("")).sort(columns)
    more = ["rank", "hurdle_bps", "hold_only", "account_types", "share"]
    for firm, model, node, security, rank, hurdle, hold, types, share in frame.select(
        *columns, *more
    ).iter_rows():
        kinds = frozenset(word.strip() for word in (types or "").split(";") if word.strip())
        row = _Row(security, rank, hurdle or 0.0, bool(hold), kinds, share)
        rows.setdefault(firm, {}).setdefault((model, node), []).append(row)
    statuses: dict[str, dict[str, str]] = {}
    successors: dict[str, dict[str, str]] = {}
    listed = approved_list.select("firm_id", "security_id", "status", "successor")
    for firm, security, status, successor in listed.iter_rows():
        statuses.setdefault(firm, {})[security] = status
        successors.setdefault(firm, {})[security] = successor or ""
    return {
        firm: Shelf(
            {key: tuple(found) for key, found in rows.get(firm, {}).items()},
            statuses.get(firm, {}),
            successors.get(firm, {}),
        )
        for firm in sorted(rows.keys() | statuses.keys())
    }


def stray_rows(products: pl.DataFrame, models: pl.DataFrame) -> list[Failure]:
    """A failure for each product row whose node stands in no such model: it would never be looked at."""
    columns = ["firm_id", "model_id", "node_id", "security_id"]
    named = products.select(columns).filter(pl.col("model_id").is_not_null())
    loose = products.select(columns).filter(pl.col("model_id").is_null())
    nodes = models.select("model_id", "node_id")
    strays = pl.concat(
        [
            named.join(nodes, on=["model_id", "node_id"], how="anti"),
            loose.join(nodes, on="node_id", how="anti"),
        ]
    )
    failures = []
    for firm, model, node, security in strays.sort(columns).iter_rows():
        known = nodes if model is None else nodes.filter(pl.col("model_id") == model)
        near = nearest(node, known.get_column("node_id").unique().to_list())
        remedy = f"did you mean {near}?" if near else "name a node of a model"
        message = f"model {model} has no node {node}" if model else f"no model has a node {node}"
        row = "/".join((firm, model or "", node, security))
        failures.append(Failure(Reason.MISSING, "products", row, "node_id", node, message, remedy))
    return failures
