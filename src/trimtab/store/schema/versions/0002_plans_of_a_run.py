"""How far along its plan an account is, kept with its evaluation."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Room for the two columns; what was kept before knows neither."""
    op.execute("ALTER TABLE results.evaluations ADD COLUMN plan_progress DOUBLE PRECISION")
    op.execute("ALTER TABLE results.evaluations ADD COLUMN plan_finish DATE")


def downgrade() -> None:
    """Take them away."""
    op.execute("ALTER TABLE results.evaluations DROP COLUMN plan_progress")
    op.execute("ALTER TABLE results.evaluations DROP COLUMN plan_finish")
