"""The tables of desired configurations, roll-outs and requests; a change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from cloud.store.tables import METADATA

# The key makes two people who change the same configuration at once a conflict: the second one's number is taken.
CONFIGURATION = Table(
    "configuration",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("comment", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("sealed_to", Text, nullable=False),
    Column("rollout", Text, nullable=False),
)
ROLLOUT = Table(
    "rollout",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("comment", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("wave", Integer, nullable=False),
    Column("wave_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("confirmed_by", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
ROLLOUT_MEMBER = Table(
    "rollout_member",
    METADATA,
    Column("rollout", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("wave", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
)
COMMAND_REQUEST = Table(
    "command_request",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("gateway", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("comment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
)
