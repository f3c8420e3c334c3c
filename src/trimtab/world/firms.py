"""Three invented firms, twelve models, and which fund fills which slot for whom."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from trimtab.world.frames import Rows
from trimtab.world.securities import FUNDS, INDEX_ID, SLOTS

Tree = tuple[tuple[str, str, str, str | None, float], ...]

FIRMS: Final = (
    ("LARK", "Larkspur Wealth", "V"),
    ("FINCH", "Harbor & Finch Advisors", "I"),
    ("TALL", "Tallgrass Partners", "S"),
)
_MORE: Final = ("Quillon Advisory", "Merrow Street", "Saltmarsh Capital", "Copperbeech", "Wren & Vale")

# (node, parent, kind, ref, share of the parent); the model itself is the empty parent
EQUITY: Final[Tree] = (
    ("us_equity", "", "class", "us_equity", 0.60),
    ("us_total", "us_equity", "security", "VTI", 0.80),
    ("us_small", "us_equity", "security", "VB", 0.20),
    ("intl_equity", "", "class", "intl_equity", 0.26),
    ("developed", "intl_equity", "security", "VEA", 1.0),
    ("em_equity", "", "class", "em_equity", 0.08),
    ("emerging", "em_equity", "security", "VWO", 1.0),
    ("real_estate", "", "class", "real_estate", 0.06),
    ("reit", "real_estate", "security", "VNQ", 1.0),
)
BOND: Final[Tree] = (
    ("us_bond", "", "class", "us_bond", 0.60),
    ("us_bond_broad", "us_bond", "security", "BND", 0.75),
    ("us_short", "us_bond", "security", "BSV", 0.25),
    ("tips", "", "class", "tips", 0.12),
    ("tips_all", "tips", "security", "SCHP", 1.0),
    ("intl_bond", "", "class", "intl_bond", 0.14),
    ("intl_bond_all", "intl_bond", "security", "BNDX", 1.0),
    ("high_yield", "", "class", "high_yield", 0.08),
    ("high_yield_all", "high_yield", "security", "USHY", 1.0),
    ("em_bond", "", "class", "em_bond", 0.06),
    ("em_bond_all", "em_bond", "security", "VWOB", 1.0),
)


def _mix(equity: float) -> Tree:
    rest = round(1.0 - equity, 6)
    return (("equity", "", "model", "CORE-EQUITY", equity), ("bonds", "", "model", "CORE-BOND", rest))


DESK_MODELS: Final[dict[str, tuple[str, Tree]]] = {
    "CORE-EQUITY": ("Core equity", EQUITY),
    "CORE-BOND": ("Core bond", BOND),
    "CONSERVATIVE": ("Conservative 30/70", _mix(0.30)),
    "BALANCED": ("Balanced 60/40", _mix(0.60)),
    "GROWTH": ("Growth 80/20", _mix(0.80)),
    "AGGRESSIVE": ("Aggressive 95/5", _mix(0.95)),
    "DIRECT-US": (
        "Direct US index, global",
        (
            ("us_equity", "", "class", "us_equity", 0.70),
            ("us_index", "us_equity", "index", INDEX_ID, 1.0),
            ("intl_equity", "", "class", "intl_equity", 0.16),
            ("developed", "intl_equity", "security", "VEA", 1.0),
            ("em_equity", "", "class", "em_equity", 0.04),
            ("emerging", "em_equity", "security", "VWO", 1.0),
            ("us_bond", "", "class", "us_bond", 0.10),
            ("us_bond_broad", "us_bond", "security", "BND", 1.0),
        ),
    ),
}
FIRM_MODELS: Final[dict[str, tuple[str, str, Tree]]] = {
    "LARK-TAX-AWARE": (
        "LARK",
        "Tax-aware balanced",
        (
            ("us_equity", "", "class", "us_equity", 0.45),
            ("us_total", "us_equity", "security", "VTI", 0.85),
            ("us_small", "us_equity", "security", "VB", 0.15),
            ("intl_equity", "", "class", "intl_equity", 0.20),
            ("developed", "intl_equity", "security", "VEA", 1.0),
            ("muni", "", "class", "muni", 0.35),
            ("muni_all", "muni", "security", "VTEB", 1.0),
        ),
    ),
    "LARK-REAL": (
        "LARK",
        "Balanced with real assets",
        (
            ("core", "", "model", "BALANCED", 0.86),
            ("real", "", "sleeve", None, 0.14),
            ("gold", "real", "class", "gold", 0.50),
            ("gold_all", "gold", "security", "IAU", 1.0),
            ("commodities", "real", "class", "commodities", 0.50),
            ("commodities_all", "commodities", "security", "PDBC", 1.0),
        ),
    ),
    "FINCH-SIMPLE": (
        "FINCH",
        "Three funds",
        (
            ("us_equity", "", "class", "us_equity", 0.42),
            ("us_total", "us_equity", "security", "VTI", 1.0),
            ("intl_equity", "", "class", "intl_equity", 0.18),
            ("developed", "intl_equity", "security", "VEA", 1.0),
            ("us_bond", "", "class", "us_bond", 0.40),
            ("us_bond_broad", "us_bond", "security", "BND", 1.0),
        ),
    ),
    "FINCH-INCOME": (
        "FINCH",
        "Income",
        (
            ("bonds", "", "model", "CORE-BOND", 0.60),
            ("real_estate", "", "class", "real_estate", 0.15),
            ("reit", "real_estate", "security", "VNQ", 1.0),
            ("us_equity", "", "class", "us_equity", 0.25),
            ("us_total", "us_equity", "security", "VTI", 1.0),
        ),
    ),
    "TALL-SEASONS": (
        "TALL",
        "All seasons",
        (
            ("us_equity", "", "class", "us_equity", 0.30),
            ("us_total", "us_equity", "security", "VTI", 1.0),
            ("us_bond", "", "class", "us_bond", 0.54),
            ("us_bond_broad", "us_bond", "security", "BND", 0.70),
            ("us_short", "us_bond", "security", "BSV", 0.30),
            ("gold", "", "class", "gold", 0.08),
            ("gold_all", "gold", "security", "IAU", 1.0),
            ("commodities", "", "class", "commodities", 0.08),
            ("commodities_all", "commodities", "security", "PDBC", 1.0),
        ),
    ),
}
_SLOT_OF_NODE: Final = {"us_bond_broad": "us_bond"} | {f"{s}_all": s for s in SLOTS} | {s: s for s in SLOTS}
HOLD_ONLY: Final = ("EFA", "JNK", "EMB", "DBC")
NOT_PRODUCTS: Final = ("HGRFX", "GRICX", "VTIP")


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm of the world: the fund family it prefers and the models its accounts may follow."""

    firm_id: str
    name: str
    family: str
    models: tuple[str, ...]


