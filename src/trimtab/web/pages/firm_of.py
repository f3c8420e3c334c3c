"""Which firm a page is about: the one that is named, else the first that the principal may look at."""

from fastapi import Request

from trimtab.desk.access import AbsentError, Principal, allowed


def firms_with(who: Principal, permission: str) -> list[str]:
    """The firms at which a principal holds a permission, in order."""
    return [firm for firm in who.firms if allowed(who, permission, firm)]


def firm_of(request: Request, who: Principal, permission: str) -> tuple[str, list[str]]:
    """The firm that `?firm=` names (AbsentError where it may not be looked at), and all that may be chosen."""
    choice = firms_with(who, permission)
    named = request.query_params.get("firm") or (choice[0] if choice else "")
    if named not in choice:
        raise AbsentError
    return named, choice
