"""The audit trail as a person reads it: a firm's events, newest first."""

from typing import Final

from trimtab.desk.access import Principal, may
from trimtab.desk.ports import Store

WINDOW: Final = 200


def trail_of(
    store: Store, principal: Principal, firm: str, *, before: int | None = None, size: int | None = WINDOW
) -> list[dict[str, object]]:
    """Events of the firm before a sequence number (the newest where none is said); `size` None is all of them."""
    may(principal, "audit:event:read", firm)
    with store.unit(firm) as unit:
        where = {"firm_id": firm} | ({} if before is None else {"seq <": before})
        rows = unit.rows("firm.audit_events", where, last=True, limit=size)
        unit.record(principal.who, "read", "audit", rows=len(rows))
    return rows
