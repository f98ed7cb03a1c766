"""What citizens report, and what they answer in surveys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "citizen_report",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("incident", sa.Text, nullable=False, index=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("topic", "area", "place", "words", "name", "phone")),
        sa.Column("cleared_at", sa.BigInteger),
    )
    op.create_table(
        "survey_count",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("score", sa.Integer, primary_key=True),
        sa.Column("answers", sa.Integer, nullable=False),
    )
