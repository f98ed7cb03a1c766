"""The table of second factors, part of the centre's state; a change needs a migration, and a test compares them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Table, Text

from cloud.store.tables import METADATA

SECOND_FACTOR = Table(
    "second_factor",
    METADATA,
    Column("user", Text, primary_key=True),
    Column("secret", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("paper", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
