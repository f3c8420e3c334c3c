"""The firms of a real-data book: models, products, approved lists; and what each model resolves to."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from books_market import Market, published_models

STYLES = ("Vanguard", "iShares", "Schwab", "SPDR")
FAMILY = {"Vanguard": "V", "iShares": "I", "Schwab": "SCH", "SPDR": "SP"}
SCREENS = {
    "tobacco": {"MO": 0.9, "PM": 0.99, "RAI": 0.97, "UVV": 0.8},
    "weapons": {"LMT": 0.9, "NOC": 0.85, "GD": 0.65, "RTN": 0.9, "LLL": 0.7, "HII": 0.95, "BA": 0.3},
    "gambling": {"WYNN": 0.9, "MGM": 0.85, "LVS": 0.95},
    "alcohol": {"STZ": 0.98, "BF.B": 0.99, "TAP": 0.99},
}


@dataclass(slots=True)
class Firms:
    """Tables of the firms; for the generator the leaves of each model and the products of each leaf."""

    tables: dict[str, pl.DataFrame]
    styles: np.ndarray  # style of each firm
    leaves: dict[str, dict[str, float]] = field(default_factory=dict)  # model -> slot or symbol -> weight
    etf_models: list[str] = field(default_factory=list)
    own_models: dict[int, list[str]] = field(default_factory=dict)  # firm number -> its own models
    direct: dict[str, str] = field(default_factory=dict)  # arm -> model
    products: dict[str, list[list[str]]] = field(default_factory=dict)  # slot -> per style, ranked symbols


def build_firms(data: Path, market: Market, count: int, *, rng: np.random.Generator) -> Firms:
    """Firms, their models (published ones, direct ones, blends of their own) and what may fill each slot."""
    published = published_models(data, market)
    nodes: list[dict[str, object]] = []
    firms = Firms(tables={}, styles=rng.integers(0, len(STYLES), count))
    for name, weights in published.items():
        model = _slug(name)
        _tree(market, nodes, model, name=name, weights=weights)
        firms.leaves[model] = weights
        firms.etf_models.append(model)
    indexes = _direct_models(market, nodes, firms) if len(market.index500) else pl.DataFrame()
    _blends(nodes, firms, count, rng=rng)
    for slot in sorted({s for m in firms.etf_models for s in firms.leaves[m]} | {"VEA", "VWO", "BND"}):
        firms.products[slot] = _ranked(market, slot)
    names = [f"Advisory firm {i + 1:03d}" for i in range(count)]
    firms.tables |= {
        "firms": pl.DataFrame({"firm_id": [firm_id(i) for i in range(count)], "name": names}),
        "models": pl.DataFrame(nodes, infer_schema_length=None),
        "indexes": indexes,
        "products": _products(market, firms),
        "approved_list": _approved(market, firms, count, rng=rng),
        "recommendations": _recommendations(market),
        "tags": _tags(market),
    }
    return firms


def firm_id(i: int) -> str:
    """The identifier of the i-th firm."""
    return f"F{i + 1:03d}"


def _slug(name: str) -> str:
    inside = name[name.find("(") + 1 : name.find(")")] if "(" in name else name
    return "-".join("".join(c if c.isalnum() else " " for c in inside).upper().split())


def _tree(
    market: Market, nodes: list[dict[str, object]], model: str, *, name: str, weights: dict[str, float]
) -> None:
    classes: dict[str, dict[str, float]] = {}
    of = dict(zip(market.securities["symbol"], market.securities["asset_class"], strict=True))
    for symbol, weight in weights.items():
        classes.setdefault(of[symbol], {})[symbol] = weight
    nodes.append(_node(model, model, None, kind="sleeve", ref=None, weight=1.0, name=name))
    for asset_class, part in classes.items():
        share = sum(part.values())
        lower, upper = (max(share - 0.15, 0.0), min(share + 0.15, 1.0)) if share >= 0.2 else (None, None)
        nodes.append(
            _node(
                model,
                asset_class,
                model,
                kind="class",
                ref=asset_class,
                weight=share,
                lower=lower,
                upper=upper,
            )
        )
        for symbol, weight in part.items():
            nodes.append(
                _node(model, symbol, asset_class, kind="security", ref=symbol, weight=weight / share)
            )


def _node(
    model: str, node: str, parent: str | None, *, kind: str, ref: str | None, weight: float, **more: object
) -> dict[str, object]:
    row: dict[str, object] = {
        "model_id": model,
        "node_id": node,
        "parent_node_id": parent,
        "kind": kind,
        "ref": ref,
    }
    row |= {
        "weight": round(weight, 12),
        "lower": None,
        "upper": None,
        "firm_id": None,
        "version": "1",
        "name": None,
    }
    return row | {k: round(v, 6) if isinstance(v, float) else v for k, v in more.items()}


def _direct_models(market: Market, nodes: list[dict[str, object]], firms: Firms) -> pl.DataFrame:
    """Direct indexing inside the account: 100 or 500 names at 70 % with funds beside."""
    parts = []
    for arm, index, frame in (
        ("direct100", "LARGE100", market.index500.head(100)),
        ("direct500", "LARGE500", market.index500),
    ):
        total = frame["weight"].sum()
        frame = frame.select(security_id="symbol", weight=pl.col("weight") / total)
        parts.append(frame.select(pl.lit(index).alias("index_id"), "security_id", "weight"))
        model = f"DIRECT-{index}"
        beside = {"VEA": 0.14, "VWO": 0.04, "BND": 0.12}
        nodes.append(
            _node(
                model,
                model,
                None,
                kind="sleeve",
                ref=None,
                weight=1.0,
                name=f"{index.title()} direct, global balanced",
            )
        )
        nodes.append(
            _node(model, "us_equity", model, kind="class", ref="us_equity", weight=0.70, lower=0.6, upper=0.8)
        )
        nodes.append(_node(model, index, "us_equity", kind="index", ref=index, weight=1.0))
        of = {"VEA": "intl_equity", "VWO": "em_equity", "BND": "us_bond"}
        for symbol, weight in beside.items():
            nodes.append(_node(model, of[symbol], model, kind="class", ref=of[symbol], weight=weight))
            nodes.append(_node(model, symbol, of[symbol], kind="security", ref=symbol, weight=1.0))
        names = zip(frame["security_id"], frame["weight"], strict=True)
        firms.leaves[model] = {s: 0.70 * w for s, w in names} | beside
        firms.direct[arm] = model
    return pl.concat(parts).with_columns(pl.col("weight").round(12))


def _blends(nodes: list[dict[str, object]], firms: Firms, count: int, *, rng: np.random.Generator) -> None:
    """Every second firm blends two published models into one of its own: a model of models."""
    for i in range(0, count, 2):
        first, second = (firms.etf_models[k] for k in rng.choice(len(firms.etf_models), 2, replace=False))
        share = float(rng.choice([0.5, 0.6, 0.7, 0.8]))
        model = f"{firm_id(i)}-BLEND"
        own = {"firm_id": firm_id(i)}
        nodes.append(
            _node(model, model, None, kind="sleeve", ref=None, weight=1.0, name="House blend", **own)
        )
        nodes.append(_node(model, "core", model, kind="model", ref=first, weight=share, **own))
        nodes.append(_node(model, "other", model, kind="model", ref=second, weight=1 - share, **own))
        weights: dict[str, float] = {}
        for part, w in ((first, share), (second, 1 - share)):
            for s, x in firms.leaves[part].items():
                weights[s] = weights.get(s, 0.0) + w * x
        firms.leaves[model] = weights
        firms.own_models[i] = [model]


def _ranked(market: Market, slot: str) -> list[list[str]]:
    """For each style up to three funds of the slot's substitute group: the slot's own, the family's first."""
    table = market.securities
    group = table.filter(pl.col("symbol") == slot)["substitute_group"].item()
    others = table.filter((pl.col("substitute_group") == group) & (pl.col("symbol") != slot))
    others = others.filter(~pl.col("symbol").is_in(["RSP", "MGC", "OEF"]))
    by_size = others.sort("expense_ratio", "symbol")["symbol"].to_list()
    ranked = []
    for style in STYLES:
        mine = [s for s in [slot, *by_size] if s.startswith(FAMILY[style])]
        rest = [s for s in [slot, *by_size] if s not in mine]
        ranked.append((mine[:1] + rest)[:3])
    return ranked


