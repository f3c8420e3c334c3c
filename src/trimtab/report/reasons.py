"""Reasons in plain words: one sentence an advisor could read to a client, for each trade and each notable non-trade."""

from datetime import date
from typing import Final

import polars as pl

NOTABLE_SHARE: Final = 0.01
"""A line this far from target (share of the account) that is not traded is worth a sentence."""
NOTABLE_SAVING: Final = 25.0
"""So is a loss whose sale would save this many dollars of tax."""
_WORTH_SAYING: Final = 0.5


def notable() -> pl.Expr:
    """Whether a line that is not traded is worth a sentence."""
    away = (pl.col("weight_after") - pl.col("target")).abs() >= NOTABLE_SHARE
    return away | (pl.col("left_saved").fill_null(0.0) >= NOTABLE_SAVING)


def reason_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """The `reasons` table from lines with their trade or the trade not made.

    Columns read: account_id, security_id, side, quantity, legacy, first, must_sell, no_buy, no_sell, kept, waits, frozen,
    cash_short, lot_relief, forced_loss, stepped_up, not_seen, harvested, left_saved, weight, weight_after, target, away, benefit, tax, cost, decision, why,
    binding (the limit that holds the line where it is).
    """
    coded = lines.with_columns(
        code=pl.when(pl.col("side").is_not_null()).then(_trade_code()).otherwise(_hold_code())
    )
    return coded.select(
        "account_id",
        "security_id",
        decision=pl.col("side").fill_null("hold"),
        code="code",
        text=_text(),
        benefit=pl.col("benefit").round(4),
        tax=0.0 - pl.col("tax").round(4),
        cost=0.0 - pl.col("cost").round(4),
        blocked_by=pl.when(pl.col("side").is_null()).then(_blocked_by()).otherwise("binding"),
    ).sort("account_id", "security_id", "decision", "code")


def _trade_code() -> pl.Expr:
    pressed = pl.col("binding").is_not_null() & (pl.col("benefit") < 0)
    sell = (
        pl.when(pl.col("must_sell").is_not_null())
        .then(pl.lit("ordered_sale"))
        .when(pl.col("forced_loss").fill_null(value=False))
        .then(pl.lit("force_loss"))
        .when((pl.col("harvested").fill_null(0) > 0) & (pl.col("tax").fill_null(0) <= 0))
        .then(pl.lit("harvest"))
        .when("legacy")
        .then(pl.lit("leave_legacy"))
        .when(pl.col("cash_short").fill_null(value=False))
        .then(pl.lit("raise_cash"))
        .when(pl.col("weight") > pl.col("target"))
        .then(pl.lit("trim"))
        .when(pressed)
        .then(pl.lit("forced"))
        .otherwise(pl.lit("offset_risk"))
    )
    buy = (
        pl.when(pl.col("first") != pl.col("security_id"))
        .then(pl.lit("stand_in"))
        .when(pl.col("weight") < pl.col("target"))
        .then(pl.lit("to_target"))
        .when(pressed)
        .then(pl.lit("forced"))
        .otherwise(pl.lit("offset_risk"))
    )
    one_way = pl.when(pl.col("side") == "sell").then(sell).otherwise(buy)
    return pl.when(pl.col("stepped_up").is_not_null()).then(pl.lit("gain_harvest")).otherwise(one_way)


def _hold_code() -> pl.Expr:
    over = pl.col("away") > 0
    shut = pl.when(over).then("no_sell").otherwise("no_buy")
    return (
        pl.when(pl.col("frozen").is_not_null())
        .then(pl.concat_str([pl.lit("frozen_"), "frozen"]))
        .when(shut.is_not_null())
        .then(pl.when(over).then(pl.lit("may_not_sell")).otherwise(pl.lit("may_not_buy")))
        .when(over & pl.col("kept").is_not_null())
        .then("kept")
        .when(over & pl.col("waits").is_not_null())
        .then("waits")
        .when(pl.col("decision") != "propose")
        .then("why")
        .when(over & (pl.col("benefit") > 0) & (pl.col("tax") > pl.col("benefit")))
        .then(pl.lit("tax_outweighs"))
        .when(pl.col("left_saved").fill_null(0.0) >= NOTABLE_SAVING)
        .then(pl.lit("harvest_not_worth"))
        .when(pl.col("benefit") > pl.col("cost"))
        .then(pl.lit("offset_costs"))
        .otherwise(pl.lit("balanced"))
    )


