"""The table of the audit log's two ends; its rows stand in tables.py. A change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from cloud.store.tables import METADATA

AUDIT_END = Table(
    "audit_end",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)