def _products(market: Market, firms: Firms) -> pl.DataFrame:
    ratio = dict(zip(market.securities["symbol"], market.securities["expense_ratio"], strict=True))
    rows = []
    for i, style in enumerate(firms.styles):
        for slot, ranked in firms.products.items():
            first = ratio[ranked[style][0]] or 0.0
            for rank, symbol in enumerate(ranked[style], start=1):
                hurdle = round(max(((ratio[symbol] or 0.0) - first) * 1e4, 0.0) + (rank > 1), 1)
                dear = (ratio[symbol] or 0.0) > 0.004
                rows.append((firm_id(i), None, slot, symbol, rank, hurdle, rank > 1 and dear))
    schema = ["firm_id", "model_id", "node_id", "security_id", "rank", "hurdle_bps", "hold_only"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _approved(market: Market, firms: Firms, count: int, *, rng: np.random.Generator) -> pl.DataFrame:
    """Every fifth firm keeps a list: its products approved, one twin watched, a dear fund closed."""
    rows = []
    for i in range(0, count, 5):
        style = firms.styles[i]
        listed = sorted({s for ranked in firms.products.values() for s in ranked[style]})
        watched = set(rng.choice([r[style][-1] for r in firms.products.values() if len(r[style]) == 3], 1))
        status = ["watch" if s in watched else "approved" for s in listed]
        rows += [
            (firm_id(i), s, t, None, "firm", None, market.as_of) for s, t in zip(listed, status, strict=True)
        ]
        if "EFA" in market.symbols and "EFA" not in listed:
            rows.append(
                (firm_id(i), "EFA", "closed", "VEA", "firm", "the same exposure for less", market.as_of)
            )
    schema = ["firm_id", "security_id", "status", "successor", "by", "reason", "as_of"]
    return pl.DataFrame(rows, schema=schema, orient="row", infer_schema_length=None)


def _recommendations(market: Market) -> pl.DataFrame:
    rows = [
        ("IYR", "closed", "VNQ", "desk", "fee three times its peers'", market.as_of),
        ("EEM", "watch", "IEMG", "consultant", "fee", market.as_of),
    ]
    return pl.DataFrame(
        rows, schema=["security_id", "status", "successor", "by", "reason", "as_of"], orient="row"
    )


def _tags(market: Market) -> pl.DataFrame:
    rows = [(s, tag, v) for tag, names in SCREENS.items() for s, v in names.items() if s in market.symbols]
    energy = market.securities.filter((pl.col("sector") == "Energy") & (pl.col("kind") == "equity"))["symbol"]
    rows += [(s, "fossil", 1.0) for s in energy]
    return pl.DataFrame(rows, schema=["security_id", "tag", "value"], orient="row")
