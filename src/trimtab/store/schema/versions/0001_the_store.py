"""The store: facts, results, records, people, the desk; row security and rights."""

import sqlalchemy as sa
from alembic import op

from trimtab.store.schema.statements import APP, DESK_ROLE, allow, script, secure

revision = "0001"
down_revision = None

_SCHEMAS = ("facts", "results", "firm", "market", "people", "desk")
_TENANT = ("facts", "results", "firm")
_MUTABLE = ("firm.runs", "firm.proposals", "firm.approvals", "firm.audit_heads", "firm.outbox", "firm.halts")


def upgrade() -> None:
    """Make every schema, table, policy and right."""
    op.execute("GRANT SELECT ON alembic_version TO PUBLIC")
    for schema in _SCHEMAS:
        op.execute(f"CREATE SCHEMA {schema}")
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {DESK_ROLE}")
    for schema in (*_TENANT, "market"):
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO {APP}")
    for name in ("records", "facts", "market", "results"):
        for statement in script(f"0001_{name}.sql"):
            op.execute(statement)
    for schema in _TENANT:
        for table in _tables(schema):
            _run(secure(table))
            _run(allow("SELECT, INSERT", [table], APP, DESK_ROLE))
    _run(allow("UPDATE", _MUTABLE, APP, DESK_ROLE))
    _run(allow("DELETE", ["firm.grants"], APP, DESK_ROLE))
    own = "user_id = nullif(current_setting('app.user', true), '')"
    op.execute(f"CREATE POLICY own ON firm.grants FOR SELECT TO {DESK_ROLE} USING ({own})")
    _run(allow("SELECT", _tables("market"), APP, DESK_ROLE))
    _run(allow("INSERT", _tables("market"), DESK_ROLE))
    _run(allow("UPDATE", ["market.halts"], DESK_ROLE))
    _run(allow("SELECT, INSERT, UPDATE", _tables("people"), DESK_ROLE))
    _run(allow("SELECT, INSERT", _tables("desk"), DESK_ROLE))
    _run(allow("UPDATE", ["desk.tenants", "desk.shards"], DESK_ROLE))


def downgrade() -> None:
    """Remove everything."""
    for schema in _SCHEMAS:
        op.execute(f"DROP SCHEMA {schema} CASCADE")


def _run(statements: list[str]) -> None:
    for statement in statements:
        op.execute(statement)


def _tables(schema: str) -> list[str]:
    found = op.get_bind().execute(
        sa.text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY 1"), {"schema": schema}
    )
    return [f'{schema}."{name}"' for (name,) in found]
