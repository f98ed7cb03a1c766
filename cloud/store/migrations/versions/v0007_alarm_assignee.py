"""To whom an alarm is assigned, and how often it was raised."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the columns; how often an alarm was raised before, nobody counted: at least once."""
    op.add_column("alarm", sa.Column("assignee", sa.Text, nullable=False, server_default=""))
    op.add_column("alarm", sa.Column("activations", sa.Integer, nullable=False, server_default="1"))


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
