"""Which product may fill a slot, for whom, and what may only be held."""

import pytest

from trimtab.policy.products import Shelf, read_shelves, stray_rows
from trimtab.policy.trees import Leaf

LEAF = Leaf("eq/us", "m", "us", "security", "A", "us", 0.5)
EMPTY = Leaf("eq/us", "m", "us", "class", "us", "us", 0.5)


def row(security, rank, model="m", firm="f1", **more):
    return {
        "firm_id": firm,
        "model_id": model,
        "node_id": "us",
        "security_id": security,
        "rank": rank,
        **more,
    }


def listed(security, status, firm="f1"):
    return {"firm_id": firm, "security_id": security, "status": status}


@pytest.fixture
def shelve(book):
    def run(*products, listing=()):
        made = book(products=products, approved_list=listing)
        return read_shelves(made["products"], made["approved_list"]).get("f1", Shelf())

    return run


def ranked(shelf, leaf=LEAF, tax="taxable", menu=None):
    return [(p.security_id, p.buyable) for p in shelf.products(leaf, tax, menu)]


def test_a_security_stands_for_itself(shelve):
    assert ranked(shelve()) == [("A", True)]
    assert ranked(shelve(), EMPTY) == []


def test_rank_then_name_order_the_products(shelve):
    shelf = shelve(row("C", 2), row("B", 2), row("A", 1, hurdle_bps=None), row("D", 3, hurdle_bps=15.0))
    assert ranked(shelf) == [("A", True), ("B", True), ("C", True), ("D", True)]
    assert [p.hurdle_bps for p in shelf.products(LEAF, "taxable", None)] == [0.0, 0.0, 0.0, 15.0]


def test_the_leafs_own_security_is_rank_one_unless_that_is_taken(shelve):
    assert ranked(shelve(row("B", 2))) == [("A", True), ("B", True)]
    assert ranked(shelve(row("B", 1))) == [("B", True)]
    munis = shelve(row("B", 1, account_types="taxable"))
    assert ranked(munis) == [("B", True)]
    assert ranked(munis, tax="tax_deferred") == [("A", True), ("B", False)]


def test_account_types_menus_and_hold_only(shelve):
    shelf = shelve(
        row("A", 1, account_types="tax_deferred;tax_exempt"), row("B", 2, hold_only=True), row("C", 3)
    )
    assert ranked(shelf) == [("A", False), ("B", False), ("C", True)]
    assert ranked(shelf, tax="tax_exempt") == [("A", True), ("B", False), ("C", True)]
    assert ranked(shelf, tax="tax_exempt", menu=frozenset("C")) == [("A", False), ("B", False), ("C", True)]


def test_rows_of_the_model_come_before_those_of_every_model(shelve):
    assert ranked(shelve(row("X", 1, model=None)), EMPTY) == [("X", True)]
    assert ranked(shelve(row("X", 1, model=None), row("Y", 1)), EMPTY) == [("Y", True)]


def test_a_list_lets_only_the_approved_be_bought_and_drops_what_is_to_be_sold(shelve):
    products = (row("A", 1), row("B", 2), row("C", 3), row("D", 4), row("E", 5))
    listing = [listed("A", "watch"), listed("B", "approved"), listed("C", "closed"), listed("D", "sell")]
    shelf = shelve(*products, listing=listing)
    assert ranked(shelf) == [("A", False), ("B", True), ("C", False), ("E", False)]


@pytest.mark.parametrize(
    ("status", "ranks"),
    [
        ("sell", [("S", True), ("B", True)]),
        ("closed", [("A", False), ("S", True), ("B", True)]),
        ("approved", [("A", True), ("B", True)]),
    ],
)
def test_a_successor_takes_the_place_of_what_is_no_longer_bought(shelve, status, ranks):
    listing = [{**listed("A", status), "successor": "S"}, listed("B", "approved"), listed("S", "approved")]
    assert ranked(shelve(row("A", 1), row("B", 2), listing=listing)) == ranks
    own_place = shelve(row("A", 1), row("S", 3), row("B", 2), listing=listing)
    assert [name for name, _ in ranked(own_place)][-1] == "S"


def test_a_successor_must_be_approved_too(shelve):
    listing = [{**listed("A", "sell"), "successor": "S"}, listed("B", "approved")]
    assert ranked(shelve(listing=listing)) == [("S", False)]


def test_another_firms_list_says_nothing(shelve):
    assert ranked(shelve(listing=[listed("B", "approved", "f2")])) == [("A", True)]


@pytest.mark.parametrize(
    ("status", "bought"), [("approved", True), ("watch", False), ("closed", False), ("sell", False)]
)
def test_a_constituent_needs_no_row_but_heeds_one(shelve, status, bought):
    shelf = shelve(listing=[listed("X", status), listed("Z", "approved")])
    assert shelf.allows("X", constituent=True) is bought
    assert shelf.allows("Y", constituent=True)
    assert not shelf.allows("Y")


def test_a_row_whose_node_stands_nowhere_is_told(book):
    models = [{"model_id": "m", "node_id": "us"}, {"model_id": "n", "node_id": "intl"}]
    rows = [
        row("A", 1),
        row("A", 1, model=None),
        row("B", 1, model="n"),
        {**row("C", 1), "node_id": "uss"},
        {**row("D", 1, model=None), "node_id": "bonds"},
    ]
    made = book(models=models, products=rows)
    failures = stray_rows(made["products"], made["models"])
    assert [(f.row, f.message, f.remedy, f.accounts) for f in failures] == [
        ("f1//bonds/D", "no model has a node bonds", "name a node of a model", ()),
        ("f1/m/uss/C", "model m has no node uss", "did you mean us?", ()),
        ("f1/n/us/B", "model n has no node us", "name a node of a model", ()),
    ]
