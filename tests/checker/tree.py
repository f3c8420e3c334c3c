"""Models read again, plainly: leaves with their shares, hard bounds of nodes, and what an account may buy."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import polars as pl


@dataclass
class Leaf:
    model: str
    node: str
    kind: str
    ref: str
    share: float
    path: str
    asset_class: str


@dataclass
class Bound:
    path: str
    lower: float | None
    upper: float | None
    parent_share: float
    asset_class: str


@dataclass
class Tree:
    leaves: list[Leaf] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    cash: float | None = None


def rows_of(frame: pl.DataFrame) -> list[dict]:
    return frame.to_dicts()


class Models:
    """All models of a book, walked on demand."""

    def __init__(self, models: pl.DataFrame) -> None:
        self.children: dict[tuple[str, str], list[dict]] = defaultdict(list)
        for row in rows_of(models):
            self.children[row["model_id"], row["parent_node_id"] or ""].append(row)
        self.known: dict[str, Tree] = {}

    def tree(self, model: str) -> Tree:
        if model not in self.known:
            out = Tree()
            self._walk(out, model, "", share=1.0, path=model, asset_class="")
            self.known[model] = out
        return self.known[model]

    def _walk(self, out: Tree, model: str, parent: str, *, share: float, path: str, asset_class: str) -> None:
        for row in self.children[model, parent]:
            part, here = share * row["weight"], f"{path}/{row['node_id']}"
            kind, ref = row["kind"], row["ref"] or ""
            name = ref if kind == "class" else asset_class
            if row["lower"] is not None or row["upper"] is not None:
                mine = ref if kind == "class" else ""
                out.bounds.append(Bound(here, row["lower"], row["upper"], share, mine))
            if kind == "cash":
                out.cash = (out.cash or 0.0) + part
            elif kind == "model":
                self._walk(out, ref, "", share=part, path=here, asset_class=name)
            elif kind in ("class", "sleeve") and self.children[model, row["node_id"]]:
                self._walk(out, model, row["node_id"], share=part, path=here, asset_class=name)
            else:
                out.leaves.append(Leaf(model, row["node_id"], kind, ref, part, here, name))


class Shelves:
    """Products, approved lists and menus: who may buy what."""

    def __init__(self, tables: dict[str, pl.DataFrame], models: Models) -> None:
        self.models = models
        self.products: dict[tuple[str, str, str], list[dict]] = defaultdict(list)
        for row in rows_of(tables["products"]):
            self.products[row["firm_id"], row["model_id"] or "", row["node_id"]].append(row)
        self.lists: dict[str, dict[str, dict]] = defaultdict(dict)
        for row in rows_of(tables["approved_list"]):
            self.lists[row["firm_id"]][row["security_id"]] = row
        self.index: dict[str, set[str]] = defaultdict(set)
        for row in rows_of(tables["indexes"]):
            self.index[row["index_id"]].add(row["security_id"])
        self.menus: dict[str, set[str]] = defaultdict(set)
        for row in rows_of(tables["menu"]):
            self.menus[row["account_id"]].add(row["security_id"])
        self.known: dict[tuple[str, str, str], set[str]] = {}

    def buyable(self, account: dict, model: str) -> set[str]:
        """The securities that the account's model, firm, tax type and menu let it buy."""
        key = (account["firm_id"], model, account["tax_type"])
        if key not in self.known:
            self.known[key] = self._of_firm(*key)
        menu = self.menus.get(account["account_id"])
        return self.known[key] if menu is None else self.known[key] & menu

    def under(self, account: dict, model: str, path: str) -> set[str]:
        """Every security that may stand under a node of the model, whether it may be bought or only held."""
        leaves = self.models.tree(model).leaves
        mine = [leaf for leaf in leaves if leaf.path == path or leaf.path.startswith(path + "/")]
        return self._all_named(account["firm_id"], mine)

    def beside(self, account: dict, model: str, path: str) -> set[str]:
        """Every security that may stand elsewhere in the model."""
        leaves = self.models.tree(model).leaves
        others = [leaf for leaf in leaves if leaf.path != path and not leaf.path.startswith(path + "/")]
        return self._all_named(account["firm_id"], others)

    def _all_named(self, firm: str, leaves: list[Leaf]) -> set[str]:
        out: set[str] = set()
        for leaf in leaves:
            out |= self.index[leaf.ref] if leaf.kind == "index" else {leaf.ref}
            own = self.products.get((firm, leaf.model, leaf.node))
            for row in own or self.products.get((firm, "", leaf.node), []):
                successor = self.lists.get(firm, {}).get(row["security_id"], {}).get("successor")
                out |= {row["security_id"], successor or row["security_id"]}
        return out

    def _of_firm(self, firm: str, model: str, tax_type: str) -> set[str]:
        listed = self.lists.get(firm)
        out: set[str] = set()
        for leaf in self.models.tree(model).leaves:
            constituents = self.index[leaf.ref] if leaf.kind == "index" else set()
            for security in constituents:
                said = (listed or {}).get(security)
                if said is None or said["status"] == "approved":
                    out.add(security)
            for security in self._named(firm, leaf, tax_type):
                if listed is None or listed.get(security, {}).get("status") == "approved":
                    out.add(security)
        return out

    def _named(self, firm: str, leaf: Leaf, tax_type: str) -> set[str]:
        rows = self.products.get((firm, leaf.model, leaf.node)) or self.products.get(
            (firm, "", leaf.node), []
        )
        suited = [row for row in rows if not row["account_types"] or tax_type in _words(row["account_types"])]
        names = {row["security_id"] for row in suited if not row["hold_only"]}
        for row in suited:
            successor = self.lists.get(firm, {}).get(row["security_id"], {}).get("successor")
            if successor and successor not in {r["security_id"] for r in rows}:
                names.add(successor)
        if leaf.kind == "security" and leaf.ref not in {row["security_id"] for row in rows}:
            names.add(leaf.ref)
            names.add(self.lists.get(firm, {}).get(leaf.ref, {}).get("successor") or leaf.ref)
        return names


def _words(text: str) -> set[str]:
    return {word.strip() for word in text.split(";")}
