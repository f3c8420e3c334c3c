"""Documents: what was worked out for a person who decides, kept as it was shown."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from trimtab.core.digest import digest
from trimtab.desk.access import AbsentError, Principal, may
from trimtab.desk.ports import Store, Unit


def keep_document(
    unit: Unit,
    principal: Principal,
    *,
    document_id: str,
    kind: str,
    subject: str,
    as_of: date,
    content: Mapping[str, object],
) -> str:
    """Keep a document at the unit's firm, in the caller's unit; the digest of its content."""
    text = text_of(content)
    row: dict[str, object] = {
        "firm_id": unit.firm,
        "document_id": document_id,
        "kind": kind,
        "subject": subject,
    }
    row |= {"as_of": as_of, "content": text, "content_digest": digest(text), "made_by": principal.user_id}
    if not unit.rows("firm.documents", {"firm_id": unit.firm, "document_id": document_id}):
        unit.insert("firm.documents", row | {"made_at": unit.now})
    return str(row["content_digest"])


def read_document(
    store: Store, principal: Principal, firm: str, *, kind: str, document_id: str
) -> Mapping[str, object]:
    """A document of a kind: its row, the content as it was kept."""
    may(principal, "run:result:read", firm)
    with store.unit(firm) as unit:
        own = {"firm_id": firm, "document_id": document_id, "kind": kind}
        rows = unit.rows("firm.documents", own)
        if not rows:
            raise AbsentError
        unit.record(principal.who, "read", "firm.documents", document=document_id)
    return rows[0]


def text_of(content: object) -> str:
    """A value as JSON, in one form."""
    return json.dumps(plain(content), sort_keys=True, allow_nan=False, separators=(",", ":"))


def plain(said: object) -> object:
    """What JSON can say of a value: exact decimals as text, days in ISO, nothing for what is not finite."""
    if isinstance(said, Mapping):
        return {str(name): plain(value) for name, value in said.items()}
    if isinstance(said, list | tuple | set | frozenset):
        return [plain(value) for value in said]
    if isinstance(said, float):
        return said if -float("inf") < said < float("inf") else None
    if isinstance(said, Decimal):
        text = f"{said:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(said, date):
        return said.isoformat()
    return said if said is None or isinstance(said, str | int | bool) else str(said)
