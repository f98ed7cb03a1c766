"""The table of rule proposals, part of the centre's state; a change needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from cloud.store.tables import METADATA

RULE_PROPOSAL = Table(
    "rule_proposal",
    METADATA,
    Column("rule", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("tests", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("comment", Text, nullable=False),
)
