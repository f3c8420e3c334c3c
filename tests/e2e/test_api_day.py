"""The API over a real PostgreSQL: people sign in, set wishes, walk a model to publication and trades to release."""

import io
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.database import AUDIT_KEY
from tests.doors import CONSOLE, PASSWORD, Client, Door, open_door

from trimtab.batch.shards import shards_left
from trimtab.batch.worker import work
from trimtab.desk.access import Role
from trimtab.desk.night import close_night, plan_night
from trimtab.desk.verify import verify_audit
from trimtab.store.session import PostgresStore

M9 = {"models": [{"model_id": "M9", "node_id": "all", "kind": "security", "ref": "VTI", "weight": 1}]}


@pytest.fixture
def door(postgres: PostgresStore, tmp_path: Path) -> Door:
    return open_door(postgres, tmp_path)


def test_a_draft_walks_to_its_publication(door: Door) -> None:
    ann, bob = (door.client(name, Role.CIO, "F1") for name in ("ann", "bob"))
    said = {"kind": "model", "subject": "M9", "as_of": "2020-06-01", "content": M9}
    key = {"Idempotency-Key": "one"}
    made = ann.post("/v1/firms/F1/drafts", json=said, headers=key)
    assert made.status_code == 201
    assert ann.post("/v1/firms/F1/drafts", json=said, headers=key).json() == made.json()
    assert ann.post("/v1/firms/F1/drafts", json=said | {"subject": "M8"}, headers=key).status_code == 409
    place = f"/v1/firms/F1/proposals/model/{made.json()['proposal_id']}"
    tag = ann.get(place).headers["etag"]
    wrong = {"content": {"models": [M9["models"][0] | {"ref": "NONE"}]}}
    assert ann.put(f"{place}/content", json=wrong, headers={"If-Match": tag}).status_code == 200
    assert ann.put(f"{place}/content", json=wrong, headers={"If-Match": tag}).status_code == 409
    refused = ann.post(f"{place}/rehearse")
    assert (refused.status_code, refused.json()["title"]) == (422, "faults")
    assert [fault["field"] for fault in refused.json()["faults"]] == ["ref"]
    assert ann.put(f"{place}/content", json={"content": M9}).status_code == 200
    done = ann.post(f"{place}/rehearse")
    assert done.status_code == 201, done.text
    seen = {"content_digest": done.json()["content_digest"]}
    document = ann.get(f"/v1/firms/F1/rehearsals/{done.json()['run_id']}").json()
    assert document["content"]["summary"] == done.json()["summary"]
    assert bob.post(f"{place}/release", json=seen).json()["title"] == "wrong-state"
    assert ann.post(f"{place}/approve", json=seen).json()["title"] == "four-eyes"
    assert bob.post(f"{place}/approve", json={"content_digest": "x"}).json()["title"] == "approval-stale"
    assert bob.post(f"{place}/approve", json=seen).status_code == 204
    assert ann.post(f"{place}/release", json=seen).status_code == 204
    rows = ann.get("/v1/firms/F1/models").json()["rows"]
    assert [(row["model_id"], row["ref"], row["firm_id"]) for row in rows] == [("M9", "VTI", "F1")]
    with door.store.unit("F2") as unit:
        assert unit.facts("facts.models", where={"firm_id": "F1"}).is_empty()


def test_a_published_policy_governs_the_next_night(door: Door) -> None:
    """A firm's policy is drafted, rehearsed over the accounts it touches, published: the night's settings say so."""
    ann, bob = (door.client(name, Role.CIO, "F1") for name in ("ann", "bob"))
    rows = [{"scope": "firm", "scope_id": "F1", "key": "release_max_turnover", "value": "0.05"}]
    said = {"kind": "policy", "subject": "F1", "as_of": "2020-06-01", "content": {"policies": rows}}
    made = ann.post("/v1/firms/F1/drafts", json=said, headers={"Idempotency-Key": "one"}).json()
    place = f"/v1/firms/F1/proposals/policy/{made['proposal_id']}"
    done = ann.post(f"{place}/rehearse")
    assert done.json()["summary"]["touched"] == 2, done.text
    seen = {"content_digest": done.json()["content_digest"]}
    for asked, act in ((bob, "approve"), (bob, "release")):
        assert asked.post(f"{place}/{act}", json=seen).status_code == 204
    run = night(door)
    settings = ann.get("/v1/firms/F1/settings", params={"run_id": run, "key": "release_max_turnover"}).json()
    assert {(row["account_id"], row["value"], row["scope"]) for row in settings["rows"]} == {
        ("A1", "0.05", "firm"),
        ("A2", "0.05", "firm"),
    }


