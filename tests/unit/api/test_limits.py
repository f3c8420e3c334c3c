"""Buckets: so many at once, so many a second, each firm its own."""

import pytest

from trimtab.api import limits
from trimtab.api.limits import Buckets, TooManyError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    buckets = Buckets(2.0, 3, clock=clock)
    states = [buckets.take("firm", "F1") for _ in range(3)]
    assert [state and (state.left, state.wait) for state in states] == [(2, 0), (1, 0), (0, 1)]
    with pytest.raises(TooManyError) as refused:
        buckets.take("firm", "F1")
    assert refused.value.state.headers() == {
        "RateLimit-Limit": "3",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "1",
    }
    assert buckets.take("firm", "F2") is not None
    clock.now = 0.5
    assert buckets.take("firm", "F1") is not None
    clock.now = 100.0
    assert (buckets.take("firm", "F1") or refused.value.state).left == 2


def test_a_look_takes_nothing() -> None:
    buckets = Buckets(1.0, 1, clock=Clock())
    assert buckets.look("a", "x") == buckets.look("a", "x")
    buckets.take("a", "x")
    with pytest.raises(TooManyError):
        buckets.look("a", "x")


def test_without_a_rate_nothing_is_limited() -> None:
    buckets = Buckets(None, 1)
    assert [buckets.take("a", "x") for _ in range(5)] == [None] * 5


def test_full_buckets_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_KEPT", 10)
    clock = Clock()
    buckets = Buckets(1.0, 2, clock=clock)
    for number in range(50):
        clock.now += 1.0
        buckets.take("address", str(number))
    assert len(buckets._levels) <= 12
