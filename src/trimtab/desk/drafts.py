"""Drafts of models, approved lists and policies: written, revised, and rehearsed by the engine over every account."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from trimtab.book.edit import with_known
from trimtab.core.digest import digest
from trimtab.desk.access import Principal, may
from trimtab.desk.documents import keep_document
from trimtab.desk.edits import laid_over, standing
from trimtab.desk.extract import known_failures
from trimtab.desk.ports import Store, Unit
from trimtab.desk.publish import content_of, rows_of
from trimtab.desk.rehearse import Rehearsal, rehearse
from trimtab.desk.subjects import (
    APPROVED,
    DRAFT,
    REHEARSED,
    RUN,
    ApprovalStaleError,
    WrongStateError,
    change_subject,
    digest_of_content,
    found,
    lock_subject,
    make_subject,
    must_be,
    rights_of,
    void_approvals,
)
from trimtab.desk.tables import ENGINE
from trimtab.store.shapes import FACTS

REHEARSAL: Final = "rehearsal"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal came to: its run and document, the digest to approve, and its summary."""

    run_id: str
    content_digest: str
    summary: Mapping[str, object]


def draft(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    kind: str,
    subject: str,
    as_of: date,
    content: str,
    key: str,
) -> str:
    """Draft a model, an approved list or a policy, to take effect on `as_of`; its id. The same `key` again is the same
    draft.
    """
    may(principal, rights_of(kind).make, firm)
    _must_be_a_draft(kind, content)
    with store.unit(firm) as unit:
        said = {"kind": kind, "subject": subject, "as_of": as_of, "content": content, "run_id": None}
        row = make_subject(unit, principal.user_id, said, key)
        unit.record(principal.who, "approval:draft", str(row["proposal_id"]), digest=row["content_digest"])
    return str(row["proposal_id"])


def revise(
    store: Store,
    principal: Principal,
    firm: str,
    *,
    kind: str,
    proposal_id: str,
    content: str,
    seen: str | None = None,
) -> str:
    """Change the content of a draft; it must be rehearsed and approved anew. The new digest. Where the digest that was
    `seen` is not what stands, ApprovalStaleError.
    """
    may(principal, rights_of(kind).make, firm)
    _must_be_a_draft(kind, content)
    with store.unit(firm) as unit:
        lock_subject(unit, proposal_id)
        row = found(unit, kind, proposal_id)
        must_be(row, DRAFT, REHEARSED, APPROVED)
        if seen not in (None, row["content_digest"]):
            raise ApprovalStaleError
        makers = ";".join(sorted({*str(row["made_by"]).split(";"), principal.user_id}))
        new = digest_of_content(row | {"content": content})
        changed = {"content": content, "content_digest": new, "made_by": makers}
        change_subject(unit, row, changed | {"state": DRAFT})
        void_approvals(unit, proposal_id, "the content was changed")
        unit.record(principal.who, "approval:revise", proposal_id, digest=new)
    return new


def _must_be_a_draft(kind: str, content: str) -> None:
    if kind == RUN:
        raise WrongStateError("a proposal of a run is taken from the run, and changed by another run")
    content_of(content)


def rehearse_draft(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str, workers: int = 1
) -> Rehearsed:
    """Have the engine decide every account that a draft can reach, without it and with it. Content that makes the book
    wrong is a FaultsError, and the draft stays one.
    """
    may(principal, rights_of(kind).rehearse, firm)
    with store.unit(firm) as unit, store.reader() as reader:
        row = found(unit, kind, proposal_id)
        must_be(row, DRAFT)
        stands = standing(unit, reader, needed=FACTS)
        edited = laid_over(stands, firm, rows_of(row), ahead=True)
        failures = known_failures(unit, stands.edition)
        before, after = (with_known(book, failures) for book in (edited.before, edited.after))
        began = unit.now
        unit.record(principal.who, "approval:rehearse:begin", proposal_id)
    done = rehearse(before, after, workers=workers, advance=lambda *_: None)
    with store.unit(firm) as unit:
        lock_subject(unit, proposal_id)
        now = found(unit, kind, proposal_id)
        must_be(now, DRAFT)
        if now["content_digest"] != row["content_digest"] or now["state_at"] != row["state_at"]:
            raise ApprovalStaleError
        run_id = f"{REHEARSAL}-{digest([proposal_id, str(row['state_at']), done.summary['digest']])[:24]}"
        run: dict[str, object] = {"firm_id": firm, "run_id": run_id, "kind": REHEARSAL, "state": "done"}
        run |= {"as_of": stands.edition.as_of, "edition_known_at": stands.edition.known_at, "engine": ENGINE}
        run |= {"started_at": began, "finished_at": unit.now, "result_digest": done.summary["digest"]}
        unit.insert("firm.runs", run | {"summary": _text(done.summary)})
        _keep(unit, principal, done, run_id=run_id, subject=proposal_id, as_of=stands.edition.as_of)
        new = digest_of_content(now | {"run_id": run_id})
        change_subject(unit, now, {"run_id": run_id, "content_digest": new, "state": REHEARSED})
        unit.record(principal.who, "approval:rehearse", proposal_id, run=run_id, digest=new)
    return Rehearsed(run_id, new, done.summary)


def _keep(
    unit: Unit, principal: Principal, done: Rehearsal, *, run_id: str, subject: str, as_of: date
) -> None:
    """Keep what a rehearsal tells as a document under the name of its run."""
    content = {
        "summary": done.summary,
        "tables": {name: frame.to_dicts() for name, frame in done.tables.items()},
    }
    keep_document(
        unit, principal, document_id=run_id, kind=REHEARSAL, subject=subject, as_of=as_of, content=content
    )


def _text(said: object) -> str:
    return json.dumps(said, sort_keys=True, default=str)
