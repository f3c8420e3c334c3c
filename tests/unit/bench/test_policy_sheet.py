import pytest

from policy_sheet import DEFERRAL, LOT_ORDER, deferral_cost, location_costs, lot_order_gain


@pytest.mark.parametrize(("years", "cost"), DEFERRAL.items())
def test_deferral(years, cost):
    assert round(deferral_cost(years), 2) == cost


@pytest.mark.parametrize(("order", "gain"), LOT_ORDER.items())
def test_lot_order(order, gain):
    assert round(lot_order_gain(order), 2) == gain


@pytest.mark.shared
def test_location_order(shared):
    rows = location_costs(shared / "data" / "prices_etf.parquet")
    assert [row[0] for row in rows] == ["bonds", "developed", "emerging", "US"]
    assert all(0.003 < cost < 0.013 for _, _, cost in rows)
