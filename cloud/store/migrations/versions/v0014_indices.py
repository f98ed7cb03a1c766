"""The log of hours of devices whose indices must be worked out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "index_dirty",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("gateway", "device", "profile")),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("marks", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
