"""Alembic's environment: the caller brings the owner's connection; there is no configuration file."""

from alembic import context

from trimtab.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
