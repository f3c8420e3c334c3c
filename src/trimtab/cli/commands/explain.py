"""`trimtab explain`: why an account is as it is, in plain words."""

from dataclasses import asdict
from pathlib import Path

import click
import polars as pl

from trimtab.book.read import Book, read_book
from trimtab.cli.commands.rebalance import must_know
from trimtab.cli.output import say_json, say_table
from trimtab.cli.progress import stages
from trimtab.desk.day import Day, open_day, risk_model
from trimtab.desk.preferences import Prices, prices_of
from trimtab.desk.rebalance import rebalance
from trimtab.desk.report import view_of
from trimtab.policy.statement import policy_statement, statement_text
from trimtab.report import account_grids, numbers
from trimtab.report.account import Story, classes, story
from trimtab.report.grids import Grid
from trimtab.report.plan import plan_tiles
from trimtab.report.statement import statement_page
from trimtab.report.view import RunView
from trimtab.report.words import why


@click.command(epilog="Example:  trimtab explain books/2020-06-01 --account A0007 --security VTI")
@click.argument("folder", metavar="BOOK", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--account", required=True, metavar="ID", help="The account to explain.")
@click.option("--security", metavar="ID", help="Only what concerns this security.")
@click.option("--costs", is_flag=True, help="What each restriction and setting of the account costs.")
@click.option("--statement", is_flag=True, help="The account's investment policy statement.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="With --statement: write it as a printable page.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def explain(
    folder: Path,
    *,
    account: str,
    security: str | None,
    costs: bool,
    statement: bool,
    page: Path | None,
    as_json: bool,
) -> None:
    """Say why ACCOUNT trades or does not: the decision, each trade, each notable trade not made, limits, settings;
    with --costs what each preference costs, with --statement every setting with who set it and what it overrides.

    Exit code 0: told; 2: the call is wrong.
    """
    if page is not None and not statement:
        raise click.UsageError("--html goes with --statement")
    with stages() as advance:
        advance("read", 0, 0)
        book = read_book(folder)
        must_know(book, account)
        if security is not None and security not in set(book.tables["securities"]["security_id"]):
            raise click.BadParameter(f"the book has no security {security}", param_hint="--security")
        if statement:
            day = open_day(book, lambda name: advance(name, 0, 0))
        else:
            advance("risk", 0, 0)
            risk = risk_model(book.tables, book.as_of)
            run = rebalance(book, only=account, advance=advance, risk=risk)
            day = run.day
        if costs:
            priced = prices_of(book, account, risk=risk, day=day, advance=advance)
    if statement:
        _say_statement(book, day, account, page=page, as_json=as_json)
        return
    if costs:
        _say_costs(priced, account, as_json=as_json)
        return
    view = view_of(book, run)
    one = story(view, account, security_id=security)
    failures = [failure for failure in run.day.failures if account in failure.accounts]
    if as_json:
        say_json({**facts(one), "failures": [f"{one.message}; {one.remedy}" for one in failures]})
        return
    _say(view, one, whole=security is None)
    for failure in failures:
        place = " ".join(part for part in (failure.table, failure.row, failure.field) if part)
        click.echo(f"failure: {place}: {failure.message}; {failure.remedy}")


def _say_statement(book: Book, day: Day, account: str, *, page: Path | None, as_json: bool) -> None:
    lines = policy_statement(day.settings, day.restrictions, account)
    if page is not None:
        title, facts = _whose(book, account)
        text = statement_page(lines, title=title, as_of=book.as_of, facts=facts, digest=book.digest)
        page.write_text(text, encoding="utf-8")
    if as_json:
        say_json(
            {"account_id": account, "as_of": day.as_of.isoformat(), "lines": [asdict(one) for one in lines]}
        )
        return
    click.echo(f"Investment policy statement of {account}, {book.name}, {numbers.day(day.as_of)}\n")
    click.echo(statement_text(lines))


def _whose(book: Book, account: str) -> tuple[str, list[tuple[str, str]]]:
    """The account's name, and what its row says of it."""
    row = next(book.tables["accounts"].filter(pl.col("account_id") == account).iter_rows(named=True), {})
    asked = ("account_id", "name", "firm_id", "household_id", "taxpayer_id", "advisor_id", "custodian", "model_id",
             "tax_type", "registration", "status", "discretion", "opened")  # fmt: skip
    facts = [(name.removesuffix("_id").replace("_", " "), row.get(name)) for name in asked]
    return str(row.get("name") or account), [(name, str(value)) for name, value in facts if value is not None]


def _say_costs(priced: Prices, account: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"account_id": account, "why_not": priced.why, "costs": priced.costs.to_dicts()})
        return
    if priced.why:
        click.echo(f"{account} is not solved, so that nothing can be priced: {why(priced.why)}")
        return
    click.secho(f"What each preference of {account} costs: with it less without it", bold=True)
    say_table(
        "", ("preference", "set by", "tracking error", "tax", "dollars a year"), cost_rows(priced.costs)
    )


def cost_rows(costs: pl.DataFrame) -> list[tuple[str, ...]]:
    """The prices as rows of text, dearest first."""
    return [
        (
            one["preference"],
            " ".join(dict.fromkeys(part for part in (one["scope"], one["set_by"]) if part)),
            numbers.percent(one["tracking_error_change"]),
            numbers.cents(one["tax_change"]),
            numbers.cents(one["dollars_a_year"]),
        )
        for one in costs.iter_rows(named=True)
    ]


def facts(one: Story) -> dict[str, object]:
    """The story as plain data: every row of its tables, exact numbers as text, unknown as null."""
    frames = {
        "trades": one.trades, "trades_not_made": one.kept, "lots_sold": one.lots, "conflicts": one.conflicts,
        "wash_windows": one.windows, "settings": one.settings, "targets": one.targets, "gift_candidates": one.gifts,
    }  # fmt: skip
    return {
        "account_id": one.account_id,
        "said": one.sentence,
        "flags": one.flags,
        "evaluation": _plain(dict(one.evaluation)),
        "plan": None if one.plan is None else _plain(dict(one.plan)),
        **{
            name: [_plain(row) for row in frame.drop("account_id").iter_rows(named=True)]
            for name, frame in frames.items()
        },
    }


def _plain(row: dict[str, object]) -> dict[str, object]:
    known = (str, int, float, bool, type(None))
    return {name: value if isinstance(value, known) else str(value) for name, value in row.items()}


def _say(view: RunView, one: Story, *, whole: bool) -> None:
    names, row = view.security_names(), one.evaluation

    def share(name: str) -> str:
        value = row[name]
        return numbers.percent(value if isinstance(value, float) else None)

    def amount(name: str) -> str:
        value = row[name]
        return numbers.money(value if isinstance(value, float) else None)

    title = one.account_id if one.title == one.account_id else f"{one.title} ({one.account_id})"
    click.echo(f"{title}, {row['firm']}, {numbers.day(view.as_of)}: {amount('value')}")
    click.echo(one.sentence)
    for said in one.flags:
        click.echo(f"note: {said}")
    if whole:
        click.echo(
            f"drift {share('drift_before')} → {share('drift_after')}; tracking error "
            f"{share('tracking_error_before')} → {share('tracking_error_after')}; tax added {amount('tax')}, "
            f"full realignment {amount('tax_of_full_realignment')}; budget left {amount('budget_left')}; "
            f"release: {row['release']}"
        )
        for tile in plan_tiles(one):
            click.echo(f"{tile.label}: {tile.value} ({tile.note})")
        rows = [
            (move.name, *(numbers.percent(at) for at in (move.target, move.before, move.after)))
            for move in classes(one)
        ]
        click.secho("\nClasses", bold=True)
        say_table("", ("class", "target", "before", "after"), rows)
    told = [
        account_grids.trade_grid(one, names),
        account_grids.kept_grid(one, names),
        account_grids.lot_grid(one, names),
    ]
    told += [account_grids.binding_grid(one), account_grids.window_grid(one, names)]
    if whole:
        told.append(account_grids.setting_grid(one))
    if whole and len(one.gifts):
        told.append(account_grids.gift_grid(one, names))
    for grid in told:
        _say_grid(grid)


def _say_grid(grid: Grid) -> None:
    if not grid.rows:
        click.echo(f"{grid.caption}: none")
        return
    click.secho(f"\n{grid.caption}", bold=True)
    say_table("", grid.columns, grid.rows)
    if grid.note:
        click.echo(grid.note)
