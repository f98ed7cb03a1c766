"""The tables of commissioning records; a change here needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from cloud.store.tables import METADATA

COMMISSIONING = Table(
    "commissioning",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("gateway", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("technician", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("complete_at", BigInteger),
    Column("devices", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Index("ix_commissioning_gateway", "gateway", "received_at"),
    Index("ix_commissioning_received_at", "received_at"),
)

COMMISSIONING_FILE = Table(
    "commissioning_file",
    METADATA,
    Column("record", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("device", Text, nullable=False),
    Column("caption", Text, nullable=False),
    Column("received_at", BigInteger),
    Index("ix_commissioning_file_sha256", "sha256"),
)
