"""Official bulletins that people copied, and evacuations with every step that was ticked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "bulletin",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("actor", "agency", "number", "hazard")),
        sa.Column("risk", sa.Integer, nullable=False),
        sa.Column("area", sa.Text, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("valid_until", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("title", "text", "source")),
        sa.Column("withdrawn_at", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("withdrawn_by", "withdrawn_reason")),
    )
    op.create_table(
        "evacuation",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("area", "reason", "steps")),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("closed_by", "closed_note")),
    )
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "one_open_evacuation", "evacuation", ["area"], unique=True, sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_table(
        "evacuation_line",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("evacuation", sa.Text, nullable=False, index=True),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("count", sa.Integer),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("actor", "note")),
    )


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
