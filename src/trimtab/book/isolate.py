"""Whose business a faulty row is: the accounts that must not trade because of it, so that all others can go on."""

from collections.abc import Callable, Mapping

import polars as pl

from trimtab.book.faults import ROW, Fault
from trimtab.book.schema import Touch
from trimtab.book.sheets import Sheet

_PAIR = {"key": pl.String(), "account_id": pl.String()}


class Reach:
    """From the names in a row to the accounts they concern, over faulty rows as well as good ones."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = sheets
        self._known: dict[Touch, pl.DataFrame] = {}
        households = sheets["households"].frame.select("household_id", of_household="model_id")
        self._accounts = (
            sheets["accounts"]
            .frame.filter(pl.col("account_id").is_not_null())
            .unique("account_id", keep="first", maintain_order=True)
            .join(
                households.unique("household_id", keep="first", maintain_order=True),
                on="household_id",
                how="left",
            )
            .with_columns(pl.coalesce("model_id", "of_household").alias("model_id"))
        )
        self.everyone = self._accounts["account_id"].sort()

    def concerned(self, fault: Fault) -> pl.DataFrame:
        """Pairs of `__row` and account_id; the whole table's fault pairs every account with row 0."""
        sheet = self._sheets[fault.table]
        if fault.whole:
            accounts = self.everyone.head(0) if sheet.table.advisory else self.everyone
            return pl.DataFrame({ROW: pl.zeros(len(accounts), pl.UInt32, eager=True), "account_id": accounts})
        touches = fault.touches or (sheet.table.touches if fault.fatal else Touch.NONE)
        rows = sheet.frame.filter(pl.col(ROW).is_in(fault.rows.implode()))
        return self._pairs(touches, rows).unique().sort(ROW, "account_id")

    def _pairs(self, touches: Touch, rows: pl.DataFrame) -> pl.DataFrame:
        if touches is Touch.NONE or rows.is_empty():
            return pl.DataFrame(schema={ROW: pl.UInt32(), "account_id": pl.String()})
        if touches is Touch.EVERY:
            return rows.select(ROW).join(self.everyone.to_frame(), how="cross")
        if touches is Touch.SCOPE:
            return self._scopes(rows)
        if touches is Touch.PRODUCT:
            firms = self._pairs(Touch.FIRM, rows)
            models = self._pairs(Touch.MODEL, rows.filter(pl.col("model_id").is_not_null()))
            every_model = firms.join(rows.filter(pl.col("model_id").is_null()), on=ROW, how="semi")
            return pl.concat([every_model, firms.join(models, on=[ROW, "account_id"], how="semi")])
        named = "security" if touches is Touch.HOLDER else touches.value
        names = rows.select(ROW, key=f"{named}_id").drop_nulls()
        if touches is Touch.ACCOUNT:
            return names.rename({"key": "account_id"}).join(
                self.everyone.to_frame(), on="account_id", how="semi"
            )
        return names.join(self._accounts_by(touches), on="key").select(ROW, "account_id")

    def _scopes(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Pairs of restriction or policy rows; a row whose scope cannot be read might speak to anyone."""
        known = {
            "custodian": "custodian",
            "firm": "firm_id",
            "household": "household_id",
            "account": "account_id",
        }
        parts = []
        for scope, column in known.items():
            names = rows.filter((pl.col("scope") == scope) & pl.col("scope_id").is_not_null())
            accounts = self._accounts.select(
                pl.col(column).alias("scope_id"), pl.col("account_id").alias("who")
            )
            parts.append(names.join(accounts, on="scope_id").select(ROW, account_id="who"))
        models = rows.filter((pl.col("scope") == "model") & pl.col("scope_id").is_not_null())
        parts.append(self._pairs(Touch.MODEL, models.select(ROW, model_id="scope_id")))
        nameless = pl.col("scope_id").is_null() | ~pl.col("scope").is_in([*known, "model"])
        parts.append(self._pairs(Touch.EVERY, rows.filter(nameless.fill_null(value=True))))
        return pl.concat(parts)

    def _accounts_by(self, touches: Touch) -> pl.DataFrame:
        """Pairs of a name of that kind and an account it concerns."""
        makers: dict[Touch, Callable[[], pl.DataFrame]] = {
            Touch.MODEL: self._by_model,
            Touch.INDEX: lambda: self._through_models("index", Touch.MODEL),
            Touch.HOLDER: self._by_holder,
            Touch.SECURITY: self._by_security,
        }
        if touches not in self._known:
            maker = makers.get(touches)
            pairs = (
                self._accounts.select(key=f"{touches.value}_id", account_id="account_id")
                if maker is None
                else maker()
            )
            self._known[touches] = pairs.drop_nulls().unique()
        return self._known[touches]

    def _by_model(self) -> pl.DataFrame:
        """Accounts by model, models of models included: whoever uses a model uses those under it."""
        edges = self._sheets["models"].frame.filter((pl.col("kind") == "model") & pl.col("ref").is_not_null())
        under: dict[str, set[str]] = {}
        for model_id, ref in edges.select("model_id", "ref").iter_rows():
            under.setdefault(model_id, set()).add(ref)
        held = self._accounts["model_id"].drop_nulls().unique().to_list()
        reached = [(model, key) for model in held for key in _closure(model, under)]
        pairs = pl.DataFrame(reached, schema={"model_id": pl.String(), "key": pl.String()}, orient="row")
        return self._accounts.join(pairs, on="model_id").select("key", "account_id")

    def _through_models(self, kind: str, touches: Touch) -> pl.DataFrame:
        nodes = self._sheets["models"].frame.filter(pl.col("kind") == kind).select("model_id", key="ref")
        users = self._accounts_by(touches).rename({"key": "model_id"})
        return nodes.drop_nulls().join(users, on="model_id").select("key", "account_id")

    def _by_holder(self) -> pl.DataFrame:
        held = [
            self._sheets[name].frame.select(key="security_id", account_id="account_id").unique()
            for name in ("lots", "positions", "open_orders")
        ]
        return pl.concat(held).join(self.everyone.to_frame(), on="account_id", how="semi")

    def _by_security(self) -> pl.DataFrame:
        """Who holds a security or has an order in it, or in whose menu, model, index or products it is."""
        indexed = (
            self._sheets["indexes"].frame.select("index_id", security="security_id")
            .join(self._accounts_by(Touch.INDEX).rename({"key": "index_id"}), on="index_id")
            .select(key="security", account_id="account_id")
        )  # fmt: skip
        products = self._sheets["products"].frame
        filled = self._pairs(Touch.PRODUCT, products).join(products.select(ROW, key="security_id"), on=ROW)
        menu = self._sheets["menu"].frame.select(key="security_id", account_id="account_id")
        return pl.concat(
            [
                self._accounts_by(Touch.HOLDER),
                menu,
                self._through_models("security", Touch.MODEL),
                indexed,
                filled.select("key", "account_id"),
            ]
        )


def _closure(model: str, under: Mapping[str, set[str]]) -> list[str]:
    seen, waiting = {model}, [model]
    while waiting:
        for ref in under.get(waiting.pop(), ()):
            if ref not in seen:
                seen.add(ref)
                waiting.append(ref)
    return sorted(seen)
