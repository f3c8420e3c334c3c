"""The known name nearest to a wrong one."""

from trimtab.book.nearest import did_you_mean, nearest


def test_the_nearest_name_whatever_the_order_or_case() -> None:
    for known in (["min_trade", "max_trades"], ["max_trades", "min_trade"]):
        assert nearest("MIN_TRAD", known) == "min_trade"
    assert nearest("zebra", ["lots"]) is None


def test_what_is_said() -> None:
    assert did_you_mean("lot", ["lots", "tags"]) == "did you mean lots?"
    assert did_you_mean("zzz", ["lots", "tags"]) == "known here: lots, tags"
    assert did_you_mean("zzz", [str(n) for n in range(20)]).endswith(", …")
    assert did_you_mean("zzz", []) == "none is known here"
