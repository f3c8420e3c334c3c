"""Verification over a real database: tampered with as its owner could."""

import psycopg
import pytest
from tests.database import AUDIT_KEY, owner_url

from trimtab.desk.access import AbsentError, Principal, Way
from trimtab.desk.verify import verify_audit
from trimtab.store.server import Server
from trimtab.store.session import PostgresStore
from trimtab.store.shapes import DESK

CONSOLE = Principal("root", "root", Way.CONSOLE)


@pytest.fixture
def store(postgres: PostgresStore) -> PostgresStore:
    """Two firms with ten events each."""
    with postgres.unit(DESK) as unit:
        for firm in ("F1", "F2"):
            unit.insert("desk.tenants", {"firm_id": firm, "name": firm, "joined_at": unit.now})
            with unit.within(firm):
                for number in range(10):
                    unit.record("u", "halt:set", f"S{number}")
    return postgres


def test_sound_chains_are_sealed_once(store: PostgresStore) -> None:
    first = verify_audit(store, CONSOLE, AUDIT_KEY)
    assert (first.events, first.broken) == (20, ())
    assert [(point.firm_id, point.seq) for point in first.checkpoints] == [("F1", 10), ("F2", 10)]
    again = verify_audit(store, CONSOLE, AUDIT_KEY, outside=first.checkpoints)
    assert (again.events, again.broken) == (21, ())
    assert len(again.checkpoints) == 3


TAMPERS = {
    "changed": "update firm.audit_events set subject = 'x' where firm_id = 'F1' and seq = 4",
    "removed": "delete from firm.audit_events where firm_id = 'F1' and seq = 4",
    "swapped": "update firm.audit_events set seq = case seq when 4 then 99 else seq end where firm_id = 'F1'",
    "cut": "delete from firm.audit_events where firm_id = 'F1' and seq > 3",
    "cut with its head": (
        "delete from firm.audit_events where firm_id = 'F1' and seq > 3; update firm.audit_heads set seq = 3, digest = "
        "(select digest from firm.audit_events where firm_id = 'F1' and seq = 3) where firm_id = 'F1'"
    ),
    "all gone": "delete from firm.audit_events where firm_id = 'F1'; delete from firm.audit_heads where firm_id = 'F1'",
    "head alone": "update firm.audit_heads set digest = repeat('0', 64) where firm_id = 'F1'",
    "head gone": "delete from firm.audit_heads where firm_id = 'F1'",
}


@pytest.mark.parametrize("tamper", TAMPERS)
def test_what_the_owner_of_the_database_did_is_named(
    store: PostgresStore, cluster: Server, database: str, tamper: str
) -> None:
    sealed = verify_audit(store, CONSOLE, AUDIT_KEY).checkpoints
    with psycopg.connect(owner_url(cluster, database), autocommit=True) as owner:
        owner.execute("delete from desk.checkpoints")
        owner.execute(TAMPERS[tamper])
    found = verify_audit(store, CONSOLE, AUDIT_KEY, outside=sealed)
    assert {one.firm_id for one in found.broken} == {"F1"}
    assert "F1" not in {point.firm_id for point in found.checkpoints}


def test_only_the_console_verifies(store: PostgresStore) -> None:
    with pytest.raises(AbsentError):
        verify_audit(store, Principal("u", "u", Way.SESSION), AUDIT_KEY)
