"""Targets: model trees, approved lists, menus and products made into weights, once per distinct target."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Final

import polars as pl

from trimtab.core.digest import digest
from trimtab.core.result import Failure, Reason, ValueWithFailures
from trimtab.policy.models import resolve_models
from trimtab.policy.products import Shelf, read_shelves, stray_rows
from trimtab.policy.scopes import account_scopes
from trimtab.policy.slots import Catalogue, Filled, Unfilled, fill
from trimtab.policy.target_frames import TargetFrames, frames_of
from trimtab.policy.trees import Known, Tree

_EMPTY: Final = Shelf()
_SHAPE: Final = ("firm_id", "model_id", "tax_type", "menu")


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of all accounts; columns are described in docs/spec/target.md.

    `account` has one row per account, sorted; `slots`, `classes`, `class_bounds` and `class_members` one block per
    distinct target; `flags` (account_id, flag) what a person should see.
    """

    account: pl.DataFrame
    slots: pl.DataFrame
    classes: pl.DataFrame
    class_bounds: pl.DataFrame
    class_members: pl.DataFrame
    flags: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Shape:
    """What a filled tree depends on, cash apart; `name` says it all, `menu` is "" or the fingerprint of a list."""

    name: str
    firm_id: str
    model_id: str
    tax_type: str
    menu: str


def resolve_targets(tables: Mapping[str, pl.DataFrame], settings: pl.DataFrame) -> ValueWithFailures[Targets]:
    """Resolve the target of every account of a book; `settings` is `Settings.wide`.

    An account without a model has a null target_id and the flag `no_target`; one whose model cannot be used is named
    by a failure.
    """
    accounts, menus = _accounts(tables)
    catalogue, failures = _catalogue(tables)
    users = _users(accounts)
    known = Known(frozenset(catalogue.classes), frozenset(catalogue.indexes))
    resolved = resolve_models(tables["models"], known, users=users)
    trees = resolved.value
    failures += resolved.failures
    failures += stray_rows(tables["products"], tables["models"])
    said, failures_of_accounts = _usable(accounts, trees, set(tables["models"].get_column("model_id")))
    failures += failures_of_accounts
    shelves = read_shelves(tables["products"], tables["approved_list"])
    filled: dict[Shape, Filled] = {}
    columns = ["shape", *_SHAPE]
    for row in said.filter(pl.col("usable")).select(columns).unique().sort(columns).iter_rows():
        shape = Shape(*row)
        menu = menus[shape.menu] if shape.menu else None
        shelf = shelves.get(shape.firm_id, _EMPTY)
        filled[shape] = fill(trees[shape.model_id], shelf, catalogue, tax_type=shape.tax_type, menu=menu)
    empty = {shape for shape, one in filled.items() if not _whole(one)}
    failures += _unfilled(filled, empty, said)
    frames = frames_of(
        {shape.name: one for shape, one in filled.items() if shape not in empty},
        {shape.name: trees[shape.model_id] for shape in filled},
        catalogue.classes,
    )
    return ValueWithFailures.of(_targets(said, settings, frames), failures)


def _accounts(tables: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, dict[str, frozenset[str]]]:
    """account_id, firm_id, model_id, tax_type, menu (fingerprint or ""), shape, sorted; the menus by fingerprint."""
    scopes = account_scopes(tables["accounts"], tables["households"])
    frame = scopes.select("account_id", pl.col("firm").alias("firm_id"), pl.col("model").alias("model_id"))
    frame = frame.join(tables["accounts"].select("account_id", "tax_type"), on="account_id")
    joined = pl.col("security_id").sort().str.join("\n").alias("listed")
    lists = tables["menu"].group_by("account_id").agg(joined)
    prints = {text: digest(text)[:16] for text in lists.get_column("listed").unique().to_list()}
    menus = {fingerprint: frozenset(text.split("\n")) for text, fingerprint in prints.items()}
    menu = pl.col("listed").replace_strict(prints, return_dtype=pl.String).fill_null("")
    frame = frame.join(lists, on="account_id", how="left").sort("account_id")
    frame = frame.with_columns(menu.alias("menu")).drop("listed")
    parts = [pl.col(name).str.replace_all("%", "%25", literal=True) for name in _SHAPE]
    parts = [part.str.replace_all("|", "%7C", literal=True) for part in parts]
    return frame.with_columns(pl.concat_str(parts, separator="|").alias("shape")), menus


def _catalogue(tables: Mapping[str, pl.DataFrame]) -> tuple[Catalogue, list[Failure]]:
    securities = tables["securities"].select("security_id", "kind", "asset_class")
    classes: dict[str, str] = {}
    cash_like: set[str] = set()
    for security, kind, asset_class in securities.iter_rows():
        classes[security] = asset_class or ""
        if kind == "cash":
            cash_like.add(security)
    failures: list[Failure] = []
    indexes: dict[str, list[tuple[str, float]]] = {}
    rows = tables["indexes"].select("index_id", "security_id", "weight").sort("index_id", "security_id")
    for index, security, weight in rows.iter_rows():
        if security not in classes:
            message = f"the constituent {security} is no security of the book"
            remedy = "add the security; until then its weight goes pro rata to the rest of the index"
            place = f"{index}/{security}"
            failures.append(
                Failure(Reason.MISSING, "indexes", place, "security_id", security, message, remedy)
            )
        elif weight is not None and weight > 0.0:
            indexes.setdefault(index, []).append((security, weight))
    scaled = {}
    for index, lines in indexes.items():
        total = fsum(weight for _, weight in lines)
        if abs(total - 1.0) > 1e-3:
            message = f"the weights of index {index} sum to {total:.6f}; they are scaled to 1"
            failures.append(
                Failure(
                    Reason.INVALID, "indexes", index, "weight", f"{total:.6f}", message, "complete the index"
                )
            )
        scaled[index] = [(security, weight / total) for security, weight in lines]
    return Catalogue(classes, frozenset(cash_like), scaled), failures


