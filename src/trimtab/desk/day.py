"""The day: everything a book says of its accounts on the business date, resolved once and valued in columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from trimtab.book.read import Book
from trimtab.core.result import Failure
from trimtab.desk import marks
from trimtab.desk.honoured import ASKED, HONOURED
from trimtab.desk.located import LOCATED
from trimtab.desk.settlement import last_chance
from trimtab.ledger.columns import MONEY
from trimtab.ledger.coverage import coverage
from trimtab.ledger.shard import shard_of
from trimtab.ledger.windows import wash_windows
from trimtab.optimize.forced import credit_forced, forced_losses, losses_wanted
from trimtab.optimize.lines import account_lines
from trimtab.optimize.lotfacts import lot_facts
from trimtab.optimize.problem import Floats
from trimtab.optimize.relief import averaged
from trimtab.optimize.sharing import Sharing, sharing_of
from trimtab.optimize.valuation import Valuation, value_accounts
from trimtab.optimize.years import AccountYears, account_years
from trimtab.policy.budgets import budget_dollars, budgets_on
from trimtab.policy.cascade import Settings, resolve
from trimtab.policy.cash import cash_due
from trimtab.policy.fund_terms import FundTerms, fund_terms
from trimtab.policy.restrictions import Held, Restrictions, resolve_restrictions
from trimtab.policy.target import Targets, resolve_targets
from trimtab.policy.unhonoured import unhonoured
from trimtab.risk.build import build_risk_model
from trimtab.risk.measure import volatilities
from trimtab.risk.model import RiskModel
from trimtab.risk.outside import risk_model_from_outside

DISPOSED: Final = pl.Schema({"account_id": pl.String(), "security_id": pl.String(), "disposed": MONEY})
Stage = Callable[[str], None]
Risk = tuple[RiskModel, tuple[Failure, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """What the night needs of a book, resolved. Frames are sorted by their keys; `accounts` are the enrolled ones.

    `budgets` are what each account may use of the year so far, `sharing` who shares them; `years` count what the
    others of a budget propose today where that was asked. `facts` are the valued lots with what the tax policy says
    of them, `lines` what each account holds beside what it should hold, `rules` what binds them, `terms` what funds
    ask, `windows` the wash windows, `due` the cash to be raised, `losses_wanted` and `forced` the losses asked for and
    the lots that give them, `unseen` the accounts of a wash scope whose purchases are not seen in full (account_id,
    not_seen), `flags` what is doubtful, `disposed` the shares that must go before the rest is weighed (`sell_down`),
    `located` who holds a target together. `failures` includes the book's own.
    """

    as_of: date
    tables: Mapping[str, pl.DataFrame]
    accounts: pl.DataFrame
    settings: Settings
    targets: Targets
    restrictions: Restrictions
    model: RiskModel
    years: AccountYears
    budgets: pl.DataFrame
    sharing: Sharing
    valuation: Valuation
    facts: pl.DataFrame
    lines: pl.DataFrame
    rules: pl.DataFrame
    terms: pl.DataFrame
    windows: pl.DataFrame
    due: pl.DataFrame
    losses_wanted: pl.DataFrame
    forced: pl.DataFrame
    unseen: pl.DataFrame
    flags: pl.DataFrame
    failures: tuple[Failure, ...]
    disposed: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DISPOSED))
    located: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LOCATED))

    @property
    def isolated(self) -> dict[str, Failure]:
        """Accounts that must not trade, each with the first failure that names it."""
        first: dict[str, Failure] = {}
        for failure in self.failures:
            for account in failure.accounts:
                first.setdefault(account, failure)
        return first


def focused(day: Day, who: pl.DataFrame) -> Day:
    """The day with these accounts' rows alone in what is asked of accounts one by one; years and budgets that are
    shared stay whole. A question about a few accounts then reads no one else's rows.
    """

    def own(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.join(who, on="account_id", how="semi", maintain_order="left")

    found = day.valuation
    valued = Valuation(own(found.accounts), own(found.holdings), own(found.lots))
    return replace(
        day,
        valuation=valued,
        budgets=own(day.budgets),
        facts=own(day.facts),
        lines=own(day.lines),
        rules=own(day.rules),
        terms=own(day.terms),
        losses_wanted=own(day.losses_wanted),
        forced=own(day.forced),
        disposed=own(day.disposed),
        located=own(day.located),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What desk, firms, households, accounts and funds said, resolved; `ignored` flags what is not acted on yet."""

    settings: Settings
    targets: Targets
    restrictions: Restrictions
    terms: FundTerms
    ignored: pl.DataFrame
    failures: tuple[Failure, ...]


