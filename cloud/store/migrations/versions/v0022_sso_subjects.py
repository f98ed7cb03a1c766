"""People may log in with the province's account; whoever is there keeps an account of ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds who each person is to the log-in server."""
    op.add_column("person", sa.Column("subject", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
