"""The tables of bulletins and evacuations; a change here needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from cloud.store.tables import METADATA, NUMBER

BULLETIN = Table(
    "bulletin",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("hazard", Text, nullable=False),
    Column("risk", Integer, nullable=False),
    Column("area", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False, index=True),
    Column("valid_until", BigInteger),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("withdrawn_by", Text, nullable=False),
    Column("withdrawn_reason", Text, nullable=False),
)

EVACUATION = Table(
    "evacuation",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("area", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("steps", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("closed_at", BigInteger),
    Column("closed_by", Text, nullable=False),
    Column("closed_note", Text, nullable=False),
)

# Two people who begin the same evacuation at once are a conflict.
ONE_OPEN = Index(
    "one_open_evacuation",
    EVACUATION.c.area,
    unique=True,
    sqlite_where=EVACUATION.c.closed_at.is_(None),
    postgresql_where=EVACUATION.c.closed_at.is_(None),
)

EVACUATION_LINE = Table(
    "evacuation_line",
    METADATA,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("evacuation", Text, nullable=False, index=True),
    Column("step", Text, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("count", Integer),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("note", Text, nullable=False),
)
