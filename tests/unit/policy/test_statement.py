"""The investment policy statement: who set what, instead of what, and every restriction."""

from datetime import date

import polars as pl
import pytest

from trimtab.policy.cascade import resolve
from trimtab.policy.restrictions import Held, resolve_restrictions
from trimtab.policy.settings import KEYS
from trimtab.policy.statement import Line, policy_statement, statement_text

DAY = date(2026, 3, 2)


def said(scope, scope_id, key, value, **more):
    return {"scope": scope, "scope_id": scope_id, "key": key, "value": value, "locked": False, **more}


@pytest.fixture
def settled(book):
    made = book(
        accounts=[
            {"account_id": "a1", "firm_id": "f1", "household_id": "h1"},
            {"account_id": "b1", "firm_id": "f2"},
        ],
        securities=[{"security_id": "MO"}],
        policies=[
            said("desk", None, "ticket", "1"),
            said("firm", "f1", "ticket", "3", locked=True, by="cio"),
            said("account", "a1", "ticket", "6"),
            said("account", "a1", "max_trades", "lots"),
            said("account", "a1", "budget_tax", "500", until=date(2026, 3, 1)),
            said("household", "h1", "latent_tax", "0"),
        ],
        restrictions=[
            {
                "scope": "household",
                "scope_id": "h1",
                "rule": "never_buy",
                "selector": "security:MO",
                "note": "no tobacco",
            },
            {"scope": "firm", "scope_id": "f2", "rule": "freeze", "selector": "*"},
        ],
    )
    held = Held(
        made["accounts"],
        made["households"],
        made["securities"],
        made["tags"],
        pl.DataFrame(schema={"account_id": pl.String, "security_id": pl.String}),
    )
    settings = resolve(made["policies"], made["accounts"], as_of=DAY, households=made["households"]).value
    return settings, resolve_restrictions(made["restrictions"], held, as_of=DAY).value


def test_the_trail_names_every_voice_and_the_one_that_stands(settled):
    trail = settled[0].trail("a1").filter(pl.col("key") == "ticket")
    assert trail.select("scope", "value", "locked", "stands").rows() == [
        ("desk", "1", False, False),
        ("firm", "3", True, True),
        ("account", "6", False, False),
    ]
    assert set(settled[0].trail("a1").get_column("key")) == {"ticket", "latent_tax"}
    assert settled[0].trail("b1").height == 1


def test_the_statement_has_every_key_and_the_restrictions(settled):
    lines = policy_statement(*settled, "a1")
    assert [line.name for line in lines[:-1]] == sorted(KEYS, key=lambda name: (KEYS[name].group, name))
    by_name = {line.name: line for line in lines}
    assert by_name["ticket"].value == "3 dollars"
    assert by_name["ticket"].set_by == "firm cio"
    assert by_name["ticket"].overrides == ("1 (desk)", "6 (account a1)")
    assert by_name["latent_tax"].set_by == "household h1"
    assert by_name["budget_tax"].value == "none"
    assert by_name["budget_tax"].set_by == "default"
    assert lines[-1] == Line("restrictions", "never_buy", "security:MO", "no tobacco", "household h1")


def test_it_prints(settled):
    text = statement_text(policy_statement(*settled, "a1"))
    assert (
        "  ticket: 3 dollars [firm cio; instead of 1 (desk), 6 (account a1)] – fixed cost of a trade\n"
        in text
    )
    assert text.endswith("Restrictions\n  never_buy: security:MO [household h1] – no tobacco")
    assert "freeze" not in text
