from datetime import date, timedelta

import polars as pl
import pytest

from trimtab.world.build import build_world
from trimtab.world.securities import LEGACY_BANK, SWEEP, TOBACCO, TREASURY
from trimtab.world.situations import SITUATIONS


class Account:
    """One account of the world by its name, as a reader of the tables sees it."""

    def __init__(self, frames, name):
        self.frames = frames
        self.row = frames["accounts"].row(by_predicate=pl.col("name") == name, named=True)
        self.id = self.row["account_id"]
        price = frames["securities"].select(
            "security_id",
            price=pl.col("price").cast(float) * pl.col("price_factor").cast(float).fill_null(1.0),
        )
        lots = self.of("lots").with_columns(pl.col("quantity", "unit_cost").cast(float))
        self.lots = lots.join(price, on="security_id").with_columns(
            value=pl.col("quantity") * pl.col("price")
        )
        self.value = self.lots["value"].sum() + float(self.row["cash"])

    def of(self, table):
        return self.frames[table].filter(pl.col("account_id") == self.id)

    def share(self, security_id):
        return self.lots.filter(pl.col("security_id") == security_id)["value"].sum() / self.value

    def rules(self):
        mine = self.frames["restrictions"].filter(pl.col("scope_id") == self.id)
        return set(mine.select("rule", "selector").rows())

    def policy(self):
        mine = self.frames["policies"].filter(
            (pl.col("scope") == "account") & (pl.col("scope_id") == self.id)
        )
        return dict(mine.select("key", "value").rows())


@pytest.fixture
def account(frames):
    return lambda name: Account(frames, name)


@pytest.fixture
def as_of(frames):
    return frames["prices"]["date"].max()


def test_concentrated_in_a_bank_stock_that_may_not_be_sold(account):
    it = account("Never-sell bank stock")
    assert it.share(LEGACY_BANK) == pytest.approx(0.30, abs=0.03)
    assert ("never_sell", f"security:{LEGACY_BANK}") in it.rules()
    lot = it.lots.filter(pl.col("security_id") == LEGACY_BANK).sort("acquired").head(1)
    assert lot["unit_cost"].item() < 0.15 * lot["price"].item()


def test_tax_budget_prorated(account):
    assert account("Tax budget by quarter").policy() == {"budget_tax": "12000", "budget_prorate": "quarter"}


def test_tobacco_is_screened_held_with_a_gain_and_no_budget(account):
    it = account("No tobacco")
    assert ("never_own", "tag:tobacco>=0.15") in it.rules()
    assert it.policy()["budget_tax"] == "0"
    lots = it.lots.filter(pl.col("security_id") == TOBACCO[0])
    assert (lots["quantity"] * (lots["price"] - lots["unit_cost"])).sum() > 10_000


def test_more_cash_is_due_than_there_is(account, as_of):
    it = account("Cash due this week")
    flow = it.of("cash_flows").row(0, named=True)
    assert flow["direction"] == "out"
    assert as_of < flow["date"] <= as_of + timedelta(days=5)
    assert flow["amount"] > it.row["cash"]


def test_one_basis_is_unknown_in_the_whole_world(frames, account):
    lost = frames["lots"].filter(pl.col("unit_cost").is_null())
    assert lost["account_id"].to_list() == [account("Basis lost in transfer").id]


def test_monthly_distribution_from_an_ira(account):
    it = account("Monthly distribution")
    assert it.row["tax_type"] == "tax_deferred"
    assert it.of("cash_flows").select("kind", "every").rows() == [("rmd", "month")]


def test_household_of_three_is_out_of_balance_by_account_only(frames, account):
    three = [account(f"Household of three, {x}") for x in ("taxable", "IRA", "Roth")]
    assert len({it.row["household_id"] for it in three}) == 1
    classes = frames["securities"].select("security_id", "asset_class")
    shares = []
    for it in three[:2]:
        lots = it.lots.join(classes, on="security_id")
        shares.append(lots.filter(pl.col("asset_class") == "us_equity")["value"].sum() / it.value)
    assert shares[0] - shares[1] > 0.1


def test_losses_are_ready_to_harvest(account, as_of):
    it = account("Losses to harvest")
    lots = it.lots.with_columns(loss=pl.col("quantity") * (pl.col("unit_cost") - pl.col("price")))
    lots = lots.filter(pl.col("acquired") < as_of - timedelta(days=70))
    assert lots["loss"].max() > 1000


