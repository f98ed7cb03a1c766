"""People and tokens may see some sectors only; those that are there keep all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the sectors of each person and each token."""
    op.add_column("person", sa.Column("sectors", sa.Text, nullable=False, server_default=""))
    op.add_column("secret", sa.Column("sectors", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
