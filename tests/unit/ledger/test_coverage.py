"""What a wash-sale answer rests on: accounts seen, accounts not."""

import datetime as dt

import polars as pl
import pytest

from trimtab.ledger.columns import MONEY
from trimtab.ledger.coverage import coverage
from trimtab.ledger.shard import ARRIVALS, Shard, coded, scopes, shard_of

AS_OF = dt.date(2024, 6, 3)


def tables(
    lots: list[tuple[str, str, dt.date]], lines: list[tuple[str, str, str, dt.date]]
) -> dict[str, pl.DataFrame]:
    accounts = pl.DataFrame(
        {
            "account_id": ["A", "B", "C", "D"],
            "household_id": ["H", "H", None, None],
            "taxpayer_id": ["T1", "T2", "T3", None],
            "tax_type": ["taxable", "tax_deferred", "taxable", "taxable"],
            "held_away": [False, True, None, False],
        }
    )
    return {
        "accounts": accounts,
        "lots": pl.DataFrame(
            [(a, lot, "X", "1", "1", day, None) for a, lot, day in lots],
            schema={
                "account_id": pl.String,
                "lot_id": pl.String,
                "security_id": pl.String,
                "quantity": pl.String,
                "unit_cost": pl.String,
                "acquired": pl.Date,
                "adjusted_acquired": pl.Date,
            },
            orient="row",
        ).with_columns(pl.col("quantity", "unit_cost").cast(MONEY)),
        "transactions": pl.DataFrame(
            [(a, lot, kind, day) for a, lot, kind, day in lines],
            schema={"account_id": pl.String, "transaction_id": pl.String, "kind": pl.String, "date": pl.Date},
            orient="row",
        ).with_columns(lot_id=pl.lit(None, dtype=pl.String)),
        "scheduled_buys": pl.DataFrame(),
        "securities": pl.DataFrame(
            {"security_id": ["Y", "X"], "identical_group": ["G", None], "price": [1, 2]}
        ),
    }


def settings(owners: str = "self;spouse", /, **scope: str) -> pl.DataFrame:
    names = list(scope)
    return pl.DataFrame(
        {
            "account_id": names,
            "wash_scope": list(scope.values()),
            "exclude_acquired_before_loss_lot": [name == "A" for name in names],
            "wash_owners": [owners for _ in names],
        },
        schema={
            "account_id": pl.String,
            "wash_scope": pl.String,
            "exclude_acquired_before_loss_lot": pl.Boolean,
            "wash_owners": pl.String,
        },
    )


def shard(given: dict[str, pl.DataFrame]) -> Shard:
    return shard_of(given, settings())


def test_scopes_follow_the_setting_and_fall_back() -> None:
    accounts = tables([], [])["accounts"]
    mine, members = scopes(accounts, settings())
    assert mine.rows() == [
        ("A", True, "household:H", False),
        ("B", False, "household:H", False),
        ("C", True, "taxpayer:T3", False),
        ("D", True, "account:D", False),
    ]
    assert members.rows() == [
        ("account:D", "D"),
        ("household:H", "A"),
        ("household:H", "B"),
        ("taxpayer:T3", "C"),
    ]
    mine, members = scopes(accounts, settings(A="taxpayer", B="account"))
    assert mine.rows()[:2] == [("A", True, "taxpayer:T1", True), ("B", False, "account:B", False)]
    assert ("taxpayer:T1", "A") in members.rows()
    assert "household:H" not in members["scope_id"].to_list()
    one_left = scopes(accounts, settings(A="account"))[1].rows()
    assert {("account:A", "A"), ("household:H", "A"), ("household:H", "B")} <= set(one_left)


