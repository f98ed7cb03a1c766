"""The steps from one schema of the state to the next, run by `SqlStateStore.migrate` through Alembic."""
