"""The log of dirty hours, and since when it is whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from device_profiles.clock import SystemClock

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HOUR_MS = 3_600_000


def upgrade() -> None:
    """Creates both tables; a centre that has worked before has readings that the log knows nothing of."""
    op.create_table(
        "dirty",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("gateway", "device", "profile")),
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("due_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("marks", sa.BigInteger, nullable=False),
    )
    since = op.create_table("rolled_since", sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False))
    has_history = op.get_bind().execute(sa.text("SELECT 1 FROM account LIMIT 1")).first() is not None
    next_hour = (SystemClock().now_ms() // HOUR_MS + 1) * HOUR_MS
    op.bulk_insert(since, [{"hour": next_hour if has_history else 0}])


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
