"""Alembic runs this file to learn how to migrate: on the connection and in the transaction that it is handed."""

from __future__ import annotations

from alembic import context

from cloud.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a column by copying the table
    transactional_ddl=True,
)
context.run_migrations()
