import pytest

from trimtab.core.seed import stream


def test_same_names_draw_the_same_and_first_draws_are_kept_for_ever():
    assert stream(7, "market").random(3).tolist() == stream(7, "market").random(3).tolist()
    assert [int(x) for x in stream(7, "market").integers(0, 1000, 4)] == [443, 523, 862, 370]


@pytest.mark.parametrize(
    "other", [(8, "market"), (7, "markets"), (7, "market", 0), (7,), (7, "market", "0")], ids=str
)
def test_any_other_name_or_seed_draws_something_else(other):
    assert stream(7, "market").integers(0, 2**62) != stream(*other).integers(0, 2**62)


def test_names_do_not_run_together():
    assert stream(1, "ab", "c").random() != stream(1, "a", "bc").random()
    assert stream(1, 23).random() != stream(12, 3).random()
    assert stream(1, "2").random() != stream(1, 2).random()


def test_one_stream_does_not_move_another():
    first, second = stream(3, "a"), stream(3, "b")
    first.random(1000)
    assert second.random() == stream(3, "b").random()
