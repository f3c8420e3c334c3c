"""A store in memory in which the small book has had its night, with people of every role."""

from functools import cache
from pathlib import Path

from tests.database import AUDIT_KEY
from tests.small_book import write_small_book

from trimtab.batch.worker import work
from trimtab.book.read import read_book
from trimtab.desk.access import DESK_ROLES, Principal, Role, Way
from trimtab.desk.ingest import import_book
from trimtab.desk.night import close_night, plan_night
from trimtab.desk.people import add_user, grant
from trimtab.store.memory import MemoryStore

CONSOLE = Principal("root", "root", Way.CONSOLE)
PASSWORD = "correct horse battery staple"


def night_store(folder: Path) -> MemoryStore:
    """Both firms of the small book evaluated; one person a role, named after it, at F1 alone."""
    store = MemoryStore(audit_key=AUDIT_KEY)
    import_book(store, CONSOLE, read_book(write_small_book(folder)))
    run_id = plan_night(store, CONSOLE).run_id
    work(store, run_id)
    close_night(store, CONSOLE, run_id)
    add_people(store)
    return store


def add_people(store: MemoryStore) -> None:
    """One person a role."""
    for role in Role:
        desk = [role] if role in DESK_ROLES else []
        add_user(store, CONSOLE, name=role.value, password=PASSWORD, desk_roles=desk)
        grant(store, CONSOLE, "F1", name=role.value, role=role)


@cache
def principal(name: str) -> Principal:
    """A person of one role at F1, as signed in."""
    role = Role(name)
    desk = frozenset({role} if role in DESK_ROLES else ())
    return Principal(name, name, Way.SESSION, desk, {"F1": frozenset({role})})
