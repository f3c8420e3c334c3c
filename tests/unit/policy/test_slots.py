"""Trees filled with products, without a book around them."""

import pytest

from trimtab.policy.products import Shelf
from trimtab.policy.slots import Catalogue, fill
from trimtab.policy.trees import Leaf, Tree

CATALOGUE = Catalogue(
    {"A": "us", "B": "us", "C": "bond", "S": "cash"},
    frozenset("S"),
    {"ix": [("A", 0.75), ("B", 0.25)]},
)


def leaf(path, kind, ref, weight, asset_class=""):
    return Leaf(path, "m", path, kind, ref, asset_class, weight)


def filled(*leaves, shelf=None, menu=None):
    tree = Tree("m", "", leaves, ())
    return fill(tree, shelf or Shelf(), CATALOGUE, tax_type="taxable", menu=menu)


def shares(result):
    return {slot.first: pytest.approx(slot.weight) for slot in result.slots if slot.weight}


def test_cash_nodes_and_sweeps_add_up():
    result = filled(
        leaf("a", "security", "A", 0.7), leaf("b", "cash", "", 0.1), leaf("c", "security", "S", 0.2)
    )
    assert shares(result) == {"A": 0.7}
    assert result.cash == pytest.approx(0.3)
    assert result.has_cash_node
    assert not filled(leaf("a", "security", "A", 1.0)).has_cash_node


def test_lost_weight_stays_in_its_class_and_cash_gets_none():
    result = filled(
        leaf("a", "security", "A", 0.3, "us"),
        leaf("b", "security", "B", 0.1, "us"),
        leaf("x", "class", "us", 0.2, "us"),
        leaf("c", "security", "C", 0.3, "bond"),
        leaf("d", "cash", "", 0.1),
    )
    assert shares(result) == {"A": 0.45, "B": 0.15, "C": 0.3}
    (part,) = result.unfilled
    assert (part.path, part.weight, part.to) == ("x", 0.2, "us")


def test_lost_weight_without_class_goes_to_all():
    result = filled(
        leaf("a", "security", "A", 0.6), leaf("c", "security", "C", 0.2), leaf("x", "sleeve", "", 0.2)
    )
    assert shares(result) == {"A": 0.75, "C": 0.25}
    assert result.unfilled[0].to == ""


def test_two_lost_slots_do_not_feed_each_other():
    result = filled(
        leaf("a", "security", "A", 0.5, "us"),
        leaf("x", "class", "us", 0.25, "us"),
        leaf("y", "class", "us", 0.25, "us"),
    )
    assert shares(result) == {"A": 1.0}
    assert len(result.unfilled) == 2


def test_nothing_to_fill_leaves_the_sum_short():
    result = filled(leaf("x", "class", "us", 1.0, "us"))
    assert result.slots == ()
    assert result.cash == 0.0


def test_an_empty_node_of_no_weight_is_no_loss():
    result = filled(leaf("a", "security", "A", 1.0), leaf("x", "class", "us", 0.0, "us"))
    assert result.unfilled == ()


def test_an_index_and_a_fund_that_hold_the_same_are_one_slot():
    result = filled(leaf("i", "index", "ix", 0.8, "us"), leaf("a", "security", "A", 0.2, "us"))
    assert shares(result) == {"A": 0.8, "B": 0.2}
    (slot,) = [slot for slot in result.slots if slot.first == "A"]
    assert slot.paths == ("a", "i/A")
    assert slot.constituent


def test_a_menu_cuts_an_index_and_says_so():
    result = filled(leaf("i", "index", "ix", 1.0, "us"), menu=frozenset("B"))
    assert shares(result) == {"B": 1.0}
    (part,) = result.unfilled
    assert (part.to, part.weight, part.securities) == ("ix", 0.75, ("A",))


def test_a_successor_that_is_no_security_of_the_book_fills_nothing():
    shelf = Shelf({}, {"A": "sell", "B": "approved", "Z": "approved"}, {"A": "Z"})
    result = filled(leaf("a", "security", "A", 0.5), leaf("b", "security", "B", 0.5), shelf=shelf)
    assert shares(result) == {"B": 1.0}
    assert [part.path for part in result.unfilled] == ["a"]
    kept = Shelf({}, {"A": "sell", "B": "approved"}, {"A": "B"})
    assert shares(filled(leaf("a", "security", "A", 1.0), shelf=kept)) == {"B": 1.0}
