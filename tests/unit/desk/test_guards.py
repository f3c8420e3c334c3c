"""Guards removed on purpose, one at a time: a probe of each holds as long as the guard stands, and fails without it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.unit.desk.test_approve import (
    ANN,
    BOB,
    DAY,
    MODEL,
    OPERATOR,
    STRANGER,
    TRADER,
    digest_of,
    store_with_run,
)

from trimtab.desk import (
    agreements,
    approve,
    browse,
    customize,
    drafts,
    edits,
    halt,
    identity,
    people,
    publish,
    subjects,
)
from trimtab.desk.access import AbsentError, Principal, Role, Way
from trimtab.desk.browse import RESOURCES, read_page
from trimtab.desk.customize import Seen
from trimtab.store.memory import MemoryStore, MemoryUnit
from trimtab.store.shapes import DESK

CONSOLE = Principal("root", "root", Way.CONSOLE)


def _refuses(kind: type[Exception] | tuple[type[Exception], ...], act: Callable[[], object]) -> None:
    try:
        act()
    except kind:
        return
    raise AssertionError(f"not refused: {kind}")


def proposed(store: MemoryStore, maker: Principal = OPERATOR) -> dict[str, str]:
    made = approve.propose_run(store, maker, "F1", run_id="R1", account="A1")
    return {"kind": "run", "proposal_id": made, "content_digest": digest_of(store, made)}


def approved(store: MemoryStore) -> dict[str, str]:
    said = proposed(store)
    approve.approve(store, ANN, "F1", **said)
    return said


def nobody_without_the_right(store: MemoryStore) -> None:
    said = proposed(store)
    viewer = Principal("vera", "vera", Way.SESSION, frozenset(), {"F1": frozenset({Role.VIEWER})})
    _refuses(AbsentError, lambda: approve.approve(store, viewer, "F1", **said))


def nothing_unapproved(store: MemoryStore) -> None:
    said = proposed(store)
    with store.unit("F1") as unit:
        own = {"firm_id": "F1", "proposal_id": said["proposal_id"], "user_id": "bob"}
        stale = {
            "content_digest": said["content_digest"],
            "approved_at": unit.now,
            "void_at": None,
            "void_why": None,
        }
        unit.insert("firm.approvals", own | stale)
    _refuses(subjects.WrongStateError, lambda: approve.let_out(store, TRADER, "F1", **said))


def nothing_that_changed(store: MemoryStore) -> None:
    said = approved(store)
    with store.unit("F1") as unit:
        unit.change("firm.proposals", {"proposal_id": said["proposal_id"]}, {"subject": "A2"})
    _refuses(subjects.ApprovalStaleError, lambda: approve.let_out(store, TRADER, "F1", **said))


def nothing_by_its_maker_alone(store: MemoryStore) -> None:
    said = proposed(store, ANN)
    _refuses(approve.FourEyesError, lambda: approve.approve(store, ANN, "F1", **said))


def nothing_decided_by_the_desk_undelegated(store: MemoryStore) -> None:
    said = proposed(store)
    _refuses(approve.NotDelegatedError, lambda: approve.approve(store, TRADER, "F1", **said))


def nothing_under_a_halt(store: MemoryStore) -> None:
    for level, subject in (("firm", "F1"), ("account", "A1"), ("security", "VTI")):
        fresh = store_with_run()
        said = approved(fresh)
        halt.halt(fresh, TRADER, "F1", level=level, subject=subject, why="w", key="k")
        _refuses(halt.HaltedError, lambda: approve.let_out(fresh, TRADER, "F1", **said))  # noqa: B023


def nothing_in_shadow(store: MemoryStore) -> None:
    said = approved(store)
    agreements.sign(store, ANN, "F1", kind="shadow", value="on", key="k")
    _refuses(agreements.ShadowError, lambda: approve.let_out(store, TRADER, "F1", **said))


def a_revised_draft_begins_anew(store: MemoryStore) -> None:
    made = drafts.draft(store, ANN, "F1", kind="model", subject="M9", as_of=DAY, content="{}", key="k")
    with store.unit("F1") as unit:
        own = {"firm_id": "F1", "proposal_id": made, "user_id": "bob", "content_digest": ""}
        unit.insert("firm.approvals", own | {"approved_at": unit.now})
    drafts.revise(store, ANN, "F1", kind="model", proposal_id=made, content=MODEL)
    with store.unit("F1") as unit:
        assert [row["void_at"] is None for row in unit.rows("firm.approvals")] == [False]


def no_model_of_the_desk_s(store: MemoryStore) -> None:
    said = MODEL.replace("M9", "M1")
    row = {"firm_id": "F1", "kind": "model", "subject": "M1", "content": said}
    with store.unit("F1") as unit, store.reader() as reader:
        stands = edits.standing(unit, reader)
        _refuses(edits.NotOursError, lambda: edits.laid_over(stands, "F1", publish.rows_of(row)))


def nothing_wrong_is_kept(store: MemoryStore) -> None:
    row: dict[str, object] = {"scope": "account", "scope_id": "A1", "key": "cash_target", "value": "much"}
    _refuses(edits.FaultsError, lambda: wished(store, "policies", row))


def wished(store: MemoryStore, table: str, row: dict[str, object]) -> None:
    customize.set_wish(store, ANN, "F1", table=table, row=row, seen=Seen())


def no_policy_of_the_firm_without_approval(store: MemoryStore) -> None:
    row: dict[str, object] = {"scope": "firm", "scope_id": "F1", "key": "cash_target", "value": "0.02"}
    _refuses(customize.NeedsApprovalError, lambda: wished(store, "policies", row))


def no_write_over_what_was_not_seen(store: MemoryStore) -> None:
    row: dict[str, object] = {"account_id": "A1", "approved": DAY, "point": "3"}
    seen = Seen("another")
    _refuses(
        customize.ChangedError,
        lambda: customize.set_wish(store, ANN, "F1", table="plans", row=row, seen=seen),
    )


def no_row_of_another_firm(store: MemoryStore) -> None:
    page = read_page(store, ANN, "F1", resource=RESOURCES["accounts"], where={}, after=None, limit=99)
    assert {row["firm_id"] for row in page.rows} == {"F1"}


def nothing_read_by_a_stranger(store: MemoryStore) -> None:
    said = {"resource": RESOURCES["lots"], "where": {}, "after": None, "limit": 1}
    _refuses(AbsentError, lambda: read_page(store, STRANGER, "F1", **said))  # type: ignore[arg-type]


def what_is_revoked_is_gone(store: MemoryStore) -> None:
    people.add_user(store, CONSOLE, name="new")
    people.grant(store, CONSOLE, "F1", name="new", role=Role.VIEWER)
    _, key = people.add_key(store, CONSOLE, "new", label="k")
    assert identity.identify(store, key).firms == ("F1",)
    people.revoke(store, CONSOLE, "F1", name="new", role=Role.VIEWER)
    assert identity.identify(store, key).firms == ()
    people.end_user(store, CONSOLE, "new")
    _refuses(AbsentError, lambda: identity.identify(store, key))


def every_act_is_recorded(store: MemoryStore) -> None:
    def count() -> int:
        with store.unit("F1") as unit:
            return len(unit.rows("firm.audit_events", {"firm_id": "F1"}))

    before = count()
    halt.halt(store, TRADER, "F1", level="account", subject="A1", why="w", key="k")
    assert count() == before + 1


def firms_are_apart(store: MemoryStore) -> None:
    with store.unit("F2") as unit:
        assert unit.rows("firm.editions", {"firm_id": "F1"}) == []


def nothing(*_: object, **__: object) -> None:
    """In the place of a guard: no guard."""


GUARDS = {
    "may": (approve, "may", nothing, nobody_without_the_right),
    "may read": (browse, "may", nothing, nothing_read_by_a_stranger),
    "approved before": (approve, "must_be", nothing, nothing_unapproved),
    "digest": (approve, "is_unchanged", lambda *_: True, nothing_that_changed),
    "four eyes": (approve, "wants_four_eyes", lambda *_: False, nothing_by_its_maker_alone),
    "delegation": (approve, "is_delegated", lambda *_: True, nothing_decided_by_the_desk_undelegated),
    "of the desk": (approve, "is_of_the_desk", lambda *_: False, nothing_decided_by_the_desk_undelegated),
    "halts": (approve, "must_not_be_halted", nothing, nothing_under_a_halt),
    "shadow": (approve, "must_not_be_shadow", nothing, nothing_in_shadow),
    "void": (drafts, "void_approvals", nothing, a_revised_draft_begins_anew),
    "ours": (edits, "must_be_ours", nothing, no_model_of_the_desk_s),
    "faults": (edits, "FaultsError", None, nothing_wrong_is_kept),
    "personal": (customize, "_must_be_personal", nothing, no_policy_of_the_firm_without_approval),
    "seen": (Seen, "must_hold", nothing, no_write_over_what_was_not_seen),
    "tenant of a unit": (MemoryUnit, "_visible", lambda *_: True, firms_are_apart),
    "revoked": (MemoryUnit, "remove", lambda *_: 1, what_is_revoked_is_gone),
    "audit": (MemoryUnit, "record", nothing, every_act_is_recorded),
}


@contextmanager
def without(owner: object, name: str, other: object) -> Iterator[None]:
    """The code with one guard taken away."""
    with pytest.MonkeyPatch.context() as patched:
        if other is None:
            patched.setattr(owner, "edit_book", _faultless(edits.edit_book))
        else:
            patched.setattr(owner, name, other)
        yield


def _faultless(real: Callable[..., object]) -> Callable[..., object]:
    """An edit that finds no fault."""
    from dataclasses import replace

    return lambda *args, **more: replace(real(*args, **more), faults=())  # type: ignore[type-var]


@pytest.mark.parametrize("guard", GUARDS)
def test_a_probe_holds_while_its_guard_stands(guard: str) -> None:
    GUARDS[guard][3](store_with_run())


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_that_is_gone_is_seen(guard: str) -> None:
    owner, name, other, probe = GUARDS[guard]
    store = store_with_run()
    with without(owner, name, other), pytest.raises(AssertionError):
        probe(store)


def test_the_page_asks_for_its_firm(monkeypatch: pytest.MonkeyPatch) -> None:
    no_row_of_another_firm(store_with_run())
    monkeypatch.setattr(MemoryUnit, "_visible", lambda *_: True)
    no_row_of_another_firm(store_with_run())
    with store_with_run().unit(DESK) as unit:
        assert unit.page("facts.accounts", {"firm_id": "F1"}, limit=9)
    assert BOB.firms == ("F1",)
