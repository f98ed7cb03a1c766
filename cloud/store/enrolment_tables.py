"""The tables of enrolment, part of the centre's state; a change here needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Table, Text

from cloud.store.tables import METADATA, NUMBER

GATEWAY = Table(
    "gateway",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("site", Text, nullable=False),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("profiles", Text, nullable=False),
    Column("expected_serial", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
)
CLAIM = Table(
    "claim",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("gateway", Text, nullable=False, index=True),
    Column("site", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("expected_serial", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("first_contact_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("withdrawn_at", BigInteger, nullable=False),
)
CERTIFICATE = Table(
    "certificate",
    METADATA,
    Column("serial", Text, primary_key=True),
    Column("gateway", Text, nullable=False, index=True),
    Column("public_key", Text, nullable=False),
    Column("pem", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("told_at", BigInteger, nullable=False),
)
# The key makes the second use of a nonce a conflict, also after a restart.
NONCE = Table(
    "request_nonce",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
)
SECURITY_EVENT = Table(
    "security_event",
    METADATA,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("is_grave", Boolean, nullable=False),
    Column("times", BigInteger, nullable=False),
)
