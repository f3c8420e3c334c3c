"""Nothing leaves without a valid approval of exactly what leaves, whatever is tried in whatever order."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.small_book import write_small_book

from trimtab.book.read import read_book
from trimtab.desk.access import AbsentError, Principal, Role, Way
from trimtab.desk.agreements import UnknownAgreementError, end_agreement, sign
from trimtab.desk.approve import FourEyesError, NotDelegatedError, approve, let_out, propose_run
from trimtab.desk.drafts import draft, rehearse_draft, revise
from trimtab.desk.halt import HaltedError, UnknownLevelError, halt, halt_desk, lift, lift_desk
from trimtab.desk.ingest import import_book
from trimtab.desk.results import keep_results
from trimtab.desk.subjects import ApprovalStaleError, WrongStateError
from trimtab.store.faults import DuplicateError, StoreError
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK, RESULTS

DAY = date(2020, 6, 1)
NOON = datetime(2020, 6, 1, 12, tzinfo=UTC)


def person(name: str, *roles: Role, desk: frozenset[Role] = frozenset()) -> Principal:
    return Principal(name, name, Way.SESSION, desk, {"F1": frozenset(roles)})


CONSOLE = Principal("root", "root", Way.CONSOLE)
ANN, BOB = person("ann", Role.CIO), person("bob", Role.CIO)
TRADER = person("tom", Role.TRADER, desk=frozenset({Role.TRADER}))
OPERATOR = person("olga", Role.OPERATOR, desk=frozenset({Role.OPERATOR}))
COMPLIANCE = person("carl", Role.COMPLIANCE, desk=frozenset({Role.COMPLIANCE}))
STRANGER = Principal("eve", "eve", Way.SESSION, frozenset({Role.TRADER}), {"F2": frozenset({Role.CIO})})


MODEL = json.dumps(
    {"models": [{"model_id": "M9", "node_id": "all", "kind": "security", "ref": "VTI", "weight": 1}]}
)
"""A model that no account follows: its rehearsal decides nobody."""


@cache
def base_store() -> MemoryStore:
    """A small book of two firms, and a finished run of one account."""
    ticks = count()
    store = MemoryStore(audit_key=b"k", clock=lambda: NOON + timedelta(seconds=next(ticks)))
    with TemporaryDirectory() as folder:
        import_book(store, CONSOLE, read_book(write_small_book(Path(folder) / "book")))
    shape = RESULTS["trades"]
    line = dict.fromkeys(shape.columns) | {"account_id": "A1", "security_id": "VTI", "side": "buy"}
    line |= {"quantity": Decimal(3), "price": Decimal(100), "notional": Decimal(300)}
    with store.unit("F1") as unit:
        run: dict[str, object] = {"firm_id": "F1", "as_of": DAY, "edition_known_at": NOON, "engine": "e"}
        moments = {"started_at": NOON, "finished_at": NOON}
        unit.insert("firm.runs", run | moments | {"run_id": "R1", "kind": "night", "state": "done"})
        owners = pl.DataFrame({"account_id": ["A1"], "firm_id": ["F1"]})
        keep_results(unit, "R1", {"trades": pl.DataFrame([line], schema=shape.frame_schema)}, owners=owners)
    return store


def store_with_run() -> MemoryStore:
    """A store of one's own in which that book and run stand."""
    made = MemoryStore(audit_key=b"k", clock=base_store()._clock)
    made._tables = {name: dict(rows) for name, rows in base_store()._tables.items()}
    return made


def digest_of(store: MemoryStore, proposal_id: str) -> str:
    with store.unit("F1") as unit:
        return str(unit.rows("firm.proposals", {"proposal_id": proposal_id})[0]["content_digest"])


def model(store: MemoryStore, content: str = MODEL) -> str:
    proposal = draft(store, ANN, "F1", kind="model", subject="M9", as_of=DAY, content=content, key="one")
    rehearse_draft(store, ANN, "F1", kind="model", proposal_id=proposal)
    return proposal


def proposed(store: MemoryStore) -> dict[str, str]:
    proposal = propose_run(store, OPERATOR, "F1", run_id="R1", account="A1")
    return {"kind": "run", "proposal_id": proposal, "content_digest": digest_of(store, proposal)}


