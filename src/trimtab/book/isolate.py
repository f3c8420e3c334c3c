"""Whose business a faulty row is: the accounts that must not trade because of it, so that all others can go on.

Accounts are reached through groups (an account, a firm's, a model's users…), so that a faulty row of a model that
everyone uses costs one group and not a hundred thousand pairs.
"""

from collections.abc import Callable, Iterable, Mapping

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.schema import Touch
from trimtab.book.sheets import Sheet

EVERYONE = "everyone"
_MARK = "\x1f"
_SCOPED = {"custodian": "custodian", "firm": "firm_id", "household": "household_id"}


class Reach:
    """From the names in a row to the accounts they concern, over faulty rows as well as good ones."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = sheets
        self._groups: dict[Touch, pl.DataFrame] = {}
        self._members: dict[str, dict[str, tuple[str, ...]]] = {}
        households = sheets["households"].frame.select("household_id", of_household="model_id")
        households = households.unique("household_id", keep="first", maintain_order=True)
        self._accounts = (
            sheets["accounts"]
            .frame.filter(pl.col("account_id").is_not_null())
            .unique("account_id", keep="first", maintain_order=True)
            .join(households, on="household_id", how="left", maintain_order="left")
            .with_columns(pl.coalesce("model_id", "of_household").alias("model_id"))
        )
        self.everyone: tuple[str, ...] = tuple(self._accounts["account_id"].sort().to_list())
        self._known = frozenset(self.everyone)

    def concerned(self, fault: Fault) -> pl.DataFrame:
        """Pairs of `__row` and a group that the row concerns; the whole table's fault has row 0."""
        sheet = self._sheets[fault.table]
        if fault.whole:
            groups = [] if sheet.table.advisory else [EVERYONE]
            return pl.DataFrame(
                {ROW: [0] * len(groups), "group": groups}, schema={ROW: pl.UInt32, "group": pl.String}
            )
        touches = fault.touches or (sheet.table.touches if fault.fatal else Touch.NONE)
        return self._pairs(touches, sheet.frame.filter(pl.col(ROW).is_in(fault.rows.implode())))

    def accounts(self, groups: Iterable[str]) -> tuple[str, ...]:
        """The accounts of some groups, sorted."""
        found: set[str] = set()
        for group in sorted(set(groups)):
            if group == EVERYONE:
                return self.everyone
            kind, name = group.split(_MARK, 1)
            if kind == "account_id":
                found.update({name} & self._known)
            else:
                found.update(self._by(kind).get(name, ()))
        return tuple(sorted(found))

    def _by(self, column: str) -> dict[str, tuple[str, ...]]:
        """Accounts by what they name in a column; by firm and model together for products."""
        if column not in self._members:
            name = (
                pl.col(column)
                if column != "product"
                else pl.concat_str("firm_id", "model_id", separator=_MARK)
            )
            grouped = self._accounts.group_by(name.alias("name")).agg("account_id").drop_nulls("name")
            self._members[column] = {name: tuple(accounts) for name, accounts in grouped.iter_rows()}
        return self._members[column]

    def _pairs(self, touches: Touch, rows: pl.DataFrame) -> pl.DataFrame:
        if touches is Touch.NONE:
            return rows.head(0).select(ROW, group=pl.lit(EVERYONE))
        if touches is Touch.EVERY:
            return rows.select(ROW, group=pl.lit(EVERYONE))
        if touches is Touch.SCOPE:
            return self._scopes(rows)
        if touches is Touch.PRODUCT:
            return self._products(rows)
        if touches in (Touch.MODEL, Touch.INDEX, Touch.SECURITY, Touch.HOLDER):
            named = "security_id" if touches is Touch.HOLDER else f"{touches.value}_id"
            names = rows.select(ROW, key=named).drop_nulls()
            return names.join(self._groups_of(touches), on="key").select(ROW, "group")
        return _grouped(rows, f"{touches.value}_id")

    def _scopes(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Pairs of restriction or policy rows; a row whose scope cannot be read might speak to anyone."""
        named = rows.filter(pl.col("scope_id").is_not_null())
        parts = [
            _grouped(named.filter(pl.col("scope") == scope), "scope_id", column)
            for scope, column in (*_SCOPED.items(), ("account", "account_id"))
        ]
        models = named.filter(pl.col("scope") == "model").select(ROW, model_id="scope_id")
        parts.append(self._pairs(Touch.MODEL, models))
        readable = pl.col("scope").is_in([*_SCOPED, "account", "model"]) & pl.col("scope_id").is_not_null()
        parts.append(self._pairs(Touch.EVERY, rows.filter(~readable.fill_null(value=False))))
        return pl.concat(parts)

    def _products(self, rows: pl.DataFrame) -> pl.DataFrame:
        """A firm's accounts on the product's model, or all of the firm's where it names none."""
        users = self._users().rename({"key": "model_id"})
        on_model = (
            rows.select(ROW, "firm_id", "model_id").drop_nulls().join(users, on="model_id")
            .select(ROW, group=pl.concat_str(pl.lit("product"), "firm_id", "user", separator=_MARK))
        )  # fmt: skip
        return pl.concat([_grouped(rows.filter(pl.col("model_id").is_null()), "firm_id"), on_model])

    def _groups_of(self, touches: Touch) -> pl.DataFrame:
        """Pairs of a name of that kind (`key`) and a group it concerns."""
        makers: dict[Touch, Callable[[], pl.DataFrame]] = {
            Touch.MODEL: self._by_model,
            Touch.INDEX: lambda: self._through_models("index"),
            Touch.HOLDER: self._by_holder,
            Touch.SECURITY: self._by_security,
        }
        if touches not in self._groups:
            self._groups[touches] = makers[touches]().drop_nulls().unique()
        return self._groups[touches]

    def _users(self) -> pl.DataFrame:
        """Pairs of a model and a model that accounts use and that contains it; each contains itself."""
        edges = self._sheets["models"].frame.filter((pl.col("kind") == "model") & pl.col("ref").is_not_null())
        under: dict[str, set[str]] = {}
        for model_id, ref in edges.select("model_id", "ref").iter_rows():
            under.setdefault(model_id, set()).add(ref)
        used = self._accounts["model_id"].drop_nulls().unique().to_list()
        reached = [(key, user) for user in used for key in _closure(user, under)]
        return pl.DataFrame(reached, schema={"key": pl.String(), "user": pl.String()}, orient="row")

    def _by_model(self) -> pl.DataFrame:
        return self._users().select("key", group=pl.concat_str(pl.lit("model_id"), "user", separator=_MARK))

    def _through_models(self, kind: str) -> pl.DataFrame:
        nodes = self._sheets["models"].frame.filter(pl.col("kind") == kind).select("model_id", key="ref")
        users = self._groups_of(Touch.MODEL).rename({"key": "model_id"})
        return nodes.drop_nulls().join(users, on="model_id").select("key", "group")

    def _by_holder(self) -> pl.DataFrame:
        held = [
            self._sheets[name]
            .frame.select("security_id", "account_id")
            .unique()
            .rename({"security_id": "key"})
            for name in ("lots", "positions", "open_orders")
        ]
        return _keyed(pl.concat(held))

    def _by_security(self) -> pl.DataFrame:
        """Who holds a security or has an order in it, or in whose menu, model, index or products it is."""
        menu = _keyed(self._sheets["menu"].frame.select("account_id", key="security_id"))
        indexes = self._sheets["indexes"].frame.select("index_id", security="security_id")
        indexed = indexes.join(self._groups_of(Touch.INDEX).rename({"key": "index_id"}), on="index_id")
        products = self._sheets["products"].frame
        filled = self._products(products).join(products.select(ROW, key="security_id"), on=ROW)
        return pl.concat(
            [
                self._groups_of(Touch.HOLDER),
                menu,
                self._through_models("security"),
                indexed.select("group", key="security").select("key", "group"),
                filled.select("key", "group"),
            ]
        )


def _grouped(rows: pl.DataFrame, column: str, kind: str | None = None) -> pl.DataFrame:
    group = pl.concat_str(pl.lit(kind or column), column, separator=_MARK).alias("group")
    return rows.filter(pl.col(column).is_not_null()).select(ROW, group)


def _keyed(pairs: pl.DataFrame) -> pl.DataFrame:
    return pairs.select("key", group=pl.concat_str(pl.lit("account_id"), "account_id", separator=_MARK))


def _closure(model: str, under: Mapping[str, set[str]]) -> list[str]:
    seen, waiting = {model}, [model]
    while waiting:
        for ref in under.get(waiting.pop(), ()):
            if ref not in seen:
                seen.add(ref)
                waiting.append(ref)
    return sorted(seen)
