"""Verify the audit: every firm's chain, event by event, against checkpoints inside and outside the database."""

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.desk.access import Principal, may
from trimtab.desk.editions import tenants
from trimtab.desk.ports import Store, Unit
from trimtab.store.audit import Broken, Checkpoint, seal, verify
from trimtab.store.shapes import DESK, NOBODY


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: events read, everything that is broken, and the new checkpoints of sound chains."""

    events: int
    broken: tuple[Broken, ...]
    checkpoints: tuple[Checkpoint, ...]


def verify_audit(
    store: Store, principal: Principal, key: bytes, *, outside: Sequence[Checkpoint] = ()
) -> Verified:
    """Read every chain anew and say where it is not what was written; sound chains get a checkpoint.

    `outside` are checkpoints kept apart from the database: without them a chain that was replaced as a whole, or
    rolled back with its database, cannot be told from a sound one.
    """
    may(principal, "audit:chain:verify", DESK)
    with store.unit(DESK) as unit:
        inside = [_checkpoint(row) for row in unit.rows("desk.checkpoints")]
        counted, broken, heads = 0, list[Broken](), list[Checkpoint]()
        firms = sorted({*tenants(unit), DESK, NOBODY, *(point.firm_id for point in (*inside, *outside))})
        for firm in firms:
            with unit.within(firm):
                head, wrong = _verified(unit, key, firm, [*inside, *outside])
            broken += wrong
            counted += head[0]
            if head[0] and not wrong:
                heads.append(seal(key, (firm, *head), unit.now))
        known = {(point.firm_id, point.seq) for point in inside}
        fresh = [point for point in heads if (point.firm_id, point.seq) not in known]
        unit.insert(
            "desk.checkpoints",
            *({name: getattr(point, name) for name in Checkpoint.__slots__} for point in fresh),
        )
        unit.record(principal.who, "audit:verify", "", events=counted, broken=len(broken))
    return Verified(counted, tuple(broken), tuple(heads))


def _verified(
    unit: Unit, key: bytes, firm: str, checkpoints: Sequence[Checkpoint]
) -> tuple[tuple[int, str], list[Broken]]:
    """A firm's chain and what is wrong with it: the head as its events say it.

    The head is read first: the chain may grow while it is read.
    """
    kept = unit.rows("firm.audit_heads", {"firm_id": firm})
    wanted = (int(str(kept[0]["seq"])), str(kept[0]["digest"])) if kept else (0, "")
    events = unit.frame("firm.audit_events", {"firm_id": firm})
    seen = {0: ""} | dict(events.select("seq", "digest").iter_rows())
    wrong = list(verify(key, events.iter_rows(named=True), checkpoints, firm_id=firm))
    head = max(seen.items())
    if seen.get(wanted[0]) != wanted[1] or (not kept and head[0]):
        place = min(wanted[0], head[0] + 1)
        wrong.append(
            Broken(firm, place, "the chain does not end where its head says: events were cut or replaced")
        )
    return head, wrong


def _checkpoint(row: dict[str, object]) -> Checkpoint:
    return Checkpoint(**row)  # type: ignore[arg-type]