def test_a_proposal_goes_out_once_approved() -> None:
    store = store_with_run()
    said = proposed(store)
    with pytest.raises(WrongStateError):
        let_out(store, TRADER, "F1", **said)
    with pytest.raises(NotDelegatedError):
        approve(store, TRADER, "F1", **said)
    approve(store, ANN, "F1", **said)
    let_out(store, TRADER, "F1", **said)
    let_out(store, TRADER, "F1", **said)
    with store.unit("F1") as unit:
        assert [row["approved_by"] for row in unit.rows("firm.releases")] == ["ann"]
    with pytest.raises(WrongStateError):
        approve(store, BOB, "F1", **said)


def test_who_made_it_may_approve_only_up_to_the_threshold_of_the_firm() -> None:
    store = store_with_run()
    proposal = propose_run(store, ANN, "F1", run_id="R1", account="A1")
    said = {"kind": "run", "proposal_id": proposal, "content_digest": digest_of(store, proposal)}
    for dollars, refused in (("299.99", True), ("300", False)):
        sign(store, BOB, "F1", kind="four_eyes", value=dollars, key=dollars)
        if refused:
            with pytest.raises(FourEyesError):
                approve(store, ANN, "F1", **said)
        else:
            approve(store, ANN, "F1", **said)
    sign(store, BOB, "F1", kind="four_eyes", value="0", key="strict")
    with pytest.raises(ApprovalStaleError):
        let_out(store, TRADER, "F1", **said)


@pytest.mark.parametrize("column", ["subject", "content", "kind", "as_of", "run_id", "content_digest"])
def test_a_changed_field_voids_the_approval(column: str) -> None:
    store = store_with_run()
    said = {"kind": "model", "proposal_id": model(store)}
    said["content_digest"] = digest_of(store, said["proposal_id"])
    approve(store, BOB, "F1", **said)
    with store.unit("F1") as unit:
        unit.change(
            "firm.proposals", {"kind": "model"}, {column: DAY + timedelta(1) if column == "as_of" else "list"}
        )
    with pytest.raises(ApprovalStaleError):
        let_out(store, ANN, "F1", **(said | ({"kind": "list"} if column == "kind" else {})))
    with store.unit("F1") as unit:
        assert unit.rows("firm.releases") == []
        assert [row["void_at"] is None for row in unit.rows("firm.approvals")] == [False]


def test_the_desk_publishes_for_a_firm_only_by_its_signed_delegation() -> None:
    store = store_with_run()
    said = {"kind": "model", "proposal_id": model(store)}
    said["content_digest"] = digest_of(store, said["proposal_id"])
    approve(store, BOB, "F1", **said)
    with pytest.raises(NotDelegatedError):
        let_out(store, OPERATOR, "F1", **said)
    signed = sign(store, ANN, "F1", kind="delegation", value="model", key="a")
    end_agreement(store, ANN, "F1", agreement_id=signed)
    with pytest.raises(NotDelegatedError):
        let_out(store, OPERATOR, "F1", **said)
    with pytest.raises(AbsentError):
        end_agreement(store, ANN, "F1", agreement_id=signed)
    sign(store, ANN, "F1", kind="delegation", value="model", key="b")
    let_out(store, OPERATOR, "F1", **said)
    with pytest.raises(AbsentError):
        sign(store, OPERATOR, "F1", kind="delegation", value="run", key="c")
    with pytest.raises(UnknownAgreementError):
        sign(store, ANN, "F1", kind="four_eyes", value="much", key="d")


HALTS = [("firm", "F1", True), ("account", "A1", True), ("security", "VTI", True), ("account", "A2", False)]


@pytest.mark.parametrize(("level", "subject", "stops"), HALTS)
def test_a_halt_stops_what_it_names(level: str, subject: str, *, stops: bool) -> None:
    store = store_with_run()
    said = proposed(store)
    approve(store, ANN, "F1", **said)
    stopped = halt(store, TRADER, "F1", level=level, subject=subject, why="w", key="k")
    assert halt(store, TRADER, "F1", level=level, subject=subject, why="w", key="k") == stopped
    with pytest.raises(DuplicateError):
        halt(store, TRADER, "F1", level=level, subject=subject, why="other", key="k")
    if stops:
        with pytest.raises(HaltedError):
            let_out(store, TRADER, "F1", **said)
        lift(store, ANN, "F1", halt_id=stopped)
    let_out(store, TRADER, "F1", **said)


