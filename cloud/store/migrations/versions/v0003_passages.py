"""What came late, or with doubted times, of the devices of a gateway: kept beside its birth."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the column; nobody knows what came late before."""
    op.add_column("birth", sa.Column("passages", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
