"""Whether a database can be worked with: reachable, of this version's schema, and not a standby."""

from functools import cache

import psycopg

from trimtab.store.migrate import newest

_SECONDS = 3


@cache
def _wanted() -> str:
    return newest()


def unready(url: str) -> str | None:
    """Why the database of a URL cannot be worked with now, without its address; None where it can."""
    try:
        with psycopg.connect(url, connect_timeout=_SECONDS) as connection:
            connection.execute(f"SET statement_timeout = '{_SECONDS}s'")
            said = "SELECT pg_is_in_recovery(), to_regclass('public.alembic_version') IS NOT NULL"
            standby, made = connection.execute(said).fetchone() or (True, False)
            if standby:
                return "the database is a standby that cannot be written to"
            row = (
                connection.execute("SELECT version_num FROM public.alembic_version").fetchone()
                if made
                else None
            )
    except psycopg.Error:
        return "the database cannot be reached"
    found = None if row is None else str(row[0])
    return None if found == _wanted() else f"the database has schema {found or 'none'}, not {_wanted()}"
