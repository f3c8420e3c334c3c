"""One subject of approval as a person looks at it before deciding."""

from trimtab.desk.access import Principal, may
from trimtab.desk.ports import Store
from trimtab.desk.subjects import found


def read_subject(
    store: Store, principal: Principal, firm: str, *, kind: str, proposal_id: str
) -> dict[str, object]:
    """The row of a draft or proposal with its content."""
    may(principal, "trade:proposal:read", firm)
    with store.unit(firm) as unit:
        row = found(unit, kind, proposal_id)
        unit.record(principal.who, "read", "firm.proposals", proposal=proposal_id)
    return row
