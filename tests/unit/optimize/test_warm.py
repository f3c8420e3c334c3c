"""Loading the engine says so before it begins."""

from trimtab.optimize.warm import warm_up


def test_warm_up_says_what_it_does() -> None:
    heard: list[str] = []
    warm_up(heard.append)
    assert len(heard) == 1
