"""The gate for a verb over many firms: those at which the principal may, and no others."""

import pytest

from trimtab.desk.access import AbsentError, Principal, Role, Way, may_at

ANN = Principal(
    "ann", "Ann", Way.SESSION, frozenset(), {"F1": frozenset({Role.VIEWER}), "F2": frozenset({Role.CIO})}
)


def test_only_firms_at_which_the_principal_may() -> None:
    assert may_at(ANN, "run:result:read") == ("F1", "F2")
    assert may_at(ANN, "policy:model:draft") == ("F2",)


def test_none_looks_as_if_there_were_nothing() -> None:
    with pytest.raises(AbsentError):
        may_at(ANN, "book:book:import")
    with pytest.raises(AbsentError):
        may_at(Principal("bo", "Bo", Way.SESSION, frozenset({Role.TRADER}), {}), "run:result:read")
