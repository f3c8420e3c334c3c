"""A resolved tree filled with products: the slots of one model for one firm, tax type and menu."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum

from trimtab.policy.products import Product, Shelf
from trimtab.policy.trees import Leaf, Tree


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of the model: `weight` is its share of the whole, `first` the product that fills it.

    `paths` are the places in the tree that it stands for; `products` hold `first` before all others, each with a
    hurdle above the first's; `constituent` marks a line of an index (bought without a row in the list).
    """

    paths: tuple[str, ...]
    tree_class: str
    weight: float
    first: str
    products: tuple[Product, ...]
    constituent: bool = False


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A part that no allowed product fills: its weight went to the rest of `to` (a class; "" is the whole model).

    `securities` names the constituents where only these lines of an index could not be used.
    """

    path: str
    model_id: str
    node_id: str
    weight: float
    to: str
    securities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A tree with products in its slots: weights of slots and `cash` sum to 1 where any slot could be filled."""

    slots: tuple[Slot, ...]
    cash: float
    has_cash_node: bool
    unfilled: tuple[Unfilled, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What filling needs to know of the market: each security's class, cash-like securities, index lines."""

    classes: Mapping[str, str]
    cash_like: frozenset[str]
    indexes: Mapping[str, Sequence[tuple[str, float]]]

    def known(self, products: tuple[Product, ...]) -> tuple[Product, ...]:
        """The products that are securities of the book: a successor need not be one."""
        return tuple(product for product in products if product.security_id in self.classes)


def fill(
    tree: Tree, shelf: Shelf, catalogue: Catalogue, *, tax_type: str, menu: frozenset[str] | None
) -> Filled:
    """Fill each leaf with its first allowed product; what cannot be filled goes pro rata to the rest of its class."""
    slots: list[Slot] = []
    lost: list[tuple[Leaf, float]] = []
    cash: list[float] = []
    cash_node = False
    dropped: list[Unfilled] = []
    for leaf in tree.leaves:
        if leaf.kind == "cash" or (leaf.kind == "security" and leaf.ref in catalogue.cash_like):
            cash.append(leaf.weight)
            cash_node = True
            continue
        found = (
            _index_slots(leaf, shelf, catalogue, menu=menu, tax_type=tax_type)
            if leaf.kind == "index"
            else _leaf_slots(leaf, catalogue.known(shelf.products(leaf, tax_type, menu)))
        )
        slots += found
        if leaf.kind == "index":
            dropped += _dropped(leaf, catalogue, found)
        if not any(slot.weight > 0.0 for slot in found) and leaf.weight > 0.0:
            lost.append((leaf, leaf.weight))
    slots, unfilled = _redistribute(slots, lost)
    return Filled(tuple(_merge(slots)), fsum(cash), cash_node, tuple(dropped + unfilled))


def _leaf_slots(leaf: Leaf, products: tuple[Product, ...]) -> list[Slot]:
    allowed = [product for product in products if product.buyable]
    shared = [product for product in allowed if product.share]
    if not allowed:
        return [_slot(leaf, 0.0, products, path=leaf.path)] if products else []
    if len(shared) < 2:
        return [_slot(leaf, leaf.weight, products, path=leaf.path)]
    total = fsum(product.share for product in shared if product.share)
    names = {product.security_id for product in shared}
    rest = [product for product in products if product.security_id not in names]
    out = []
    for place, product in enumerate(shared):
        group = (product, *rest) if place == 0 else (product,)
        weight = leaf.weight * ((product.share or 0.0) / total)
        out.append(_slot(leaf, weight, group, path=f"{leaf.path}/{product.security_id}"))
    return out


def _slot(leaf: Leaf, weight: float, products: tuple[Product, ...], *, path: str) -> Slot:
    """One slot with its first buyable product in front, else the first at all; hurdles are above the first's."""
    first = next((product for product in products if product.buyable), products[0])
    ordered = (first, *[product for product in products if product is not first])
    relative = tuple(
        Product(
            p.security_id, p.rank, max(0.0, p.hurdle_bps - first.hurdle_bps), p.hold_only, p.buyable, p.share
        )
        for p in ordered
    )
    return Slot((path,), leaf.asset_class, weight, first.security_id, relative)


def _index_slots(
    leaf: Leaf, shelf: Shelf, catalogue: Catalogue, *, menu: frozenset[str] | None, tax_type: str
) -> list[Slot]:
    """One slot per constituent; products that the firm ranks beside an index may be bought, with no weight."""
    lines = catalogue.indexes.get(leaf.ref, ())
    allowed = [
        (security, weight)
        for security, weight in lines
        if shelf.allows(security, constituent=True) and (menu is None or security in menu)
    ]
    total = fsum(weight for _, weight in allowed)
    out = []
    if total > 0.0:
        for security, weight in allowed:
            product = Product(security, 1, 0.0, hold_only=False, buyable=True, share=None)
            share = leaf.weight * (weight / total)
            path = f"{leaf.path}/{security}"
            out.append(Slot((path,), leaf.asset_class, share, security, (product,), constituent=True))
    named = {security for security, _ in allowed}
    for product in catalogue.known(shelf.products(leaf, tax_type, menu)):
        if product.security_id not in named:
            path = f"{leaf.path}/{product.security_id}"
            out.append(Slot((path,), leaf.asset_class, 0.0, product.security_id, (product,)))
    return out


def _dropped(leaf: Leaf, catalogue: Catalogue, found: list[Slot]) -> list[Unfilled]:
    """What of an index could not be used while the rest of it could."""
    used = {slot.first for slot in found if slot.constituent}
    lines = [
        (security, weight) for security, weight in catalogue.indexes.get(leaf.ref, ()) if security not in used
    ]
    if not lines or not used:
        return []
    weight = leaf.weight * fsum(weight for _, weight in lines)
    names = tuple(sorted(security for security, _ in lines))
    return [Unfilled(leaf.path, leaf.model_id, leaf.node_id, weight, leaf.ref, names)]


def _redistribute(slots: list[Slot], lost: list[tuple[Leaf, float]]) -> tuple[list[Slot], list[Unfilled]]:
    """Give lost weight to the filled slots of its class, else to all filled slots, in proportion."""
    held = [slot.weight for slot in slots]
    gained = [0.0] * len(slots)
    unfilled = []
    for leaf, weight in lost:
        inside = [
            i for i, slot in enumerate(slots) if leaf.asset_class and slot.tree_class == leaf.asset_class
        ]
        takers = [i for i in inside if held[i] > 0.0]
        to = leaf.asset_class if takers else ""
        takers = takers or [i for i, share in enumerate(held) if share > 0.0]
        total = fsum(held[i] for i in takers)
        for i in takers:
            gained[i] += weight * (held[i] / total)
        unfilled.append(Unfilled(leaf.path, leaf.model_id, leaf.node_id, weight, to))
    moved = [
        Slot(s.paths, s.tree_class, s.weight + more, s.first, s.products, s.constituent)
        for s, more in zip(slots, gained, strict=True)
    ]
    return moved, unfilled


def _merge(slots: list[Slot]) -> list[Slot]:
    """Let each security stand in one slot: slots with one filler join; a stand-in stays where it ranks best."""
    joined: dict[str, list[Slot]] = {}
    for slot in slots:
        joined.setdefault(slot.first, []).append(slot)
    whole = [_join(parts) for _, parts in sorted(joined.items())]
    home: dict[str, tuple[tuple[int, int], float, str]] = {}
    for slot in whole:
        for product in slot.products:
            claim = (_claim(slot, product), product.hurdle_bps, slot.paths[0])
            if product.security_id not in home or claim < home[product.security_id]:
                home[product.security_id] = claim
    out = []
    for slot in whole:
        kept = tuple(p for p in slot.products if home[p.security_id][2] == slot.paths[0])
        if kept:
            first = slot.first if slot.weight > 0.0 else kept[0].security_id
            out.append(Slot(slot.paths, slot.tree_class, slot.weight, first, kept, slot.constituent))
    return sorted(out, key=lambda slot: slot.paths)


def _claim(slot: Slot, product: Product) -> tuple[int, int]:
    """How strongly a slot claims a product (least first): slots with weight before those without, then by rank."""
    filler = slot.weight > 0.0 and product.security_id == slot.first
    return (0 if slot.weight > 0.0 else 1, -1 if filler else max(0, product.rank))


def _join(parts: list[Slot]) -> Slot:
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda slot: (slot.weight == 0.0, slot.paths))
    paths = tuple(sorted(path for part in parts for path in part.paths))
    products: dict[str, Product] = {}
    for part in parts:
        for product in part.products:
            known = products.get(product.security_id)
            if known is None or (product.buyable and not known.buyable):
                products[product.security_id] = product
    weight = fsum(part.weight for part in parts)
    line = any(part.constituent for part in parts)
    return Slot(paths, parts[0].tree_class, weight, parts[0].first, tuple(products.values()), line)