def make_firms(count: int) -> tuple[Firm, ...]:
    """The first `count` firms: three with models of their own, more with the desk's."""
    made = []
    for i in range(count):
        if i < len(FIRMS):
            firm_id, name, family = FIRMS[i]
        else:
            firm_id, name, family = f"FIRM{i + 1:03d}", f"{_MORE[i % len(_MORE)]} {i + 1}", "VIS"[i % 3]
        own = tuple(m for m, (owner, _, _) in FIRM_MODELS.items() if owner == firm_id)
        made.append(Firm(firm_id, name, family, ("CONSERVATIVE", "BALANCED", "GROWTH", "AGGRESSIVE", *own)))
    return tuple(made)


def tree_of(model_id: str) -> Tree:
    """The nodes of a model."""
    return DESK_MODELS[model_id][1] if model_id in DESK_MODELS else FIRM_MODELS[model_id][2]


def leaves(model_id: str, index_weights: dict[str, float]) -> dict[str, float]:
    """What a model resolves to: node (or company of the index) -> share of the whole; models of models followed."""
    out: dict[str, float] = {}
    tree = tree_of(model_id)
    share = {"": 1.0}
    for node, parent, kind, ref, weight in tree:
        share[node] = share[parent] * weight
        if kind == "model" and ref:
            parts = leaves(ref, index_weights)
        elif kind == "index":
            parts = index_weights
        elif kind == "security":
            parts = {node: 1.0}
        else:
            parts = {}
        for leaf, part in parts.items():
            out[leaf] = out.get(leaf, 0.0) + share[node] * part
    return out


