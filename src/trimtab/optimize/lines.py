"""Lines: what an account holds beside what it should hold, one row per account and security."""

import polars as pl

from trimtab.ledger.columns import MONEY
from trimtab.market.ratio import ratio
from trimtab.optimize.valuation import Valuation
from trimtab.policy.target import Targets

_KEYS = ["account_id", "security_id"]
_ZERO = pl.lit(0).cast(MONEY)


def account_lines(
    valuation: Valuation, targets: Targets, *, securities: pl.DataFrame, stand_ins: pl.DataFrame
) -> pl.DataFrame:
    """Holdings joined with the slots of each account's target, sorted by account_id, security_id.

    `stand_ins`: account_id, slot_id: slots whose substitutes may be needed (a loss to harvest, a first product that may
    not be bought); elsewhere a substitute has a line only where it is held.
    Columns: account_id, security_id, slot (a legacy holding is its own), first (whose exposures the line has),
    asset_class, quantity, unit_value, held (dollars), weight and target (shares of V), hurdle (per year), buyable
    (a product of the target that may be bought), frozen. Accounts without a value have no line.
    """
    values = valuation.accounts.filter(pl.col("value") > 0).select("account_id", "value")
    products = _products(values, targets, stand_ins)
    holdings = valuation.holdings.select(*_KEYS, "quantity", "held", "frozen")
    market = securities.select("security_id", "unit_value", own_class="asset_class")
    joined = holdings.join(values, on="account_id", how="semi").join(
        products, on=_KEYS, how="full", coalesce=True
    )
    target = pl.col("target").fill_null(0.0)
    lines = (
        joined.join(values, on="account_id", how="left")
        .join(market, on="security_id", how="left")
        .with_columns(
            quantity=pl.col("quantity").fill_null(_ZERO),
            held=pl.col("held").fill_null(_ZERO),
            target=target,
            frozen=pl.when(pl.col("frozen").is_null() & pl.col("unit_value").is_null())
            .then(pl.lit("unpriced"))
            .otherwise("frozen"),
        )
        .filter(pl.col("held").ne(0) | pl.col("needed").fill_null(value=False))
    )
    return lines.select(
        *_KEYS,
        slot=pl.coalesce("slot", pl.concat_str([pl.lit("held:"), "security_id"])),
        first=pl.coalesce("first", "security_id"),
        asset_class=pl.coalesce("slot_class", "own_class").fill_null("unclassified"),
        legacy=pl.col("slot").is_null(),
        quantity="quantity",
        unit_value="unit_value",
        held="held",
        weight=ratio(pl.col("held"), pl.col("value")),
        target="target",
        hurdle=pl.col("hurdle").fill_null(0.0),
        hold_only=pl.col("hold_only").fill_null(value=False),
        buyable=pl.col("buyable").fill_null(value=False),
        frozen="frozen",
    ).sort(_KEYS)


def _products(values: pl.DataFrame, targets: Targets, stand_ins: pl.DataFrame) -> pl.DataFrame:
    """Each account's products; `needed` are those with weight and the substitutes of slots that want one."""
    wanted = targets.account.select("account_id", "target_id").join(values, on="account_id", how="semi")
    slots = targets.slots.filter(pl.col("security_id").is_not_null())
    rows = wanted.join(slots, on="target_id", how="inner")
    asked = stand_ins.select("account_id", "slot_id").unique().with_columns(asked=pl.lit(value=True))
    rows = rows.join(asked, on=["account_id", "slot_id"], how="left")
    needed = (pl.col("weight") > 0) | (pl.col("asked").fill_null(value=False) & pl.col("buyable"))
    return rows.select(
        *_KEYS,
        slot="slot_id",
        first="slot_first",
        slot_class="asset_class",
        target="weight",
        hurdle=pl.col("hurdle_bps") / 1e4,
        hold_only="hold_only",
        buyable="buyable",
        needed=needed,
    )
