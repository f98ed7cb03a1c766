"""The tables of citizens' reports and surveys; a change here needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from cloud.store.tables import METADATA

CITIZEN_REPORT = Table(
    "citizen_report",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("incident", Text, nullable=False, index=True),
    Column("topic", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("cleared_at", BigInteger),
)

SURVEY_COUNT = Table(
    "survey_count",
    METADATA,
    Column("site", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("score", Integer, primary_key=True),
    Column("answers", Integer, nullable=False),
)