def _blocked_by() -> pl.Expr:
    over = pl.col("away") > 0
    shut = pl.when(over).then("no_sell").otherwise("no_buy")
    return pl.coalesce("frozen", shut, pl.when(over).then(pl.coalesce("kept", "waits")), "binding")


_FROZEN: Final = {
    "break": "the custodian's position differs from its lots",
    "stale_price": "its price is stale",
    "unpriced": "its price of today is unknown",
    "illiquid": "it trades only in its window",
    "freeze": "a restriction freezes it",
    "held_away": "it is held away",
}


def _percent(share: pl.Expr) -> pl.Expr:
    return pl.format("{}%", (share * 100).round(2).cast(pl.Decimal(38, 2)))


def _effect(tax: pl.Expr) -> pl.Expr:
    """What a sale does to the tax: the sign is in the word, and unknown is said."""
    return (
        pl.when(tax.is_null())
        .then(pl.lit("its tax is unknown"))
        .when(tax >= _WORTH_SAYING)
        .then(pl.format("this adds {} of tax", _dollars(tax)))
        .when(tax <= -_WORTH_SAYING)
        .then(pl.format("this saves {} of tax", _dollars(-tax)))
        .otherwise(pl.lit("this adds no tax"))
    )


def _limit() -> pl.Expr:
    """The limit that presses on a line, in words."""
    own = pl.col("binding").is_in(["upper limit", "lower limit"])
    return (
        pl.when(own)
        .then(pl.lit("its own limit"))
        .otherwise(pl.format("the limit {}", "binding"))
        .fill_null("a limit")
    )


def _dollars(amount: pl.Expr) -> pl.Expr:
    digits = amount.round(0).cast(pl.Int64).cast(pl.String)
    return pl.format(
        "${}",
        digits.str.reverse().str.replace_all(r"(\d{3})", "$1,").str.reverse().str.strip_chars_start(","),
    )


_LEAST_TAX: Final = pl.col("lot_relief") == "least_tax"