def test_wash_window_has_a_recent_purchase_and_two_buys_to_come(frames, account, as_of):
    it, spouse = account("Wash window"), account("Wash window, spouse's IRA")
    assert it.row["household_id"] == spouse.row["household_id"]
    recent = it.lots.filter(pl.col("acquired") == as_of - timedelta(days=14))
    assert len(recent) == 1
    coming = frames["scheduled_buys"].filter(pl.col("account_id").is_in([it.id, spouse.id]))
    assert coming["security_id"].unique().to_list() == recent["security_id"].to_list()
    assert sorted((d - as_of).days for d in coming["date"]) == [5, 10]


@pytest.mark.parametrize(
    ("name", "status"),
    [("Frozen by court order", "frozen"), ("Leaving the firm", "closing"), ("Arrived this week", "arriving")],
)
def test_statuses(account, name, status):
    assert account(name).row["status"] == status


def test_arriving_account_holds_thirty_legacy_lots_and_no_plan(account, frames):
    it = account("Arrived this week")
    assert len(it.lots) == 30
    assert it.lots["security_id"].n_unique() == 10
    assert "plans" not in frames


def test_small_account_is_small_and_particular(account):
    it = account("Small and particular")
    assert it.value == pytest.approx(9000, abs=0.01)
    assert len(it.rules()) == 3
    assert it.policy() == {"budget_tax": "200"}


def test_interval_fund_cannot_pay_the_withdrawal(account):
    it = account("Interval fund and cash due")
    assert it.share("GRICX") == pytest.approx(0.15, abs=0.01)
    assert it.of("cash_flows")["amount"].item() > it.row["cash"]


def test_untaxed_gains_have_a_zero_rate_and_room(frames, account):
    it = account("Untaxed gains")
    payer = frames["taxpayers"].row(by_predicate=pl.col("taxpayer_id") == it.row["taxpayer_id"], named=True)
    assert (payer["long_rate"], payer["zero_gain_room"]) == (0.0, 15_000)


def test_note_and_sweep_fill_the_account_to_its_value(account):
    it = account("Treasury note and sweep")
    assert it.share(TREASURY) == pytest.approx(40_000 * 0.985 / 480_000, rel=0.01)
    assert it.share(SWEEP) == pytest.approx(3_000 / 480_000, rel=0.01)
    assert it.value == pytest.approx(480_000, abs=0.01)


def test_menu_covers_what_is_held(account):
    it = account("401(k) with a menu")
    assert set(it.of("menu")["security_id"]) >= set(it.lots["security_id"])


def test_no_model_no_target(account):
    assert account("Without a model yet").row["model_id"] is None


def test_lot_turns_long_in_two_weeks_with_a_gain(account, as_of):
    lots = account("Long-term in two weeks").lots
    lot = lots.filter(pl.col("acquired") == as_of - timedelta(days=352))
    assert lot["price"].item() > 1.2 * lot["unit_cost"].item()


def test_custodian_and_lots_disagree_in_one_security_of_the_world(frames, account):
    held = frames["lots"].group_by("account_id", "security_id").agg(pl.col("quantity").sum())
    both = frames["positions"].join(held, on=["account_id", "security_id"], suffix="_lots")
    wrong = both.filter(pl.col("quantity") != pl.col("quantity_lots"))
    assert wrong["account_id"].to_list() == [account("Custodian disagrees").id]


def test_open_order_is_for_less_than_is_held(account):
    it = account("Order still open")
    order = it.of("open_orders").row(0, named=True)
    held = it.lots.filter(pl.col("security_id") == order["security_id"])["quantity"].sum()
    assert 0 < order["quantity"] < held


def test_old_funds_and_a_distribution_to_come(frames, account):
    it = account("Old funds")
    assert it.share("EFA") > 0.05
    assert it.share("HGRFX") > 0.05
    assert frames["distributions"]["security_id"].to_list() == ["HGRFX"]


def test_deposit_and_kept_shares(account):
    assert account("Deposit arrived").row["cash"] > 20_000
    kept = account("Keeps a hundred shares")
    assert ("hold_shares", "security:OAKHA") in kept.rules()
    assert kept.lots.filter(pl.col("security_id") == "OAKHA")["quantity"].sum() > 100


@pytest.mark.parametrize("accounts", [0, 1, 5, 30, 82])
def test_situations_take_at_most_a_third_of_the_accounts(accounts):
    frames = build_world(3, firms=2, accounts=accounts, as_of=date(2024, 3, 28))
    made = frames["accounts"] if accounts else pl.DataFrame()
    assert len(made) == accounts
    most = sum(size for size, _ in SITUATIONS)
    special = [n for n in made["household_id"] if int(n[1:]) < 100] if accounts else []
    assert len(special) <= min(accounts // 3, most)
    assert len(special) == most or accounts < 3 * most
