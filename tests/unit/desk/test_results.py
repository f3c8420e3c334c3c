"""A run's tables in the store: each firm's part comes back as it was, and no other's."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from tests.database import AUDIT_KEY

from trimtab.core.result import Failure, Reason
from trimtab.desk.ports import Store
from trimtab.desk.results import keep_results, results_of
from trimtab.store.faults import DuplicateError, RefusedError
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK, RESULTS

NOON = datetime(2020, 6, 1, 12, tzinfo=UTC)
OWNERS = pl.DataFrame({"account_id": ["A1", "A2", "A3"], "firm_id": ["F1", "F1", "F2"]})
FAILURES = (
    Failure(Reason.MISSING, "lots", "7", "price", "", "no price", "give one", ("A1", "A3")),
    Failure(Reason.INVALID, "lots", "8", "quantity", "-1", "below zero", "mend it", ("A3",)),
    Failure(Reason.INVALID, "tags", "1", "tag", "", "of nobody", "mend it"),
)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore(audit_key=AUDIT_KEY)
    made: Store = request.getfixturevalue("postgres")
    return made


def tables() -> dict[str, pl.DataFrame]:
    """A row for each account in every table out but failures, unknown wherever that may be."""
    found = {}
    for name, shape in RESULTS.items():
        if name in ("failures", "list_proposals"):
            continue
        known = {column: [f"{column} {n}" for n in range(3)] for column in shape.key} | {
            "account_id": ["A1", "A2", "A3"]
        }
        unknown = [pl.lit(None, kind).alias(c) for c, kind in shape.frame_schema.items() if c not in known]
        found[name] = pl.DataFrame(known).with_columns(unknown).select(*shape.columns)
    sides = found["reasons"]["security_id"].set(pl.Series([True, False, False]), None)
    found["reasons"] = found["reasons"].with_columns(sides)
    return found


def run_of(firm: str, run_id: str = "r1") -> dict[str, object]:
    row = {
        "firm_id": firm,
        "run_id": run_id,
        "as_of": date(2020, 6, 1),
        "edition_known_at": NOON,
        "kind": "night",
    }
    return row | {"state": "running", "started_at": NOON, "engine": "trimtab 0"}


def keep(store: Store, run_id: str = "r1") -> None:
    with store.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            with unit.within(firm):
                unit.insert("firm.runs", run_of(firm, run_id))
        keep_results(unit, run_id, tables(), owners=OWNERS, failures=FAILURES)


def test_each_firm_s_part_comes_back_as_it_was(store: Store) -> None:
    keep(store)
    keep(store, "r2")
    for firm, accounts in (("F1", ["A1", "A2"]), ("F2", ["A3"])):
        with store.unit(firm) as unit:
            for name, frame in tables().items():
                wanted = frame.filter(pl.col("account_id").is_in(accounts))
                assert results_of(unit, "r1", name).equals(wanted), name
            failures = results_of(unit, "r1", "failures")
            assert failures["ordinal"].to_list() == ([0] if firm == "F1" else [0, 1])
            assert failures["reason"][0] == "missing: no price"
    with store.unit("F1") as unit:
        assert results_of(unit, "r1", "trades", {"account_id": "A2"})["account_id"].to_list() == ["A2"]
        assert results_of(unit, "r3", "trades").is_empty()


def test_proposals_of_a_list_come_back_to_their_firm(store: Store) -> None:
    shape = RESULTS["list_proposals"]
    asked = pl.DataFrame(
        {"firm_id": ["F1", "F2", "F9"], "security_id": ["X", "X", "X"], "accounts": [1, 2, 3]}
    )
    unknown = [
        pl.lit(None, kind).alias(c) for c, kind in shape.frame_schema.items() if c not in asked.columns
    ]
    frame = asked.with_columns(unknown).select(*shape.columns)
    with store.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            with unit.within(firm):
                unit.insert("firm.runs", run_of(firm))
        keep_results(unit, "r1", {"list_proposals": frame.head(2)}, owners=OWNERS)
    with store.unit("F2") as unit:
        assert results_of(unit, "r1", "list_proposals").equals(frame.slice(1, 1))


def test_a_run_is_kept_once_and_only_where_it_is_known(store: Store) -> None:
    keep(store)

    def again() -> None:
        with store.unit(DESK) as unit:
            keep_results(unit, "r1", tables(), owners=OWNERS)

    def unknown() -> None:
        with store.unit(DESK) as unit:
            keep_results(unit, "r9", tables(), owners=OWNERS)

    with pytest.raises(DuplicateError):
        again()
    with pytest.raises(RefusedError):
        unknown()