def night(door: Door) -> str:
    """Evaluate every account; the run."""
    planned = plan_night(door.store, CONSOLE)
    while shards_left(door.store, planned.run_id):
        work(door.store, planned.run_id)
    close_night(door.store, CONSOLE, planned.run_id)
    return planned.run_id


def test_trades_of_a_night_are_approved_and_released_but_not_in_shadow(door: Door) -> None:
    run = night(door)
    operator = door.client("olga", Role.OPERATOR, "F1", "F2")
    trader = door.client("tom", Role.TRADER, "F1", "F2")
    ann = door.client("ann", Role.CIO, "F1")
    trades = ann.get("/v1/firms/F1/trades", params={"run_id": run}).json()["rows"]
    account = trades[0]["account_id"]
    made = operator.post("/v1/firms/F1/proposals", json={"run_id": run, "account_id": account})
    assert made.status_code == 201, made.text
    place = f"/v1/firms/F1/proposals/run/{made.json()['proposal_id']}"
    seen = {"content_digest": ann.get(place).headers["etag"].strip('"')}
    assert trader.post(f"{place}/approve", json=seen).json()["title"] == "not-delegated"
    assert ann.post(f"{place}/approve", json=seen).status_code == 204
    signed = {"kind": "shadow", "value": "on"}
    agreement = ann.post("/v1/firms/F1/agreements", json=signed, headers={"Idempotency-Key": "s"}).json()
    assert trader.post(f"{place}/release", json=seen).json()["title"] == "shadow"
    mine = [one for one in trades if one["account_id"] == account]
    real = [
        {
            "trade_id": str(n),
            **{name: one[name] for name in ("account_id", "security_id", "side", "quantity", "price")},
        }
        for n, one in enumerate(mine)
    ]
    said = {"as_of": "2020-06-01", "trades": real}
    assert operator.post("/v1/firms/F1/shadow_trades", json=said).json() == {"kept": len(real)}
    assert operator.post("/v1/firms/F1/shadow_trades", json=said).json() == {"kept": 0}
    found = ann.get(f"/v1/firms/F1/shadow/{run}").json()
    assert found["summary"]["lines"]["same"] == len(real)
    assert ann.delete(f"/v1/firms/F1/agreements/{agreement['agreement_id']}").status_code == 204
    stop = {"level": "account", "subject": account, "why": "death"}
    stopped = trader.post("/v1/firms/F1/halts", json=stop, headers={"Idempotency-Key": "h"}).json()
    assert trader.post(f"{place}/release", json=seen).json()["title"] == "halted"
    assert ann.delete(f"/v1/firms/F1/halts/{stopped['halt_id']}").status_code == 204
    assert trader.post(f"{place}/release", json=seen).status_code == 204
    assert [row["approved_by"] for row in ann.get("/v1/firms/F1/releases").json()["rows"]]
    assert verify_audit(door.store, CONSOLE, AUDIT_KEY).broken == ()


