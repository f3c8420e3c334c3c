"""What the firm controls, as people look at it: models with their versions, the approved list beside the research."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.ports import Store, Unit
from trimtab.policy.differences import model_differences
from trimtab.policy.research import list_proposals
from trimtab.store.shapes import FACTS

_OF_LIST: Final = ("accounts", "lots", "approved_list", "products")
_OF_TREE: Final = ("node_id", "kind", "ref", "weight", "lower", "upper", "name")


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One node of a model as it is read from the top: how deep it stands, its share of its parent and of the whole."""

    node_id: str
    depth: int
    kind: str
    ref: str
    name: str
    weight: float
    share: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, eq=False)
class ModelView:
    """A model as it stands, the moments at which it changed (newest first), and what changed since one of them."""

    model_id: str
    owner: str
    lines: tuple[TreeLine, ...]
    versions: tuple[datetime, ...]
    since: datetime | None
    differences: pl.DataFrame


def models_of(store: Store, principal: Principal, firm: str) -> list[tuple[str, str, int]]:
    """Every model that a firm may use, its own first: id, owner ("" is the desk), number of nodes."""
    may(principal, "policy:model:read", firm)
    with store.unit(firm) as unit:
        counted = _models(unit, firm, None).group_by("model_id", "firm_id").len()
        unit.record(principal.who, "read", "models", rows=len(counted))
    rows = [(str(model), owner or "", count) for model, owner, count in counted.iter_rows()]
    return sorted(rows, key=lambda row: (not row[1], row[0]))


def model_view(
    store: Store, principal: Principal, firm: str, model_id: str, *, since: datetime | None = None
) -> ModelView:
    """A model's tree; with `since`, what changed from what was known then."""
    may(principal, "policy:model:read", firm)
    with store.unit(firm) as unit:
        now = _models(unit, firm, None).filter(pl.col("model_id") == model_id)
        if now.is_empty():
            raise AbsentError
        owner = str(now["firm_id"][0] or "")
        then = now if since is None else _models(unit, firm, since).filter(pl.col("model_id") == model_id)
        moments = _versions(unit, model_id, owner)
        unit.record(principal.who, "read", model_id, what="model")
    return ModelView(model_id, owner, tuple(_lines(now)), moments, since, model_differences(then, now))


def _models(unit: Unit, firm: str, until: datetime | None) -> pl.DataFrame:
    own = unit.facts("facts.models", until=until, where={"firm_id": firm})
    desk = unit.facts("market.models", until=until)
    return pl.concat([frame.select(*FACTS["models"].columns) for frame in (own, desk)])


def _versions(unit: Unit, model_id: str, owner: str) -> tuple[datetime, ...]:
    rows = unit.rows("facts.models" if owner else "market.models", {"model_id": model_id})
    return tuple(
        sorted({row["known_at"] for row in rows if isinstance(row["known_at"], datetime)}, reverse=True)
    )


def _lines(rows: pl.DataFrame) -> list[TreeLine]:
    """The tree from the top, siblings from the largest down."""
    children: dict[str, list[dict[str, object]]] = {}
    for row in rows.sort("weight", "node_id", descending=[True, False]).iter_rows(named=True):
        children.setdefault(str(row["parent_node_id"] or ""), []).append(row)
    lines: list[TreeLine] = []

    def walk(parent: str, depth: int, whole: float) -> None:
        for row in children.pop(parent, []):
            share = whole * float(str(row["weight"]))
            said = {name: row[name] for name in _OF_TREE}
            said |= {name: said[name] or "" for name in ("ref", "name")}
            lines.append(TreeLine(depth=depth, share=share, **said))  # type: ignore[arg-type]
            walk(str(row["node_id"]), depth + 1, share)

    walk("", 0, 1.0)
    return lines


@dataclass(frozen=True, slots=True, eq=False)
class ListView:
    """The firm's approved list, and each recommendation that it has not taken with the accounts that hold it."""

    listed: pl.DataFrame
    proposed: pl.DataFrame
    names: Mapping[str, str]


def list_view(store: Store, principal: Principal, firm: str) -> ListView:
    """The approved list beside what the desk and consultants recommend; nothing reaches an account without the firm."""
    may(principal, "policy:list:read", firm)
    with store.unit(firm) as unit:
        tables = {
            name: unit.facts(f"facts.{name}", where={"firm_id": firm}).select(*FACTS[name].columns)
            for name in _OF_LIST
        }
        tables["models"] = _models(unit, firm, None)
        tables["recommendations"] = unit.facts("market.recommendations").select(
            *FACTS["recommendations"].columns
        )
        named = unit.facts("market.securities").select(
            "security_id", pl.coalesce("name", "symbol", "security_id")
        )
        unit.record(principal.who, "read", "approved_list", rows=tables["approved_list"].height)
    return ListView(tables["approved_list"], list_proposals(tables), dict(named.iter_rows()))
