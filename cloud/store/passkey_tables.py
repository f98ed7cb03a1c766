"""The table of passkeys, part of the centre's state; a change needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from cloud.store.tables import METADATA

PASSKEY = Table(
    "passkey",
    METADATA,
    Column("credential", Text, primary_key=True),
    Column("user", Text, nullable=False, index=True),
    Column("public_key", Text, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
)
