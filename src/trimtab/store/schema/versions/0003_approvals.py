"""Agreements of firms, and releases that name the approval they rest on."""

from alembic import op

from trimtab.store.schema.statements import APP, DESK_ROLE, allow, script, secure

revision = "0003"
down_revision = "0002"

_TABLES = ("firm.agreements", "firm.releases")


def upgrade() -> None:
    """Make both tables under row security; an agreement may be ended, a release stands."""
    for statement in script("0003_approvals.sql"):
        op.execute(statement)
    rights = [
        *allow("SELECT, INSERT", _TABLES, APP, DESK_ROLE),
        *allow("UPDATE", _TABLES[:1], APP, DESK_ROLE),
    ]
    for statement in [*(line for table in _TABLES for line in secure(table)), *rights]:
        op.execute(statement)


def downgrade() -> None:
    """Remove both tables."""
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
