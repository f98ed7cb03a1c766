"""People may answer with a passkey instead of a code."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "passkey",
        sa.Column("credential", sa.Text, primary_key=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_passkey_user", "passkey", ["user"])


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
