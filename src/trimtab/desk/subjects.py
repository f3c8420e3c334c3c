"""What is approved: an account's proposal of a run, a model, an approved list, a policy; its states and digest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError
from trimtab.desk.ports import Unit
from trimtab.desk.results import results_of

DRAFT, REHEARSED, APPROVED, RELEASED, PUBLISHED = "draft", "rehearsed", "approved", "released", "published"
ENDED = frozenset({RELEASED, PUBLISHED})
RUN = "run"


@dataclass(frozen=True, slots=True)
class Rights:
    """The permissions to make, rehearse, approve and let out a kind of subject, and the state it ends in."""

    make: str
    rehearse: str
    approve: str
    out: str
    end: str


KINDS: Mapping[str, Rights] = MappingProxyType(
    {
        RUN: Rights(
            "trade:proposal:make",
            "trade:proposal:make",
            "trade:proposal:approve",
            "trade:order:release",
            RELEASED,
        ),
        "model": Rights(
            "policy:model:draft",
            "policy:model:rehearse",
            "policy:model:approve",
            "policy:model:publish",
            PUBLISHED,
        ),
        "list": Rights(
            "policy:list:write",
            "policy:model:rehearse",
            "policy:list:approve",
            "policy:list:publish",
            PUBLISHED,
        ),
        "policy": Rights(
            "policy:setting:write",
            "policy:model:rehearse",
            "policy:setting:approve",
            "policy:setting:publish",
            PUBLISHED,
        ),
    }
)
"""Every kind of subject. A run's proposal goes out as orders; the others are published."""


class ApprovalStaleError(Exception):
    """What was approved is not what stands now: look at it again and approve that."""

    def __init__(self) -> None:
        super().__init__("what was approved is not what stands now")


class WrongStateError(Exception):
    """The subject is not in the state that this act begins from."""


def lock_subject(unit: Unit, proposal_id: str) -> None:
    """Have acts on one subject take their turn."""
    unit.lock(f"proposal:{unit.firm}:{proposal_id}")


def must_be(row: Mapping[str, object], *states: str) -> None:
    """Raise WrongStateError where a subject is in none of these states."""
    if row["state"] not in states:
        ended = " and stays so" if row["state"] in ENDED else ""
        raise WrongStateError(f"it is {row['state']}{ended}; this begins from {' or '.join(states)}")


def change_subject(unit: Unit, row: Mapping[str, object], values: Mapping[str, object]) -> None:
    """Change a subject, and when it came into its state."""
    own = {"firm_id": unit.firm, "proposal_id": row["proposal_id"]}
    unit.change("firm.proposals", own, {**values, "state_at": unit.now})


def void_approvals(unit: Unit, proposal_id: str, why: str) -> None:
    """End every approval of a subject that stands."""
    own = {"firm_id": unit.firm, "proposal_id": proposal_id, "void_at": None}
    unit.change("firm.approvals", own, {"void_at": unit.now, "void_why": why})


def make_subject(unit: Unit, user_id: str, said: Mapping[str, object], key: str) -> dict[str, object]:
    """The row of a new subject (`said`: kind, subject, as_of, content, run_id), or the one that the same key made
    before; another content under it is refused.
    """
    kind = said["kind"]
    proposal_id = f"p{digest([kind, user_id if kind != RUN else '', key])[:24]}"
    own: dict[str, object] = {"firm_id": unit.firm, "proposal_id": proposal_id} | dict(said)
    own["content_digest"] = digest_of_content(own)
    if not unit.rows("firm.proposals", own):
        state = REHEARSED if kind == RUN else DRAFT
        made = {"state": state, "made_by": user_id, "made_at": unit.now, "state_at": unit.now}
        unit.insert("firm.proposals", own | made)
    return own


def rights_of(kind: str) -> Rights:
    """The permissions of a kind of subject; there is no other."""
    if kind not in KINDS:
        raise AbsentError
    return KINDS[kind]


def digest_of_content(row: Mapping[str, object]) -> str:
    """What an approval binds: the kind, whom or what it is about, its date, and every byte of its content."""
    return digest(
        [row[name] for name in ("firm_id", "proposal_id", "kind", "subject", "as_of", "run_id", "content")]
    )


def found(unit: Unit, kind: str, proposal_id: str) -> dict[str, object]:
    """The row of a subject of that kind, or AbsentError."""
    rows = unit.rows("firm.proposals", {"firm_id": unit.firm, "proposal_id": proposal_id, "kind": kind})
    if not rows:
        raise AbsentError
    return rows[0]


def content_of_run(unit: Unit, run_id: str, account: str) -> str:
    """An account's trades and sales in a run as canonical JSON: every field of what would be ordered."""
    runs = unit.rows("firm.runs", {"firm_id": unit.firm, "run_id": run_id})
    if not runs or runs[0]["finished_at"] is None:
        raise AbsentError
    tables = {name: results_of(unit, run_id, name, {"account_id": account}) for name in ("trades", "sales")}
    if tables["trades"].is_empty():
        raise AbsentError
    rows = {name: frame.to_dicts() for name, frame in tables.items()}
    return json.dumps(rows, sort_keys=True, default=str, separators=(",", ":"))


def is_unchanged(unit: Unit, row: Mapping[str, object]) -> bool:
    """Whether a subject is still what its digest says, and a run's proposal still what the run's tables say."""
    if digest_of_content(row) != row["content_digest"]:
        return False
    return row["kind"] != RUN or row["content"] == content_of_run(
        unit, str(row["run_id"]), str(row["subject"])
    )


def notional_of(row: Mapping[str, object]) -> Decimal | None:
    """Dollars that a run's proposal buys and sells; None where that is unknown or the subject is no trade."""
    if row["kind"] != RUN:
        return None
    notionals = [trade["notional"] for trade in json.loads(str(row["content"]))["trades"]]
    if None in notionals:
        return None
    return sum((abs(Decimal(one)) for one in notionals), Decimal(0))


def securities_of(row: Mapping[str, object]) -> frozenset[str]:
    """The securities that a run's proposal trades."""
    said = json.loads(str(row["content"]))
    return frozenset(str(line["security_id"]) for name in ("trades", "sales") for line in said[name])
