"""The table of attempts to send notices, part of the centre's state; a change here needs a migration."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from cloud.store.tables import METADATA, NUMBER

NOTICE_ATTEMPT = Table(
    "notice_attempt",
    METADATA,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("notice", Text, nullable=False, index=True),
    Column("channel", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("actor", Text, nullable=False),
)