def said_of(tables: Mapping[str, pl.DataFrame], as_of: date) -> Said:
    """Resolve settings, targets and restrictions of every account of a book's tables."""
    settings = resolve(tables["policies"], tables["accounts"], as_of=as_of, households=tables["households"])
    targets = resolve_targets(tables, settings.value.wide)
    held = _held(tables, targets.value)
    bound = resolve_restrictions(tables["restrictions"], held, as_of=as_of)
    ignored = unhonoured(
        settings.value, bound.value, tables, honoured=HONOURED, asked=ASKED, universe=held.universe
    )
    failures = settings.failures + targets.failures + bound.failures
    terms = fund_terms(tables, held.universe, as_of=as_of)
    return Said(settings.value, targets.value, bound.value, terms, ignored, failures)


def open_day(book: Book, stage: Stage, *, risk: Risk | None = None) -> Day:
    """Resolve a book. `stage` is told the name of each stage as it begins; `risk` is the book's risk model where it was
    built before.
    """
    tables, as_of = book.tables, book.as_of
    stage("policy")
    said = said_of(tables, as_of)
    settings = said.settings.wide
    stage("risk")
    model, risk_failures = risk or risk_model(tables, as_of)
    stage("tax")
    years = account_years(tables, settings, as_of=as_of)
    owned = {**tables, "lots": averaged(tables["lots"], tables["securities"], settings)}
    windows, unseen = _wash(owned, settings, as_of)
    stage("value")
    due = cash_due(tables["cash_flows"], settings, as_of=as_of, last_chance=last_chance(tables, as_of))
    breaks = marks.breaks_of(tables)
    held = marks.holding_marks(tables, said.restrictions, breaks, book.flags, as_of)
    raised = due.select("account_id", "cash_due")
    valuation = value_accounts(owned, as_of=as_of, settings=settings, marks=held, cash_due=raised)
    budgets, sharing = _budgets(tables, settings, years.value, valuation=valuation, as_of=as_of)
    rules = _rules(tables, said, windows, as_of=as_of)
    kept = _lot_marks(valuation, said.restrictions, model, windows, as_of=as_of)
    told = {"accounts": _rates(years.value), "marks": kept, "young": said.terms.lots}
    facts = lot_facts(valuation.lots, settings=settings, as_of=as_of, **told)
    losses = losses_wanted(tables, settings, years.value, as_of=as_of)
    facts, forced = _forced(facts, losses, valuation=valuation, rules=rules, settings=settings)
    wanted = marks.stand_ins(facts, said.targets, rules)
    failures = (*book.failures, *said.failures, *risk_failures, *years.failures)
    doubts = marks.account_flags(tables, said.targets, said.restrictions, breaks, years.value)
    return Day(
        as_of=as_of,
        tables=tables,
        accounts=_enrolled(tables, failures),
        settings=said.settings,
        targets=said.targets,
        restrictions=said.restrictions,
        model=model,
        years=sharing.counting(*nothing_proposed(years.value)),
        budgets=budgets,
        sharing=sharing,
        valuation=valuation,
        facts=facts,
        lines=account_lines(valuation, said.targets, securities=tables["securities"], stand_ins=wanted),
        rules=rules,
        terms=said.terms.lines.drop("closed"),
        windows=windows,
        due=due,
        losses_wanted=losses,
        forced=forced,
        unseen=unseen,
        flags=_flags(book, said, [*doubts, unseen.select("account_id", flag=pl.lit("partial_coverage"))]),
        failures=failures,
    )


def _rules(
    tables: Mapping[str, pl.DataFrame], said: Said, windows: pl.DataFrame, *, as_of: date
) -> pl.DataFrame:
    """What binds each line today."""
    coming = marks.coming_distributions(tables, said.targets, said.settings.wide, as_of)
    closed = marks.closed_to_buys(tables, said.targets, said.terms.lines, as_of)
    return marks.line_rules(said.restrictions, windows, coming, closed=closed, as_of=as_of)