def test_wishes_are_set_seen_and_taken_back(door: Door) -> None:
    ada = door.client("ada", Role.ADVISOR, "F1")
    place = "/v1/firms/F1/restrictions/account/A1/never_buy/security:VTI"
    made = ada.put(place, json={"note": "employer"}, headers={"If-None-Match": "*"})
    assert made.status_code == 201, made.text
    assert ada.put(place, json={"note": "x"}, headers={"If-None-Match": "*"}).status_code == 412
    tag = ada.get(place).headers["etag"]
    assert tag == made.headers["etag"]
    changed = ada.put(place, json={"note": "other"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["note"]) == (200, "other")
    assert ada.put(place, json={"note": "late"}, headers={"If-Match": tag}).status_code == 412
    editions = ada.get("/v1/firms/F1/editions").json()["rows"]
    assert [row["cause"] for row in editions] == ["import", "set:restrictions", "set:restrictions"]
    assert ada.put(place, json={"note": "other"}).status_code == 200
    assert len(ada.get("/v1/firms/F1/editions").json()["rows"]) == 3
    for wrong, status in (
        ("restrictions/firm/F1/never_buy/security:VTI", 409),
        ("restrictions/account/NONE/never_buy/security:VTI", 422),
        ("restrictions/account/A3/never_buy/security:VTI", 422),
        ("restrictions/account/A1/never_by/security:VTI", 422),
        ("policies/account/A1/no_such_key", 422),
        ("policies/account/A1/harvest", 422),
    ):
        said = {"value": "perhaps"} if "policies" in wrong else {}
        assert ada.put(f"/v1/firms/F1/{wrong}", json=said).status_code == status, wrong
    flow = {"date": "2020-06-20", "amount": "500.25", "direction": "out"}
    assert ada.put("/v1/firms/F1/cash_flows/A1/C1", json=flow).json()["amount"] == "500.25"
    plan = {"approved": "2020-06-01", "point": "3"}
    assert ada.put("/v1/firms/F1/plans/A1", json=plan).status_code == 201
    assert ada.delete(place, headers={"If-Match": tag}).status_code == 412
    assert ada.delete(place).status_code == 204
    assert (ada.delete(place).status_code, ada.get(place).status_code) == (404, 404)
    assert ada.put("/v1/firms/F2/plans/A3", json=plan).status_code == 404


def test_whole_tables_come_in_and_go_out(door: Door) -> None:
    olga = door.client("olga", Role.OPERATOR, "F1")
    flow = {"table": "cash_flows", "flow_id": "C1", "date": "2020-06-09", "direction": "out"}
    flows = [flow | {"account_id": "A1", "amount": 500.125}, flow | {"account_id": "A9", "amount": 1}]
    lines = "\n".join(map(json.dumps, flows))
    headers = {"Content-Type": "application/x-ndjson"}
    taken = olga.post("/v1/firms/F1/books", content=lines, headers=headers)
    assert taken.status_code == 201, taken.text
    assert taken.json()["appended"] == {"cash_flows": 1}
    assert [one["field"] for one in taken.json()["failures"]] == ["account_id"]
    assert [row["amount"] for row in olga.get("/v1/firms/F1/cash_flows").json()["rows"]] == ["500.125"]
    assert olga.get("/v1/firms/F1/lots").json()["rows"] != []
    out = olga.get("/v1/firms/F1/books")
    tables = [json.loads(line)["table"] for line in out.text.splitlines()]
    assert tables.count("lots") == 3
    again = olga.post("/v1/firms/F1/books", content=out.content, headers=headers)
    assert again.json()["appended"] == {}, again.text
    parquet = olga.get("/v1/firms/F1/books/lots")
    lots = pl.read_parquet(io.BytesIO(parquet.content))
    assert lots.height == 3
    buffer = io.BytesIO()
    lots.filter(pl.col("lot_id") != "L2").write_parquet(buffer)
    sent = olga.post("/v1/firms/F1/books/files", files=[("files", ("lots.parquet", buffer.getvalue()))])
    assert sent.json()["appended"] == {"lots": 1}, sent.text
    market = [
        {"table": "recommendations", "security_id": "VTI", "status": "sell", "by": "desk", "reason": "r"}
    ]
    told = "\n".join(map(json.dumps, market))
    assert olga.post("/v1/firms/*/books", content=told, headers=headers).status_code == 201
    assert olga.post("/v1/firms/F1/books", content=told, headers=headers).json()["title"] == "not-yours"
    foreign = json.dumps({"table": "approved_list", "firm_id": "F2", "security_id": "VTI", "status": "watch"})
    refused = olga.post("/v1/firms/F1/books", content=foreign, headers=headers).json()
    assert (refused["appended"], [one["field"] for one in refused["failures"]]) == ({}, ["firm_id"])
    for wrong in ("{", '{"table":"x"}', '{"table":"lots","a":[1]}', '{"table":"lots","lot_id":"\\u0000"}'):
        assert olga.post("/v1/firms/F1/books", content=wrong, headers=headers).json()["title"] == "unreadable"


def test_research_reaches_a_firm_as_a_draft_of_its_list(door: Door) -> None:
    olga, ann = door.client("olga", Role.OPERATOR, "F1"), door.client("ann", Role.CIO, "F1")
    said = {"status": "sell", "successor": "VXUS", "by": "consultant", "reason": "fees"}
    assert ann.put("/v1/recommendations/VTI", json=said).status_code == 404
    assert olga.put("/v1/recommendations/VTI", json=said).status_code == 204
    assert olga.put("/v1/recommendations/NONE", json=said).status_code == 404
    rows = ann.get("/v1/firms/F1/recommendations").json()["rows"]
    assert [(row["security_id"], row["accounts"]) for row in rows] == [("VTI", 2)]
    made = ann.post("/v1/firms/F1/recommendations/VTI/take", headers={"Idempotency-Key": "t"}).json()
    kept = ann.get(f"/v1/firms/F1/proposals/list/{made['proposal_id']}").json()
    listed = {row["security_id"]: row["status"] for row in kept["content"]["approved_list"]}
    assert (listed["VTI"], listed["VXUS"]) == ("sell", "approved")
    assert ann.post(f"/v1/firms/F1/proposals/list/{made['proposal_id']}/rehearse").status_code == 201


def test_people_come_and_go(door: Door) -> None:
    olga, ann = door.client("olga", Role.OPERATOR, "F1"), door.client("ann", Role.CIO, "F1")
    carl = door.client("carl", Role.COMPLIANCE)
    assert (
        olga.post("/v1/users", json={"name": "new", "password": "short"}).json()["title"] == "weak-password"
    )
    assert olga.post("/v1/users", json={"name": "new", "password": PASSWORD}).status_code == 201
    assert olga.post("/v1/users", json={"name": "new"}).status_code == 409
    token = Client(door.app).post("/v1/session", json={"name": "new", "password": PASSWORD}).json()["token"]
    new = Client(door.app, {"Authorization": f"Bearer {token}"})
    assert new.get("/v1/firms/F1/accounts").status_code == 404
    assert ann.put("/v1/firms/F1/grants/new/viewer").status_code == 204
    assert new.get("/v1/firms/F1/accounts").status_code == 200
    assert new.put("/v1/firms/F1/plans/A1", json={"approved": "2020-06-01"}).status_code == 404
    assert ann.delete("/v1/firms/F1/grants/new/viewer").status_code == 204
    assert new.get("/v1/firms/F1/accounts").status_code == 404
    assert [row["name"] for row in carl.get("/v1/users").json()["rows"]] == ["ann", "carl", "new", "olga"]
    assert "password" not in carl.get("/v1/users").text
    assert carl.delete("/v1/users/new").status_code == 204
    assert new.get("/v1/firms").status_code == 404


def test_a_frontier_is_kept_as_it_was_shown(door: Door) -> None:
    ada = door.client("ada", Role.ADVISOR, "F1")
    made = ada.post("/v1/firms/F1/frontiers", json={"account_id": "A1"})
    assert made.status_code == 201, made.text
    assert len(made.json()["content"]["points"]) == 10
    again = ada.get(f"/v1/firms/F1/frontiers/{made.json()['document_id']}").json()
    assert again["content"] == made.json()["content"]
    assert ada.post("/v1/firms/F1/frontiers", json={"account_id": "A3"}).status_code == 404
    listed = ada.get("/v1/firms/F1/documents").json()["rows"]
    assert [(row["kind"], row["subject"]) for row in listed] == [("frontier", "A1")]
    assert date.fromisoformat(listed[0]["as_of"]) == date(2020, 6, 1)
