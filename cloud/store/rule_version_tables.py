"""The table of rule versions, part of the centre's state; a change here needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text

from cloud.store.tables import METADATA

# The key makes two people who change the same rule at once a conflict: the second one's revision is taken.
RULE_VERSION = Table(
    "rule_version",
    METADATA,
    Column("rule", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("tests", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("comment", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("kept", Boolean, nullable=False),
)
