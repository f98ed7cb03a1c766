"""Incidents, their history, and which alarms belong to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the three tables."""
    op.create_table(
        "incident",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "sector", "area", "site")),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("assignee", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("deadlines", sa.Text, nullable=False),
        sa.Column("next_due_at", sa.BigInteger, index=True),
        sa.Column("waits_from", sa.Text, nullable=False),
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("merged_into", sa.Text, nullable=False),
    )
    op.create_table(
        "incident_history",
        sa.Column("incident", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("what", "actor", "comment", "facts")),
    )
    op.create_table(
        "incident_alarm",
        sa.Column("alarm", sa.Text, primary_key=True),
        sa.Column("incident", sa.Text, nullable=False, index=True),
    )


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
