"""The tables of incidents, part of the centre's state; a change here needs a migration, and a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from cloud.store.tables import METADATA

INCIDENT = Table(
    "incident",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("sector", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("open", Boolean, nullable=False),
    Column("assignee", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("deadlines", Text, nullable=False),
    Column("next_due_at", BigInteger, index=True),
    Column("waits_from", Text, nullable=False),
    Column("paused_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("merged_into", Text, nullable=False),
    Column("escalated_to", Integer, nullable=False, server_default="0"),
)

# The key makes two people who act on the same incident at once a conflict: the second line has a number that is taken.
INCIDENT_HISTORY = Table(
    "incident_history",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("facts", Text, nullable=False),
)

# The key holds that an alarm belongs to at most one incident.
INCIDENT_ALARM = Table(
    "incident_alarm",
    METADATA,
    Column("alarm", Text, primary_key=True),
    Column("incident", Text, nullable=False, index=True),
)

ATTACHMENT = Table(
    "incident_attachment",
    METADATA,
    Column("incident", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Column("gone_at", BigInteger),
)

HANDOVER = Table(
    "incident_handover",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("giver", Text, nullable=False),
    Column("taker", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("incidents", Text, nullable=False),
)