@pytest.mark.parametrize(
    ("owners", "seen"),
    [
        ("self;spouse", ["A", "B", "C", "N"]),
        ("self", ["A", "N"]),
        ("T2", ["A", "B", "N"]),
        ("self;T2;T3", ["A", "B", "C", "N"]),
    ],
)
def test_owners_narrow_a_household(owners: str, seen: list[str]) -> None:
    payers = {"A": "T1", "B": "T2", "C": "T3", "N": None}
    accounts = pl.DataFrame(
        {
            "account_id": list(payers), "tax_type": ["taxable"] * 4, "household_id": ["H"] * 4,
            "taxpayer_id": list(payers.values()),
        }
    )  # fmt: skip
    mine, members = scopes(accounts, settings(owners, A="household"))
    scope = mine.filter(account_id="A")["scope_id"][0]
    assert members.filter(scope_id=scope)["account_id"].to_list() == seen


def test_groups_fall_back_to_the_security() -> None:
    securities = shard(tables([], [])).securities
    assert securities.rows() == [("Y", "G", 1), ("X", "X", 2)]


def test_numbers_stand_for_names() -> None:
    codes = coded(shard(tables([], [])))
    assert codes.groups == 2
    assert codes.named(pl.DataFrame({"account": [2], "security": [1]}).cast(pl.UInt32)).row(0) == (
        2,
        1,
        "C",
        "Y",
    )
    place = codes.accounts.join(codes.securities, how="cross").select(
        "account_id", "security_id", codes.place()
    )
    assert place["place"].n_unique() == 6  # three scopes, two groups


def test_accounts_held_away_or_untold_are_unknown() -> None:
    given = tables([("C", "L1", AS_OF), ("A", "L2", AS_OF)], [("A", "L2", "buy", AS_OF)])
    told = coverage(shard(given), given["accounts"], as_of=AS_OF)
    assert told.select("scope_id", "known", "unknown", "complete").rows() == [
        ("account:D", "D", "", True),
        ("household:H", "A", "B", False),
        ("taxpayer:T3", "", "C", False),
    ]
    assert told["statement"][1] == "1 accounts seen in full, 1 not; accounts outside this book are not seen."


def test_old_lots_and_transactions_of_tomorrow_do_not_matter() -> None:
    day = dt.timedelta(days=1)
    old = tables([("C", "L1", AS_OF - 31 * day)], [])
    assert coverage(shard(old), old["accounts"], as_of=AS_OF)["complete"].to_list() == [True, False, True]
    edge = tables([("C", "L1", AS_OF - 30 * day)], [])
    assert coverage(shard(edge), edge["accounts"], as_of=AS_OF)["complete"].to_list() == [True, False, False]
    late = tables([("C", "L1", AS_OF)], [("C", "L1", "buy", AS_OF + day)])
    assert coverage(shard(late), late["accounts"], as_of=AS_OF)["complete"].to_list() == [True, False, False]
    sold = tables([("C", "L1", AS_OF)], [("C", "L1", "sell", AS_OF)])
    assert coverage(shard(sold), sold["accounts"], as_of=AS_OF)["complete"].to_list() == [True, False, False]


def test_a_part_of_a_lot_is_told_by_its_purchase() -> None:
    given = tables([("C", "L1", AS_OF), ("C", "L1~2", AS_OF)], [("C", "L1", "reinvest", AS_OF)])
    assert coverage(shard(given), given["accounts"], as_of=AS_OF)["complete"].to_list() == [True, False, True]


@pytest.mark.parametrize("kind", ARRIVALS)
def test_any_way_of_arriving_tells_how_a_lot_came(kind: str) -> None:
    given = tables([("C", "L1", AS_OF)], [("C", "L1", kind, AS_OF)])
    assert coverage(shard(given), given["accounts"], as_of=AS_OF)["complete"].to_list() == [True, False, True]


def test_the_ways_of_arriving_are_those_of_the_cases() -> None:
    assert set(ARRIVALS) == {
        *("buy", "reinvest", "option_buy", "gift_in", "inherit"),
        *("transfer", "transfer_in", "spinoff", "merger_stock"),
    }
