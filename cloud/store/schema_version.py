"""Brings a database to the schema of this program, and refuses one that a newer program has written."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cloud.errors import CloudError

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x7468_6163_6261  # "thacba": two programs that start together migrate one after the other


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Runs the missing steps in the caller's transaction; CloudError when the schema is newer than this program."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    scripts = ScriptDirectory.from_config(config)
    known = {step.revision for step in scripts.walk_revisions()}
    for found in MigrationContext.configure(connection).get_current_heads():
        if found not in known:
            raise CloudError(
                f"the state database has schema {found}, this program knows up to {scripts.get_current_head()}: "
                "a newer Thacba has written it; install that version, or restore the backup made before the update"
            )
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str:
    """The schema that the database has; empty for one without tables."""
    return next(iter(MigrationContext.configure(connection).get_current_heads()), "")
