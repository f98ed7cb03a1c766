"""The tables of the centre's state; a change here needs a migration, and a test compares the two."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text

METADATA = MetaData()
# SQLite counts rows up by itself only for INTEGER; PostgreSQL needs the wide type for a log that never ends.
NUMBER = BigInteger().with_variant(Integer, "sqlite")

ACCOUNT = Table(
    "account",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("epoch", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

POINT_COUNT = Table(
    "point_count",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("point", Text, primary_key=True),
    Column("readings", BigInteger, nullable=False),
)

RULE_STATE = Table(
    "rule_state",
    METADATA,
    Column("rule", Text, primary_key=True),
    Column("gateway", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("state", Text, nullable=False),
)

ALARM = Table(
    "alarm",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("level", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("value", Float),
    Column("threshold", Float),
    Column("text_vi", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
    Column("acknowledged_at", BigInteger),
    Column("acknowledged_by", Text, nullable=False),
    Column("assignee", Text, nullable=False, server_default=""),
    Column("activations", Integer, nullable=False, server_default="1"),
)
ALARMS_OF = Index("alarm_of", ALARM.c.rule, ALARM.c.gateway, ALARM.c.device, ALARM.c.changed_at)
OPEN_ALARM = Index(
    "one_open_alarm",
    ALARM.c.rule,
    ALARM.c.gateway,
    ALARM.c.device,
    unique=True,
    sqlite_where=ALARM.c.open,
    postgresql_where=ALARM.c.open,
)

ALARM_HISTORY = Table(
    "alarm_history",
    METADATA,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("alarm", Text, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("observed_at", BigInteger, nullable=False),
    Column("what", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("value", Float),
    Column("actor", Text, nullable=False),
    Column("comment", Text, nullable=False),
)

NOTICE = Table(
    "notice",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("alarm", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("severity", Integer, nullable=False, server_default="4"),
    Column("step", Integer, nullable=False, server_default="0"),
    Column("since", BigInteger, nullable=False, server_default="0"),
    Column("digest", Text, nullable=False, server_default=""),
    Column("via", Text, nullable=False, server_default=""),
    Index("notice_due", "state", "due_at"),
    Index("notice_digest", "digest"),
    Index("notice_alarm", "alarm"),
)

BIRTH = Table(
    "birth",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("health", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("passages", Text, nullable=False, server_default=""),
)

REJECT = Table(
    "reject",
    METADATA,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("sample", Text, nullable=False),
)

PERSON = Table(
    "person",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("areas", Text, nullable=False, server_default=""),
    Column("subject", Text, nullable=False, server_default=""),
    Column("sectors", Text, nullable=False, server_default=""),
)

SECRET = Table(
    "secret",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("areas", Text, nullable=False, server_default=""),
    Column("sectors", Text, nullable=False, server_default=""),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", Text, nullable=False, server_default=""),
    Column("digest", Text, nullable=False, server_default=""),
)

DIRTY = Table(
    "dirty",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("profile", Text, primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("marks", BigInteger, nullable=False),
)

ROLLED_SINCE = Table("rolled_since", METADATA, Column("hour", BigInteger, primary_key=True, autoincrement=False))
