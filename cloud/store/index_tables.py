"""The log of what indices must be worked out of anew, part of the centre's state; a change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from cloud.store.tables import METADATA

INDEX_DIRTY = Table(
    "index_dirty",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("profile", Text, primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("marks", BigInteger, nullable=False),
)