def test_the_desk_halts_everything_and_what_cannot_be_read_is_halted(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_with_run()
    said = proposed(store)
    approve(store, ANN, "F1", **said)
    stopped = halt_desk(store, TRADER, why="w", key="k")
    with pytest.raises(HaltedError):
        let_out(store, TRADER, "F1", **said)
    with pytest.raises(AbsentError):
        lift_desk(store, TRADER, halt_id=stopped)
    lift_desk(store, COMPLIANCE, halt_id=stopped)
    with pytest.raises(AbsentError):
        lift_desk(store, COMPLIANCE, halt_id=stopped)
    with pytest.raises(UnknownLevelError):
        halt(store, TRADER, "F1", level="everything", subject="F1", why="w", key="x")
    with store.unit(DESK) as unit:
        kind = type(unit)
    rows = kind.rows

    def unreadable(self: object, table: str, *args: object, **more: object) -> object:
        if table == "firm.halts":
            raise StoreError("gone")
        return rows(self, table, *args, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(kind, "rows", unreadable)
        with pytest.raises(HaltedError, match="cannot be read"):
            let_out(store, TRADER, "F1", **said)
    let_out(store, TRADER, "F1", **said)


PEOPLE = st.sampled_from([ANN, BOB, TRADER, OPERATOR, COMPLIANCE, STRANGER])
REFUSED = (AbsentError, ApprovalStaleError, WrongStateError, FourEyesError, NotDelegatedError, HaltedError)


class Approvals(RuleBasedStateMachine):
    """Every verb in any order by anybody: what left was approved by another than its maker, as it left."""

    def __init__(self) -> None:
        super().__init__()
        self.store = store_with_run()
        self.said = {"model": "", "run": ""}
        self.halted = False
        self.seen = 0

    def tried(self, verb: object, *args: object, **said: object) -> object:
        with suppress(*REFUSED):
            return verb(self.store, *args, **said)  # type: ignore[operator]
        return None

    @rule(who=PEOPLE, kind=st.sampled_from(["model", "run"]))
    def make(self, who: Principal, kind: str) -> None:
        if kind == "run":
            made = self.tried(propose_run, who, "F1", run_id="R1", account="A1")
        else:
            said = {"subject": "M9", "as_of": DAY, "content": MODEL, "key": "k"}
            with suppress(DuplicateError):
                made = self.tried(draft, who, "F1", kind=kind, **said)
                self.said[kind] = str(made or self.said[kind])
            return
        self.said[kind] = str(made or self.said[kind])

    @rule(who=PEOPLE, content=st.sampled_from([MODEL, "{}"]))
    def change(self, who: Principal, content: str) -> None:
        self.tried(revise, who, "F1", kind="model", proposal_id=self.said["model"], content=content)

    @rule(who=PEOPLE)
    def rehearse(self, who: Principal) -> None:
        self.tried(rehearse_draft, who, "F1", kind="model", proposal_id=self.said["model"])

    @rule(who=PEOPLE)
    def stop(self, who: Principal) -> None:
        done = self.tried(halt, who, "F1", level="firm", subject="F1", why="w", key=str(self.seen))
        self.halted = self.halted or done is not None

    @rule(who=PEOPLE, kind=st.sampled_from(["model", "run"]), act=st.sampled_from([approve, let_out]))
    def decide(self, who: Principal, kind: str, act: object) -> None:
        if self.said[kind]:
            digest = digest_of(self.store, self.said[kind])
            self.tried(act, who, "F1", kind=kind, proposal_id=self.said[kind], content_digest=digest)

    @invariant()
    def what_left_was_approved(self) -> None:
        with self.store.unit("F1") as unit:
            releases, subjects = unit.rows("firm.releases"), unit.rows("firm.proposals")
            approvals = unit.rows("firm.approvals", {"void_at": None})
        left = {row["proposal_id"] for row in subjects if row["state"] in ("released", "published")}
        assert left == {row["proposal_id"] for row in releases}
        makers = {row["proposal_id"]: str(row["made_by"]).split(";") for row in subjects}
        standing = {(row["proposal_id"], row["user_id"], row["content_digest"]) for row in approvals}
        for row in releases:
            assert (row["proposal_id"], row["approved_by"], row["content_digest"]) in standing
            assert row["approved_by"] not in makers[row["proposal_id"]]
        if not self.halted:
            self.seen = sum(row["proposal_id"] == self.said["run"] for row in releases)
        assert sum(row["proposal_id"] == self.said["run"] for row in releases) == self.seen


Approvals.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestApprovals = Approvals.TestCase
