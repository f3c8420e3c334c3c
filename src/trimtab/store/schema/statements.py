"""Statements that migrations share: row security for a tenant table, and rights for the two roles."""

from collections.abc import Iterable
from pathlib import Path

APP, DESK_ROLE = "trimtab_app", "trimtab_desk"
TENANT = "firm_id = nullif(current_setting('app.firm', true), '')"
"""A unit of work says its firm inside its transaction; after it the setting is empty, and nothing is seen."""


def script(name: str) -> list[str]:
    """The statements of a file of plain SQL beside this one."""
    text = (Path(__file__).parent / "sql" / name).read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [statement.strip() for statement in lines.split(";") if statement.strip()]


def secure(table: str) -> list[str]:
    """Forced row security with the one policy of tenants."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} USING ({TENANT}) WITH CHECK ({TENANT})",
    ]


def allow(rights: str, tables: Iterable[str], *roles: str) -> list[str]:
    """Grant rights on tables to roles."""
    return [f"GRANT {rights} ON {table} TO {', '.join(roles)}" for table in tables]
