"""Documents that rehearsals and frontiers leave, and a firm's real trades beside ours."""

from alembic import op

from trimtab.store.schema.statements import APP, DESK_ROLE, allow, script, secure

revision = "0006"
down_revision = "0005"

_TABLES = ("firm.documents", "firm.shadow_trades")


def upgrade() -> None:
    """Make both tables under row security; nothing in them is ever changed."""
    rights = allow("SELECT, INSERT", _TABLES, APP, DESK_ROLE)
    secured = [line for table in _TABLES for line in secure(table)]
    for statement in [*script("0006_documents.sql"), *secured, *rights]:
        op.execute(statement)


def downgrade() -> None:
    """Remove both tables."""
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
