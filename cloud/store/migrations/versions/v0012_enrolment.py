"""Gateways that are added by claims, their certificates, used nonces and security events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "gateway",
        sa.Column("gateway", sa.Text, primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("name_vi", sa.Text, nullable=False),
        sa.Column("name_en", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("profiles", sa.Text, nullable=False),
        sa.Column("expected_serial", sa.Text, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_table(
        "claim",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("expected_serial", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("first_contact_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "certificate",
        sa.Column("serial", sa.Text, primary_key=True),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("pem", sa.Text, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("not_after", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "request_nonce",
        sa.Column("gateway", sa.Text, primary_key=True),
        sa.Column("nonce", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "security_event",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("is_grave", sa.Boolean, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_claim_gateway", "claim", ["gateway"])
    op.create_index("ix_certificate_gateway", "certificate", ["gateway"])
    op.create_index("ix_request_nonce_at", "request_nonce", ["at"])


def downgrade() -> None:
    """A schema is never taken back: restore a backup instead."""
    raise NotImplementedError("restore a backup: a schema is never taken back")
