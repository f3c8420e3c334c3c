"""A whole book is checked down to its models and policies."""

from tests.small_book import spoiled

from trimtab.book.check import check_book


def test_models_and_policies_are_resolved(read) -> None:
    changes = spoiled("models.csv", "0.9,F2", "0.8,F2") | {
        "policies.csv": "scope,scope_id,key,value\naccount,A1,min_trade,-5\n"
    }
    book = read(changes)
    assert book.failures == ()
    found = [(failure.table, failure.accounts) for failure in check_book(book)]
    assert found == [("models", ("A3", "A4")), ("policies", ("A1",))]


def test_a_sound_book_has_nothing_to_say(read) -> None:
    assert check_book(read()) == ()
