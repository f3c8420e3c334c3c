"""The report of a run as one page of HTML: figures of all accounts, and one account in full."""

from trimtab.report import account_grids, figures, grids, numbers
from trimtab.report.account import Story, class_figure, most_told, slot_figure, story
from trimtab.report.facts import spreads, tax_sums, turnover
from trimtab.report.page import Section, Tile, Title, page
from trimtab.report.plan import plan_figure, plan_tiles
from trimtab.report.view import RunView


def report_page(view: RunView, *, account_id: str | None = None) -> str:
    """The whole page. One account is shown in full: `account_id`, else the proposing one with most to tell."""
    shown = account_id or most_told(view)
    sections = [_drift(view), _tax(view), _decisions(view), _doubts(view), _time(view)]
    if shown is not None:
        sections.append(_account(view, story(view, shown)))
    enrolled, evaluated = int(view.number("enrolled") or 0), int(view.number("evaluated") or 0)
    title = Title(
        view.name,
        view.as_of,
        enrolled,
        "each one was evaluated" if enrolled else "none was evaluated",
        enrolled - evaluated,
        view.notes,
    )
    return page(title, tiles=_tiles(view), sections=sections, digests=view.part("digests"))


def _tiles(view: RunView) -> tuple[Tile, ...]:
    decisions, release = view.part("decision_counts"), view.part("release_counts")
    drift, error = spreads(view.evaluations)
    tax = tax_sums(view.evaluations)
    unknown = f"; {numbers.counted(tax.unknown, 'account')} unknown" if tax.unknown else ""
    held = decisions.get("hold", 0)
    return (
        Tile(
            "Proposals",
            numbers.count(decisions.get("propose", 0)),
            f"{held:,} hold, {decisions.get('blocked', 0):,} blocked, {decisions.get('error', 0):,} not evaluated",
        ),
        Tile(
            "Wait for a person",
            numbers.count(release.get("review", 0)),
            f"{release.get('auto', 0):,} released untouched",
        ),
        Tile(
            "Drift",
            f"{numbers.percent(drift.weighted[0])} → {numbers.percent(drift.weighted[1])}",
            "value-weighted mean, before → after",
        ),
        Tile(
            "Tracking error",
            f"{numbers.percent(error.weighted[0])} → {numbers.percent(error.weighted[1])}",
            "value-weighted mean, a year, ex ante",
        ),
        Tile(
            "Tax added",
            numbers.short_money(tax.added),
            ("below zero: losses save tax" if tax.added < 0 else "over all accounts") + unknown,
        ),
        Tile(
            "Tax avoided",
            numbers.short_money(tax.avoided),
            f"full realignment would add {numbers.short_money(tax.realignment)}" + unknown,
            "good" if tax.avoided > 0 else "",
        ),
        Tile(
            "Losses harvested",
            numbers.short_money(tax.harvested),
            "credited against gains now or in later years",
        ),
        Tile("Turnover", numbers.percent(turnover(view.evaluations)), "buys and sells over twice the value"),
    )


def _drift(view: RunView) -> Section:
    moved = figures.drift_moves(view.evaluations)
    before = (figures.drift_histogram(view.evaluations), figures.error_histogram(view.evaluations))
    pictures = (*before, *([moved] if moved else []))
    return Section(
        "drift",
        "Drift and tracking error",
        "How far accounts stand from their targets: half the sum of absolute differences over slots, cash included.",
        pictures,
        (grids.spread_grid(view),),
    )


def _tax(view: RunView) -> Section:
    return Section(
        "tax",
        "Tax",
        "What the proposals add, beside what going all the way to target would add with the least-tax lots.",
        (figures.tax_by_firm(view.evaluations), figures.budget_use(view.evaluations)),
    )


def _decisions(view: RunView) -> Section:
    return Section(
        "decisions",
        "Decisions",
        "Every enrolled account has one, whatever happened.",
        (figures.decisions_by_firm(view.evaluations),),
        (grids.why_grid(view), grids.release_grid(view)),
    )


def _doubts(view: RunView) -> Section:
    return Section(
        "doubts",
        "Flags, failures, conflicts",
        "What is doubtful, broken or impossible, isolated to its account and security; everything else went on.",
        grids=(
            grids.flag_grid(view),
            grids.failure_grid(view),
            grids.conflict_grid(view.tables["conflicts"]),
        ),
    )


def _time(view: RunView) -> Section:
    rate, used = (
        numbers.speed(view.number("accounts_per_second")),
        numbers.memory(view.number("peak_memory_mib")),
    )
    return Section(
        "time",
        "Time",
        f"{rate} accounts a second over all stages; at most {used} of memory.",
        grids=(grids.stage_grid(view), grids.slowest_grid(view)),
    )


def _account(view: RunView, one: Story) -> Section:
    names, row = view.security_names(), one.evaluation

    def amount(name: str) -> str:
        value = row[name]
        return numbers.money(value if isinstance(value, float) else None)

    def share(name: str) -> str:
        value = row[name]
        return numbers.percent(value if isinstance(value, float) else None)

    tiles = (
        Tile(
            "Value",
            amount("value"),
            f"{row['tax_type'] or 'tax type unknown'}, {row['firm']}".replace("_", "-"),
        ),
        Tile("Drift", f"{share('drift_before')} → {share('drift_after')}", f"turnover {share('turnover')}"),
        Tile(
            "Tracking error",
            f"{share('tracking_error_before')} → {share('tracking_error_after')}",
            "a year, ex ante",
        ),
        Tile("Tax added", amount("tax"), f"full realignment {amount('tax_of_full_realignment')}"),
        Tile("Budget left", amount("budget_left"), f"used this year {amount('budget_used')}"),
        Tile("From the best possible", amount("gap"), "at most, before whole shares"),
    )
    told = [
        account_grids.trade_grid(one, names),
        account_grids.kept_grid(one, names),
        account_grids.lot_grid(one, names),
        account_grids.binding_grid(one),
        account_grids.window_grid(one, names),
        account_grids.setting_grid(one),
    ]
    if len(one.gifts):
        told.append(account_grids.gift_grid(one, names))
    planned = plan_figure(one, view.as_of)
    drawn = (class_figure(one), slot_figure(one, names)) if len(one.targets) else ()
    drawn = drawn if planned is None else (planned, *drawn)
    title = one.title if one.title == one.account_id else f"{one.title} ({one.account_id})"
    return Section(
        "account",
        f"One account in full: {title}",
        one.sentence,
        drawn,
        tuple(told),
        tuple(one.flags),
        (*plan_tiles(one), *tiles),
    )