def _users(accounts: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    frame = accounts.drop_nulls("model_id").group_by("model_id").agg(pl.col("account_id").sort())
    return {model: tuple(ids) for model, ids in frame.iter_rows()}


def _usable(
    accounts: pl.DataFrame, trees: Mapping[str, Tree], models: set[str]
) -> tuple[pl.DataFrame, list[Failure]]:
    """Mark the accounts whose model can be used; unknown and foreign models are failures of the account."""
    owners = {name: tree.firm_id for name, tree in trees.items()}
    owner = pl.col("model_id").replace_strict(owners, default=None, return_dtype=pl.String)
    own = (owner == "") | (owner == pl.col("firm_id"))
    said = accounts.with_columns(owner.alias("owner"), own.fill_null(value=False).alias("usable"))
    failures = []
    lost = said.filter(~pl.col("usable") & pl.col("model_id").is_not_null())
    for row in lost.to_dicts():
        account, model = str(row["account_id"]), str(row["model_id"])
        if model not in models:
            message, reason = f"there is no model {model}", Reason.MISSING
            remedy = "name a model of the firm or one that the desk publishes"
        elif row["owner"] is not None:
            message = f"model {model} belongs to firm {row['owner']}"
            reason, remedy = Reason.CONFLICT, "an account takes its own firm's or the desk's models"
        else:
            continue
        failures.append(Failure(reason, "accounts", account, "model_id", model, message, remedy, (account,)))
    return said.drop("owner"), failures


def _whole(filled: Filled) -> bool:
    return abs(fsum(slot.weight for slot in filled.slots) + filled.cash - 1.0) <= 1e-6


def _unfilled(filled: Mapping[Shape, Filled], empty: set[Shape], said: pl.DataFrame) -> Iterable[Failure]:
    """Say of every slot that could not be filled where its weight went; a target with none filled stops."""
    for shape, one in sorted(filled.items(), key=lambda item: item[0].name):
        who = f"firm {shape.firm_id}, {shape.tax_type}" + (f", menu {shape.menu}" if shape.menu else "")
        if shape in empty:
            accounts = tuple(said.filter(pl.col("shape") == shape.name).get_column("account_id").to_list())
            message = f"no slot of model {shape.model_id} has a product allowed for {who}"
            remedy = "approve products for its slots"
            yield Failure(
                Reason.MISSING, "products", shape.model_id, "security_id", "", message, remedy, accounts
            )
            continue
        for part in one.unfilled:
            yield _part_failure(part, who)


def _part_failure(part: Unfilled, who: str) -> Failure:
    place = f"{part.model_id}/{part.node_id}"
    if part.securities:
        names = ", ".join(part.securities[:5]) + (", …" if len(part.securities) > 5 else "")
        message = f"{len(part.securities)} lines of index {part.to} may not be bought for {who}: {names}"
        remedy = f"their {part.weight:.4%} of the model goes pro rata to the rest of the index"
        table = "indexes"
    else:
        message = f"no product of {part.path} is allowed for {who}"
        rest = f"class {part.to}" if part.to else "the model"
        remedy = f"approve one; until then its {part.weight:.4%} goes pro rata to the rest of {rest}"
        table = "products"
    return Failure(Reason.NOT_APPLICABLE, table, place, "security_id", "", message, remedy)


def _targets(said: pl.DataFrame, settings: pl.DataFrame, frames: TargetFrames) -> Targets:
    """Lay each account's cash target over its shape, and the shapes' frames over the distinct targets."""
    cash = settings.select("account_id", "cash_target", "cash_min", "cash_max")
    rows = said.with_columns(pl.when("usable").then("shape").alias("shape"))
    rows = rows.join(cash, on="account_id", how="left")
    rows = rows.join(frames.shapes, on="shape", how="left")
    node = pl.col("cash_node").is_not_null()
    target_cash = pl.when(node).then("cash_node").otherwise("cash_target")
    moved = target_cash - pl.col("cash_target")
    whose = pl.when(node).then(pl.lit("model")).otherwise(pl.col("cash_target").cast(pl.String))
    known = pl.col("invested").is_not_null()
    rows = rows.with_columns(
        pl.when(known).then(pl.concat_str(["shape", whose], separator="|")).alias("target_id"),
        pl.when(known).then(target_cash).alias("target_cash"),
        (pl.col("cash_min") + moved).clip(0.0, 1.0).alias("cash_min"),
        (pl.col("cash_max") + moved).clip(0.0, 1.0).alias("cash_max"),
        pl.when(node).then(1.0).otherwise(1.0 - pl.col("cash_target")).alias("scale"),
    ).sort("account_id")
    account = rows.select(
        "account_id", "firm_id", "model_id", "target_id", "target_cash", "cash_min", "cash_max"
    )
    distinct = rows.filter(known).select("target_id", "shape", "scale", "target_cash").unique()
    laid = frames.lay(distinct.sort("target_id"))
    no_target = rows.filter(pl.col("model_id").is_null()).select("account_id", flag=pl.lit("no_target"))
    unfilled = rows.filter(pl.col("has_unfilled")).select("account_id", flag=pl.lit("slot_unfilled"))
    flags = pl.concat([no_target, unfilled]).sort("account_id", "flag")
    return Targets(account, laid.slots, laid.classes, laid.class_bounds, laid.class_members, flags)
