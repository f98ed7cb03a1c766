"""Tokens may see some areas only; those that are there keep the whole province."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the areas of each token."""
    op.add_column("secret", sa.Column("areas", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