def _forced(
    facts: pl.DataFrame,
    losses: pl.DataFrame,
    *,
    valuation: Valuation,
    rules: pl.DataFrame,
    settings: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The facts with forced losses credited, and the lots that give them."""
    forced = forced_losses(facts, losses, holdings=valuation.holdings, rules=rules, settings=settings)
    return credit_forced(facts, forced), forced


def _wash(
    tables: Mapping[str, pl.DataFrame], settings: pl.DataFrame, as_of: date
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The wash windows, and which accounts of whose scope are not seen in full."""
    shard = shard_of(tables, settings)
    told = coverage(shard, tables["accounts"], as_of=as_of).filter(~pl.col("complete"))
    unseen = shard.accounts.filter("taxable").join(told, on="scope_id")
    return wash_windows(shard, as_of=as_of), unseen.select("account_id", not_seen="unknown").sort(
        "account_id"
    )


def _flags(book: Book, said: Said, doubts: list[pl.DataFrame]) -> pl.DataFrame:
    """Everything that is doubtful about an account, each once."""
    every = pl.concat([book.flags.select("account_id", "flag"), said.ignored, *doubts])
    return every.unique().sort("account_id", "flag")


def _held(tables: Mapping[str, pl.DataFrame], targets: Targets) -> Held:
    """Whom restrictions may speak of: every security an account holds or its target may put there."""
    aims = targets.account.select("account_id", "target_id").drop_nulls()
    products = targets.slots.select("target_id", "security_id").drop_nulls().unique()
    wanted = aims.join(products, on="target_id").select("account_id", "security_id")
    owned = tables["lots"].select("account_id", "security_id")
    return Held(
        accounts=tables["accounts"],
        households=tables["households"],
        securities=tables["securities"],
        tags=tables["tags"],
        universe=pl.concat([owned, wanted]).unique().sort("account_id", "security_id"),
    )


def risk_model(tables: Mapping[str, pl.DataFrame], as_of: date) -> Risk:
    """The model brought from outside where its three tables are there, else one built from the prices."""
    exposures, covariance = tables["factor_exposures"], tables["factor_covariance"]
    if len(exposures) or len(covariance) or len(tables["specific_risk"]):
        found = risk_model_from_outside(exposures, covariance, tables["specific_risk"], tables["securities"])
    else:
        found = build_risk_model(
            tables["prices"], tables["securities"], as_of=as_of, risk_free=tables["risk_free"]
        )
    return found.value, found.failures


def _budgets(
    tables: Mapping[str, pl.DataFrame],
    settings: pl.DataFrame,
    years: AccountYears,
    *,
    valuation: Valuation,
    as_of: date,
) -> tuple[pl.DataFrame, Sharing]:
    """What may be used of the year so far, and who shares it."""
    taxed = pl.DataFrame(
        {"account_id": years.account_ids, "taxed": years.taxed}, schema_overrides={"account_id": pl.String}
    )
    values = valuation.accounts.select("account_id", value=pl.col("value").cast(pl.Float64))
    own = taxed.join(values, on="account_id", how="left", maintain_order="left")
    budgets = budget_dollars(budgets_on(settings, tables["accounts"], tables["plans"], as_of=as_of), own)
    return budgets, sharing_of(years, budgets, tables["accounts"])


def with_plans(day: Day, plans: pl.DataFrame) -> Day:
    """The day under other plans: what each account may use of the year follows them."""
    tables = {**day.tables, "plans": plans}
    budgets, _ = _budgets(tables, day.settings.wide, day.years, valuation=day.valuation, as_of=day.as_of)
    return replace(day, tables=tables, budgets=budgets)


def nothing_proposed(years: AccountYears) -> tuple[Floats, Floats]:
    """No short and no long gains, in the order of the years."""
    return np.zeros(len(years.account_ids)), np.zeros(len(years.account_ids))


def _rates(years: AccountYears) -> pl.DataFrame:
    short, long = years.marginal_rates()
    return pl.DataFrame(
        {"account_id": years.account_ids, "taxed": years.taxed, "short_rate": short, "long_rate": long},
        schema_overrides={"account_id": pl.String},
    )


def _lot_marks(
    valuation: Valuation, restrictions: Restrictions, model: RiskModel, windows: pl.DataFrame, *, as_of: date
) -> pl.DataFrame:
    sigma = pl.DataFrame(
        {"security_id": model.security_ids, "sigma": volatilities(model)},
        schema_overrides={"security_id": pl.String},
    )
    kept = restrictions.lots.group_by("account_id").agg(held_lots=pl.col("lot_id"))
    pairs = valuation.lots.select("account_id", "security_id").unique()
    ordered = pl.col("must_sell") & (pl.col("sell_by") <= as_of) & pl.col("hold_quantity").is_null()
    rules = restrictions.securities.select(
        "account_id", "security_id", "no_gain", "no_short_gain", all_go=ordered & ~pl.col("no_sell")
    )
    refused = pl.col("disallowed_if_sold")
    washed = windows.select("account_id", "security_id", washed=refused.is_null() | (refused > 0))
    return (
        pairs.join(sigma, on="security_id", how="left")
        .join(rules, on=["account_id", "security_id"], how="left")
        .join(washed, on=["account_id", "security_id"], how="left")
        .join(kept, on="account_id", how="left")
    )


def _enrolled(tables: Mapping[str, pl.DataFrame], failures: tuple[Failure, ...]) -> pl.DataFrame:
    """Accounts whose status is not closed, and those that only a failure still names."""
    accounts = tables["accounts"]
    known = set(accounts["account_id"].to_list())
    lost = sorted({name for failure in failures for name in failure.accounts} - known)
    enrolled = accounts.filter(pl.col("status").fill_null("open") != "closed")
    names = pl.DataFrame({"account_id": lost}, schema={"account_id": pl.String})
    return pl.concat([enrolled, names], how="diagonal").sort("account_id")
