"""Hooks: where effects are sent, the names of the keys that sign, and each delivery."""

from alembic import op

from trimtab.store.schema.statements import APP, DESK_ROLE, allow, script, secure

revision = "0005"
down_revision = "0004"

_TABLES = ("firm.hooks", "firm.hook_keys", "firm.deliveries")


def upgrade() -> None:
    """Make the tables under row security; rows are ended or settled, never removed."""
    for statement in script("0005_hooks.sql"):
        op.execute(statement)
    for table in _TABLES:
        for statement in secure(table):
            op.execute(statement)
    for statement in allow("SELECT, INSERT, UPDATE", _TABLES, APP, DESK_ROLE):
        op.execute(statement)


def downgrade() -> None:
    """Remove them."""
    for table in reversed(_TABLES):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX firm.effects_waiting")
