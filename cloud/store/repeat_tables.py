"""The table of kept answers; a change here needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from cloud.store.tables import METADATA

REPEAT = Table(
    "repeat",
    METADATA,
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("asked", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("status", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("answer", Text, nullable=False),
)
