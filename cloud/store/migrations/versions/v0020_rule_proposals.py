"""Changes of rules that wait for a second pair of eyes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "rule_proposal",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("tests", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
