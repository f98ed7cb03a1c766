"""Finds the notices of an alarm without looking at all of them."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds the index."""
    op.create_index("notice_alarm", "notice", ["alarm"])


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
