"""One suite for every store: what a unit of work shows, keeps, refuses and undoes."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from tests.database import AUDIT_KEY

from trimtab.desk.ports import Store
from trimtab.store.audit import verify
from trimtab.store.faults import DuplicateError, RefusedError, StoreError
from trimtab.store.memory import MemoryStore
from trimtab.store.shapes import DESK, FACTS
from trimtab.store.versions import changes, owned_schema

DAY = date(2020, 6, 1)
NOON = datetime(2020, 6, 1, 12, tzinfo=UTC)
EDITION = {"known_at": NOON, "as_of": DAY, "book_name": "", "cause": "", "who": ""}
OF_NOTHING = {"firm_id": "F1", "proposal_id": "p", "user_id": "u", "content_digest": "", "approved_at": NOON}


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore(audit_key=AUDIT_KEY)
    made: Store = request.getfixturevalue("postgres")
    return made


def halt(firm: str, halt_id: str = "h1", **more: object) -> dict[str, object]:
    row = {
        "firm_id": firm,
        "halt_id": halt_id,
        "level": "firm",
        "subject": firm,
        "why": "test",
        "halted_by": "u",
    }
    return row | {"halted_at": NOON} | more


def lots(
    firm: str, rows: list[tuple[str, str, str]], known_at: datetime, *, gone: bool = False
) -> pl.DataFrame:
    shape = FACTS["lots"]
    frame = pl.DataFrame(
        {
            "firm_id": [firm] * len(rows),
            "account_id": [account for account, _, _ in rows],
            "lot_id": [lot for _, lot, _ in rows],
            "quantity": [Decimal(quantity) for _, _, quantity in rows],
        },
        schema_overrides={"quantity": pl.Decimal(38, 9)},
    )
    schema = owned_schema(shape, tenant=True)
    unknown = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in frame.columns]
    frame = frame.with_columns(unknown).select(*schema)
    before = frame if gone else frame.clear()
    after = frame.clear() if gone else frame
    return changes(shape, before, after, tenant=True, business_date=DAY, known_at=known_at)


def test_what_a_unit_wrote_is_there_after_it_and_only_then(store: Store) -> None:
    with store.unit("F1") as unit:
        unit.insert("firm.halts", halt("F1"))
        assert [row["halt_id"] for row in unit.rows("firm.halts")] == ["h1"]
    with store.unit("F1") as unit:
        assert unit.rows("firm.halts") == [halt("F1", lifted_by=None, lifted_at=None)]


def test_a_unit_that_raises_leaves_nothing(store: Store) -> None:
    def work() -> None:
        with store.unit("F1") as unit:
            unit.insert("firm.halts", halt("F1"))
            unit.append("facts.lots", lots("F1", [("A", "L", "1")], NOON))
            unit.record("u", "halt", "F1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    with store.unit("F1") as unit:
        assert unit.rows("firm.halts") == []
        assert unit.facts("facts.lots").is_empty()
        assert unit.rows("firm.audit_events") == []


def test_a_refusal_that_is_swallowed_undoes_the_unit_and_says_so(store: Store) -> None:
    def work() -> None:
        with store.unit("F1") as unit:
            unit.insert("firm.halts", halt("F1"))
            with suppress(DuplicateError):
                unit.insert("firm.halts", halt("F1"))

    with pytest.raises(StoreError):
        work()
    with store.unit("F1") as unit:
        assert unit.rows("firm.halts") == []


def test_firms_with_the_same_ids_do_not_meet(store: Store) -> None:
    for firm, quantity in (("F1", "1"), ("F2", "2")):
        with store.unit(firm) as unit:
            unit.insert("firm.halts", halt(firm))
            unit.append("facts.lots", lots(firm, [("A", "L", quantity)], NOON))
    with store.unit("F1") as unit:
        assert [row["firm_id"] for row in unit.rows("firm.halts")] == ["F1"]
        assert unit.facts("facts.lots")["quantity"].to_list() == [1]
        assert unit.rows("firm.halts", {"firm_id": "F2"}) == []
        assert unit.change("firm.halts", {"firm_id": "F2"}, {"why": "mine"}) == 0
        assert unit.facts("facts.lots", where={"firm_id": "F2"}).is_empty()
    with store.unit("F2") as unit:
        assert [row["why"] for row in unit.rows("firm.halts")] == ["test"]


@pytest.mark.parametrize(
    "act",
    [
        lambda unit: unit.insert("firm.halts", halt("F2", "h2")),
        lambda unit: unit.change("firm.halts", {}, {"firm_id": "F2"}),
        lambda unit: unit.append("facts.lots", lots("F2", [("A", "L", "1")], NOON)),
        lambda unit: unit.rows("people.users"),
        lambda unit: unit.rows("desk.tenants"),
        lambda unit: unit.insert("market.editions", EDITION),
        lambda unit: unit.change("firm.audit_events", {}, {"who": "x"}),
        lambda unit: unit.remove("firm.audit_events", {}),
        lambda unit: unit.remove("firm.halts", {}),
        lambda unit: unit.change("facts.lots", {}, {"gone": True}),
        lambda unit: unit.insert("firm.approvals", OF_NOTHING),
    ],
)  # fmt: skip
def test_what_is_not_a_firm_s_to_do_is_refused(store: Store, act: object) -> None:
    assert callable(act)
    with store.unit("F1") as unit:
        unit.insert("firm.halts", halt("F1"))
    with pytest.raises(RefusedError), store.unit("F1") as unit:
        act(unit)


def test_the_desk_goes_from_firm_to_firm_in_one_unit(store: Store) -> None:
    both = pl.concat(
        [lots("F2", [("A", "L", "2")], NOON), lots("F1", [("A", "L", "1"), ("B", "L", "3")], NOON)]
    )
    with store.unit(DESK) as unit:
        unit.append("facts.lots", both)
        assert unit.facts("facts.lots").is_empty()
        with unit.within("F2"):
            assert unit.facts("facts.lots")["quantity"].to_list() == [2]
            unit.insert("firm.halts", halt("F2"))
        with unit.within("F1"):
            assert unit.rows("firm.halts") == []
        unit.insert("desk.tenants", {"firm_id": "F1", "name": "One", "joined_at": NOON})
    with store.unit("F1") as unit:
        assert unit.facts("facts.lots")["quantity"].to_list() == [1, 3]


def test_the_version_known_last_is_in_force(store: Store) -> None:
    later, last = NOON + timedelta(seconds=1), NOON + timedelta(seconds=2)
    with store.unit("F1") as unit:
        unit.append("facts.lots", lots("F1", [("A", "L1", "1"), ("A", "L2", "2"), ("B", "L1", "3")], NOON))
        unit.append("facts.lots", lots("F1", [("A", "L1", "9")], later))
        unit.append("facts.lots", lots("F1", [("B", "L1", "3")], last, gone=True))

        def quantities(until: datetime | None, **where: object) -> list[Decimal]:
            return unit.facts("facts.lots", until=until, where=where)["quantity"].to_list()

        assert quantities(None) == [9, 2]
        assert quantities(last) == [9, 2]
        assert quantities(later) == [9, 2, 3]
        assert quantities(NOON) == [1, 2, 3]
        assert quantities(NOON - timedelta(microseconds=1)) == []
        assert quantities(later, account_id="A") == [9, 2]
        assert quantities(later, account_id=["B", "C"]) == [3]
        assert quantities(None, quantity=Decimal(1)) == []
        assert quantities(None, security_id=None) == [9, 2]
    with store.unit(DESK) as unit, store.reader() as reader:
        with unit.within("F1"):
            for moment in (None, last, later, NOON):
                ours = unit.facts("facts.lots", until=moment)
                assert reader.facts("facts.lots", "F1", until=moment).equals(ours)
        assert reader.facts("facts.lots", "F1", where={"account_id": ["B'", "A"]})["quantity"].to_list() == [
            9,
            2,
        ]
        assert reader.facts("facts.lots", "F2").is_empty()
        assert reader.facts("facts.lots", DESK).schema == ours.schema


def test_a_repeated_key_is_refused(store: Store) -> None:
    for act in (
        lambda unit: unit.append("facts.lots", lots("F1", [("A", "L", "1"), ("A", "L", "2")], NOON)),
        lambda unit: unit.insert("firm.halts", halt("F1"), halt("F1")),
    ):
        with pytest.raises(DuplicateError), store.unit("F1") as unit:
            act(unit)
    user = {"user_id": "u1", "name": "ann", "made_at": NOON, "desk_roles": ""}
    with pytest.raises(DuplicateError), store.unit(DESK) as unit:
        unit.insert("people.users", user, user | {"user_id": "u2"})


def test_rows_come_in_pages_in_the_order_of_their_key(store: Store) -> None:
    names = ["h1", "h2", "h3", "h4", "h5"]
    with store.unit("F1") as unit:
        for name in reversed(names):
            unit.insert("firm.halts", halt("F1", name))
        page = unit.rows("firm.halts", limit=2)
        assert [row["halt_id"] for row in page] == names[:2]
        page = unit.rows("firm.halts", after=["F1", "h2"], limit=2)
        assert [row["halt_id"] for row in page] == names[2:4]
        assert [row["halt_id"] for row in unit.rows("firm.halts", last=True, limit=1)] == ["h5"]
        assert [row["halt_id"] for row in unit.rows("firm.halts", {"halt_id >=": "h4"})] == names[3:]
        assert unit.rows("firm.halts", {"lifted_at <=": NOON}) == []
        assert unit.change("firm.halts", {"halt_id": "h1"}, {"lifted_at": NOON}) == 1
        assert [row["halt_id"] for row in unit.rows("firm.halts", {"lifted_at": None})] == names[1:]
        assert [row["halt_id"] for row in unit.claim("firm.halts", {"lifted_at": None})] == ["h2"]
        assert unit.frame("firm.halts", {"halt_id": "h1"})["lifted_at"].to_list() == [NOON]


def test_facts_in_force_come_in_pages(store: Store) -> None:
    later = NOON + timedelta(seconds=1)
    first = [("B", "L1", "3"), ("A", "L2", "2"), ("A", "L1", "1"), ("A", "é", "4"), ("a", "L", "5")]
    with store.unit("F1") as unit:
        unit.append("facts.lots", lots("F1", first, NOON))
        unit.append("facts.lots", lots("F1", [("A", "L1", "9")], later))
        unit.append("facts.lots", lots("F1", [("A", "L2", "2")], later, gone=True))

        def quantities(after: list[object] | None = None, limit: int = 9, **where: object) -> list[object]:
            rows = unit.page("facts.lots", where, after=after, limit=limit)
            assert all("known_at" not in row for row in rows)
            return [row["quantity"] for row in rows]

        assert quantities() == [9, 4, 3, 5]
        assert quantities(limit=2) == [9, 4]
        assert quantities(["F1", "A", "L1"], 2) == [4, 3]
        assert quantities(["F1", "a", "L"]) == []
        assert quantities(account_id="A") == [9, 4]
        assert quantities(quantity=Decimal(1)) == []
        assert quantities(**{"quantity >=": Decimal(4), "account_id": "A"}) == [9, 4]
        assert quantities(["F1", "A", "L1"], firm_id="F1", quantity=Decimal(4)) == [4]
        assert unit.page("firm.halts", limit=2) == []
    with store.unit("F2") as unit:
        assert unit.page("facts.lots", limit=2) == []
        assert unit.page("market.securities", {"kind": "etf"}, limit=2) == []


def test_shared_locks_do_not_keep_one_another(store: Store) -> None:
    with store.unit("F1") as unit:
        unit.lock("a", shared=True)
        unit.lock("a", shared=True)
        unit.lock("a")


def test_a_grant_is_seen_by_its_user_s_sign_in_at_every_firm(store: Store) -> None:
    for firm in ("F1", "F2"):
        with store.unit(firm) as unit:
            for user in ("ann", "bob"):
                unit.insert(
                    "firm.grants",
                    {"firm_id": firm, "user_id": user, "role": "cio", "granted_by": "x", "granted_at": NOON},
                )
    with store.unit(DESK) as unit:
        assert unit.rows("firm.grants") == []
        unit.as_user("ann")
        assert [(row["firm_id"], row["user_id"]) for row in unit.rows("firm.grants")] == [
            ("F1", "ann"),
            ("F2", "ann"),
        ]
    with store.unit("F1") as unit:
        assert unit.remove("firm.grants", {"user_id": "ann"}) == 1
        unit.as_user("bob")
        assert [(row["firm_id"], row["user_id"]) for row in unit.rows("firm.grants")] == [("F1", "bob")]


def test_events_form_one_chain_a_firm(store: Store) -> None:
    for firm in ("F1", "F2", "F1"):
        with store.unit(firm) as unit:
            unit.record("session:ann", "halt:set", firm, why="té\nst", level=1)
    with store.unit("F1") as unit:
        events = unit.rows("firm.audit_events")
        assert [event["seq"] for event in events] == [1, 2]
        assert unit.rows("firm.audit_heads")[0]["digest"] == events[-1]["digest"]
    assert list(verify(AUDIT_KEY, events, [], firm_id="F1")) == []
    assert list(verify(b"another key", events, [], firm_id="F1")) != []


def test_text_of_any_kind_comes_back(store: Store) -> None:
    words = ['a"b', "a,b", "a\nb", "a\\b", "\\N", "ü€𝄞", " a ", "'; drop table x; --", "%s", ":name", "t"]
    frame = lots("F1", [(word, "L", "1") for word in words], NOON).with_columns(
        security_id=pl.col("account_id")
    )
    with store.unit("F1") as unit:
        unit.append("facts.lots", frame)
        back = unit.facts("facts.lots")
        assert sorted(back["account_id"]) == sorted(words)
        assert back["security_id"].to_list() == back["account_id"].to_list()
        for word in words:
            assert unit.facts("facts.lots", where={"account_id": word})["account_id"].to_list() == [word]
    with store.reader() as reader:
        for word in words:
            found = reader.facts("facts.lots", "F1", where={"account_id": word})
            assert found["account_id"].to_list() == found["security_id"].to_list() == [word]