def _text() -> pl.Expr:
    """The sentence of each code; the numbers are the row's own."""
    name, code = pl.col("security_id"), pl.col("code")
    now, goal = _percent(pl.col("weight")), _percent(pl.col("target"))
    then = _percent(pl.col("weight_after"))
    tax, worth = _dollars(pl.col("tax")), _dollars(pl.col("benefit"))
    effect = _effect(pl.col("tax").cast(pl.Float64))
    verb = pl.when(pl.col("side") == "buy").then(pl.lit("Buy")).otherwise(pl.lit("Sell"))
    unseen = pl.format(
        " Purchases in {} are not seen in full.", pl.col("not_seen").str.replace_all(";", ", ")
    )
    blind = unseen.fill_null("")
    loss = _dollars(pl.col("harvested").cast(pl.Float64).fill_null(0.0))
    saved = _dollars(pl.col("left_saved").fill_null(0.0))
    lots = pl.when(_LEAST_TAX).then(pl.lit("of least tax")).otherwise(pl.lit("that leave first"))
    rule = pl.coalesce("must_sell", "no_sell", "no_buy", pl.lit("a restriction"))
    sentences = {
        "to_target": pl.format("Buy {}: it is {} of the account against a target of {}; the trade brings it to {}.", name, now, goal, then),
        "stand_in": pl.format("Buy {} in place of {}, whose part of the model it fills.", name, pl.col("first")),
        "offset_risk": pl.format("{} {}, from {} to {}: it offsets risk of holdings that stay away from their targets.", verb, name, now, then),
        "forced": pl.format("{} {}, from {} to {}: {} asks for it.", verb, name, now, then, _limit()),
        "ordered_sale": pl.format("Sell {}: {} asks for it.", name, rule),
        "harvest": pl.format("Sell {} and take losses of {}, to set against gains of this year or later ones; {}.{}", name, loss, effect, blind),
        "gain_harvest": pl.format("Sell and buy back {}: gains of {} are taxed at nothing this year, and never again.", name, _dollars(pl.col("stepped_up").cast(pl.Float64).fill_null(0.0))),
        "force_loss": pl.format("Sell {} and take losses of {}, as was asked for; {}.{}", name, loss, effect, blind),
        "leave_legacy": pl.format("Sell {}: it is not part of the model; {}.", name, effect),
        "raise_cash": pl.format("Sell {} to raise the cash that is due, from the lots {}; {}.", name, lots, effect),
        "trim": pl.format("Sell some {}: it is {} of the account against a target of {}; {}.", name, now, goal, effect),
        "may_not_sell": pl.format("{} stays at {}: it may not be sold: {}.", name, then, pl.col("no_sell")),
        "may_not_buy": pl.format("{} stays at {} against a target of {}: it may not be bought: {}.", name, then, goal, pl.col("no_buy")),
        "missing_basis": pl.format("{} stays at {}: the basis of a lot is unknown, so its tax is too.", name, then),
        "wait_long_term": pl.format("{} waits at {}: a lot with a gain is about to turn long-term.", name, then),
        "wash_sale": pl.format("{} stays at {}: it, or its like, was bought within 30 days or is about to be, so that a loss would not count.", name, then),
        "redemption_fee": pl.format("{} stays at {}: its fund still takes a fee for shares sold so soon.", name, then),
        "round_trip": pl.format("{} stays at {}: its fund objects to shares sold so soon after they were bought.", name, then),
        "hold_lot": pl.format("{} stays at {}: the lots are to be kept.", name, then),
        "no_gain": pl.format("{} stays at {}: no gain may be realized on it.", name, then),
        "no_short_gain": pl.format("{} stays at {}: no short-term gain may be realized on it.", name, then),
        "tax_outweighs": pl.format("{} stays at {} against a target of {}: selling would add {} of tax to save {} a year of risk.", name, then, goal, tax, worth),
        "harvest_not_worth": pl.format("{} is kept though its loss would save {} of tax: what would replace it costs more.", name, saved),
        "below_benefit": pl.format("{} stays at {}: the whole proposal would gain less than the account's minimum.", name, then),
        "offset_costs": pl.format("{} stays at {} against a target of {}: moving it would help, but what must be traded against it costs more or is not allowed.", name, then, goal),
        "nothing_to_trade": pl.format("{} stays at {}: no trade in whole shares would leave the account better off.", name, then),
        "no_whole_share_answer": pl.format("{} stays at {}: no trades in whole shares keep every limit; a person must look.", name, then),
        "not_certified": pl.format("{} stays at {}: the answer did not pass its check; a person must look.", name, then),
        "conflict": pl.format("{} stays at {}: limits collide; a person must look.", name, then),
        "balanced": pl.format("{} stays at {} against a target of {}: other holdings already balance its risk.", name, then, goal),
    }  # fmt: skip
    frozen = pl.format("{} is not traded today: {}.", name, pl.col("frozen").replace(_FROZEN))
    other = pl.format("{} is not traded: {}.", name, code.str.replace_all("_", " "))
    said = [pl.when(code == key).then(sentence) for key, sentence in sentences.items()]
    return pl.coalesce(*said, pl.when(pl.col("frozen").is_not_null()).then(frozen), other)


def plan_text(as_of: date) -> pl.Expr:
    """What waits for a plan's budget, in words; from security_id, worth, tax, plan_approved."""
    return pl.format(
        "{} more of {} is to go under the plan approved on {}, and would add {} of tax: it waits, for the year's budget "
        "of the plan is used; a new one begins on 1 January {}.",
        _dollars(pl.col("worth")),
        "security_id",
        "plan_approved",
        _dollars(pl.col("tax")),
        pl.lit(as_of.year + 1),
    )
