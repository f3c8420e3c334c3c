"""Codes in plain words; a code without a sentence is still said."""

import pytest

from trimtab.report import words


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ("class_band;harvest", "a class left its band; a loss is worth harvesting"),
        ("something_new", "something new"),
        ("", "no cause was recorded"),
        (None, "no cause was recorded"),
    ],
)
def test_why(codes: str | None, said: str) -> None:
    assert words.why(codes) == said


def test_flags() -> None:
    assert words.flag("missing_basis") == "the basis of a lot is unknown"
    assert words.flag("unhonoured:gain_harvest") == "asks for gain harvest, which is not acted on yet"
    assert words.flag("odd_one") == "odd one"


def test_stages_and_classes() -> None:
    assert words.stage("risk") == "Risk model"
    assert words.stage("new_stage") == "New stage"
    assert words.class_name("us_equity") == "US equity"
    assert words.class_name("intl_bond") == "International bond"
    assert words.class_name("commodities") == "Commodities"
    assert words.class_name(None) == "Unclassified"
