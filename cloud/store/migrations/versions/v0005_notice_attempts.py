"""Notices to persons and in digests, and every attempt to send one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds what a notice must remember of its way, and the table of attempts; nobody knows earlier attempts."""
    op.add_column("notice", sa.Column("severity", sa.Integer, nullable=False, server_default="4"))
    op.add_column("notice", sa.Column("step", sa.Integer, nullable=False, server_default="0"))
    op.add_column("notice", sa.Column("since", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("notice", sa.Column("digest", sa.Text, nullable=False, server_default=""))
    op.add_column("notice", sa.Column("via", sa.Text, nullable=False, server_default=""))
    op.create_index("notice_digest", "notice", ["digest"])
    op.create_table(
        "notice_attempt",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("notice", sa.Text, nullable=False, index=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
