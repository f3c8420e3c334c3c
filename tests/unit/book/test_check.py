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


def test_an_account_on_the_model_of_another_firm_is_told(read) -> None:
    book = read(spoiled("accounts.csv", "A2,F1,tax_deferred,0,H1,T1,M1", "A2,F1,tax_deferred,0,H1,T1,M2"))
    found = [(failure.table, failure.field, failure.accounts) for failure in check_book(book)]
    assert found == [("accounts", "model_id", ("A2",))]


def test_a_book_of_no_date_says_only_that(read) -> None:
    book = read({"book.toml": 'schema = "1"\ncurrency = "USD"\n'})
    assert [(failure.table, failure.field) for failure in check_book(book)] == [("book.toml", "as_of")]
