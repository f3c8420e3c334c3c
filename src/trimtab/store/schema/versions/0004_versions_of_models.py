"""Versions of models with the day each takes effect, and what recommendations ask of a firm."""

from alembic import op

from trimtab.store.schema.statements import APP, DESK_ROLE, allow, script, secure

revision = "0004"
down_revision = "0003"

_TENANT = ("facts.model_versions", "results.list_proposals")


def upgrade() -> None:
    """Make the three tables: those of firms under row security, the desk's versions readable by all."""
    for statement in script("0004_versions_of_models.sql"):
        op.execute(statement)
    rights = [
        *allow("SELECT, INSERT", _TENANT, APP, DESK_ROLE),
        *allow("SELECT", ["market.model_versions"], APP, DESK_ROLE),
        *allow("INSERT", ["market.model_versions"], DESK_ROLE),
    ]
    for statement in [*(line for table in _TENANT for line in secure(table)), *rights]:
        op.execute(statement)


def downgrade() -> None:
    """Remove them."""
    for table in ("results.list_proposals", "market.model_versions", "facts.model_versions"):
        op.execute(f"DROP TABLE {table}")
