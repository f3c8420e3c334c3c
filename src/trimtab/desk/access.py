"""Who may what: principals, permissions, roles, and the one gate that every verb begins with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from trimtab.store.shapes import DESK

Permission = str
"""`room:thing:act`, such as `trade:order:approve`."""


class AbsentError(Exception):
    """There is no such thing, or the principal may not know of it: the two look alike."""

    def __init__(self) -> None:
        super().__init__("there is no such thing")


class Role(StrEnum):
    """Roles of the desk (operator, trader, compliance), of a firm (cio, advisor, viewer), and the auditor of either."""

    OPERATOR = "operator"
    TRADER = "trader"
    COMPLIANCE = "compliance"
    CIO = "cio"
    ADVISOR = "advisor"
    VIEWER = "viewer"
    AUDITOR = "auditor"


DESK_ROLES = frozenset({Role.OPERATOR, Role.TRADER, Role.COMPLIANCE})
FIRM_ROLES = frozenset({Role.CIO, Role.ADVISOR, Role.VIEWER})

_READ = (
    "book:account:read", "book:household:read", "book:lot:read", "policy:model:read", "policy:list:read",
    "policy:setting:read", "run:result:read", "trade:proposal:read", "trade:order:read",
)  # fmt: skip
_ADVISE = (*_READ, "policy:restriction:write", "policy:preference:write", "book:cash_flow:write", "plan:plan:choose",
           "trade:proposal:comment")  # fmt: skip
PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: frozenset(_READ),
        Role.ADVISOR: frozenset(_ADVISE),
        Role.CIO: frozenset(
            (*_ADVISE, "policy:model:draft", "policy:model:rehearse", "policy:model:approve", "policy:model:publish",
             "policy:list:write", "policy:list:approve", "policy:list:publish", "policy:setting:write",
             "policy:setting:approve", "policy:setting:publish", "trade:proposal:make", "trade:proposal:approve",
             "trade:halt:set", "trade:halt:lift", "people:grant:read", "people:grant:write", "book:book:export",
             "audit:event:read", "desk:delegation:sign", "run:shadow:read", "run:shadow:write",
             "hook:hook:read", "hook:hook:write")
        ),
        Role.AUDITOR: frozenset((*_READ, "audit:event:read", "people:grant:read", "book:book:export")),
        Role.OPERATOR: frozenset(
            (*_READ, "book:book:import", "book:book:export", "book:break:resolve", "run:night:start",
             "run:night:read", "policy:model:draft", "policy:model:rehearse", "trade:proposal:make",
             "desk:delegation:use", "trade:halt:set", "trade:order:export", "run:shadow:read", "run:shadow:write")
        ),
        Role.TRADER: frozenset(
            (*_READ, "trade:proposal:approve", "trade:order:approve", "trade:order:release", "trade:order:export",
             "trade:halt:set", "run:night:read")
        ),
        Role.COMPLIANCE: frozenset(
            (*_READ, "audit:event:read", "people:grant:read", "trade:halt:set", "trade:halt:lift",
             "run:night:read")
        ),
    }
)  # fmt: skip
"""What each role may at a firm that granted it."""

DESK_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.OPERATOR: frozenset(
            ("desk:firm:add", "desk:market:write", "desk:market:read", "desk:research:publish", "desk:night:start",
             "desk:night:read", "desk:halt:set", "people:user:add",
             "hook:hook:read", "hook:hook:write")
        ),
        Role.TRADER: frozenset(("desk:market:read", "desk:night:read", "desk:halt:set")),
        Role.COMPLIANCE: frozenset(
            ("desk:market:read", "desk:night:read", "desk:halt:set", "desk:halt:lift", "audit:event:read",
             "people:user:end", "people:user:read")
        ),
        Role.AUDITOR: frozenset(("desk:market:read", "desk:night:read", "audit:event:read", "people:user:read")),
    }
)  # fmt: skip
"""What each role may with the desk's own things, which belong to no firm."""


class Way(StrEnum):
    """How a principal came in: a session, an API key, the console of the machine, or a process of the desk."""

    SESSION = "session"
    KEY = "key"
    CONSOLE = "console"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts: a user with the roles that hold at this moment, by firm, and with desk roles of the user's own.

    A desk role counts at a firm only where the firm granted it too. The console is whoever may read the database's
    own secrets on its machine: it prepares, imports, exports and names people, and decides nothing for a firm.
    """

    user_id: str
    name: str
    way: Way
    desk_roles: frozenset[Role] = frozenset()
    grants: Mapping[str, frozenset[Role]] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The principal in an audit event."""
        return f"{self.way.value}:{self.user_id}"

    def roles_at(self, firm: str) -> frozenset[Role]:
        """The roles that hold at a firm (or, for `*`, at the desk itself)."""
        if firm == DESK:
            return self.desk_roles
        granted = self.grants.get(firm, frozenset())
        return frozenset(role for role in granted if role not in DESK_ROLES or role in self.desk_roles)

    @property
    def firms(self) -> tuple[str, ...]:
        """The firms at which any role holds, in order."""
        return tuple(sorted(firm for firm in self.grants if self.roles_at(firm)))


CONSOLE_PERMISSIONS = frozenset(
    ("hook:hook:read", "hook:hook:write", "store:prepare", "store:backup", "store:restore",
     "book:book:import", "book:book:export", "desk:firm:add", "desk:market:write", "desk:market:read",
     "people:user:add", "people:user:end", "people:user:read", "people:key:add", "people:grant:write",
     "people:grant:read", "audit:event:read", "audit:chain:verify", "run:night:start", "run:night:read",
     "desk:night:start", "desk:night:read", "run:result:read")
)  # fmt: skip
SYSTEM_PERMISSIONS = frozenset(
    ("run:night:start", "run:night:read", "desk:night:start", "desk:night:read", "book:account:read",
     "run:result:read", "run:result:write", "trade:proposal:make", "audit:chain:verify", "hook:delivery:send")
)  # fmt: skip


def allowed(principal: Principal, permission: Permission, firm: str) -> bool:
    """Whether a principal may do something at a firm (`*`: with the desk's own things)."""
    if principal.way is Way.CONSOLE:
        return permission in CONSOLE_PERMISSIONS
    if principal.way is Way.SYSTEM:
        return permission in SYSTEM_PERMISSIONS
    held = DESK_PERMISSIONS if firm == DESK else PERMISSIONS
    return any(permission in held.get(role, frozenset()) for role in principal.roles_at(firm))


def may(principal: Principal, permission: Permission, firm: str) -> None:
    """The one gate: return, or raise AbsentError, which says no more than that there is no such thing."""
    if not allowed(principal, permission, firm):
        raise AbsentError


def may_at(principal: Principal, permission: Permission) -> tuple[str, ...]:
    """The same gate for a verb over many firms: those at which the principal may, in order; AbsentError for none."""
    found = tuple(firm for firm in principal.firms if allowed(principal, permission, firm))
    if not found:
        raise AbsentError
    return found