def ranked(node: str, family: str) -> list[str]:
    """The funds that may fill a node for a firm that prefers a family: its own first, hold-only ones last."""
    slot = _SLOT_OF_NODE[node]
    funds = [f for f in FUNDS if f.slot == slot and f.symbol not in NOT_PRODUCTS]
    return [f.symbol for f in sorted(funds, key=lambda f: (f.symbol in HOLD_ONLY, f.family != family))]


def add_firms(rows: Rows, firms: tuple[Firm, ...], *, index_weights: dict[str, float], as_of: date) -> None:
    """The tables of firms, models, index, products, lists and the policies above the client."""
    present = {f.firm_id for f in firms}
    for model_id, (name, tree) in DESK_MODELS.items():
        _add_model(rows, model_id, name=name, tree=tree, firm_id=None)
    for model_id, (owner, name, tree) in FIRM_MODELS.items():
        if owner in present:
            _add_model(rows, model_id, name=name, tree=tree, firm_id=owner)
    for security_id, weight in index_weights.items():
        rows.add("indexes", index_id=INDEX_ID, security_id=security_id, weight=weight)
    for firm in firms:
        rows.add("firms", firm_id=firm.firm_id, name=firm.name)
        _add_products(rows, firm)
    _add_lists(rows, firms, as_of)


def _add_model(rows: Rows, model_id: str, *, name: str, tree: Tree, firm_id: str | None) -> None:
    common = {"model_id": model_id, "firm_id": firm_id, "version": "1"}
    rows.add("models", **common, node_id=model_id, kind="sleeve", weight=1.0, name=name)
    for node, parent, kind, ref, weight in tree:
        bounds: dict[str, object] = {}
        if kind == "class" and not parent and weight >= 0.25:
            bounds = {"lower": round(weight - 0.15, 6), "upper": round(weight + 0.15, 6)}
        rows.add(
            "models", **common, **bounds, node_id=node, parent_node_id=parent or model_id, kind=kind, ref=ref,
            weight=weight,
        )  # fmt: skip


def _add_products(rows: Rows, firm: Firm) -> None:
    fee = {f.symbol: f.expense_ratio for f in FUNDS}
    for node in sorted(n for n in _SLOT_OF_NODE if _used(n)):
        order = ranked(node, firm.family)
        for rank, symbol in enumerate(order, start=1):
            extra = max((fee[symbol] - fee[order[0]]) * 1e4, 0.0) + (1.0 if rank > 1 else 0.0)
            rows.add(
                "products", firm_id=firm.firm_id, node_id=node, security_id=symbol, rank=rank,
                hurdle_bps=round(extra, 1), hold_only=symbol in HOLD_ONLY,
            )  # fmt: skip


def _used(node: str) -> bool:
    trees = [tree for _, tree in DESK_MODELS.values()] + [tree for _, _, tree in FIRM_MODELS.values()]
    return any(n == node and kind == "security" for tree in trees for n, _, kind, _, _ in tree)


def _add_lists(rows: Rows, firms: tuple[Firm, ...], as_of: date) -> None:
    """The second firm keeps an approved list of its own; the desk recommends; each firm says one thing differently."""
    if len(firms) > 1:
        firm = firms[1]
        listed = sorted({s for n in _SLOT_OF_NODE if _used(n) for s in ranked(n, firm.family)})
        for symbol in listed:
            closed = symbol == "EFA"
            rows.add(
                "approved_list", firm_id=firm.firm_id, security_id=symbol, by="firm", as_of=as_of,
                status="closed" if closed else "watch" if symbol == "EMB" else "approved",
                successor="IEFA" if closed else None, reason="fee six times its successor's" if closed else None,
            )  # fmt: skip
    rows.add(
        "recommendations", security_id="JNK", status="closed", successor="SPHY", by="desk", as_of=as_of,
        reason="the same market for a quarter of the fee",
    )  # fmt: skip
    for i, (key, value) in enumerate(
        (("harvest_min_loss", "250"), ("cash_target", "0.015"), ("ticket", "0"))
    ):
        if i < len(firms):
            rows.add("policies", scope="firm", scope_id=firms[i].firm_id, key=key, value=value, by="firm")
    rows.add("policies", scope="desk", key="min_trade", value="100", by="desk")
    rows.add(
        "policies", scope="model", scope_id="DIRECT-US", key="band_tracking_error", value="0.012", by="desk"
    )
