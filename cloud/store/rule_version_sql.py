"""Rule versions in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from cloud.store.rule_version_port import RuleVersionRow
from cloud.store.rule_version_tables import RULE_VERSION
from cloud.store.sql_door import SqlDoor, append, as_dict


class SqlRuleVersionStore:
    """Keeps every text of every rule; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def add(self, row: RuleVersionRow) -> None:
        """Keeps a text; StateConflictError when somebody else took that revision."""
        with self._door.writing() as connection:
            append(connection, RULE_VERSION, [as_dict(row)])

    def keep(self, rule: str, revision: int) -> None:
        """The files hold it now."""
        which = (RULE_VERSION.c.rule == rule, RULE_VERSION.c.revision == revision)
        with self._door.writing() as connection:
            connection.execute(update(RULE_VERSION).where(*which).values(kept=True))

    def drop(self, rule: str, revision: int) -> None:
        """Forgets a text that never came into the files."""
        which = (RULE_VERSION.c.rule == rule, RULE_VERSION.c.revision == revision)
        with self._door.writing() as connection:
            connection.execute(delete(RULE_VERSION).where(*which))

    def pending(self) -> Sequence[RuleVersionRow]:
        """Texts of which nobody has said that the files hold them."""
        with self._door.reading() as connection:
            rows = connection.execute(select(RULE_VERSION).where(~RULE_VERSION.c.kept)).mappings()
            return [RuleVersionRow(**row) for row in rows]

    def newest(self, rule: str) -> RuleVersionRow | None:
        """The last text of a rule."""
        query = select(RULE_VERSION).where(RULE_VERSION.c.rule == rule).order_by(RULE_VERSION.c.revision.desc())
        with self._door.reading() as connection:
            row = connection.execute(query.limit(1)).mappings().first()
        return None if row is None else RuleVersionRow(**row)

    def versions(self, rule: str) -> Sequence[RuleVersionRow]:
        """Every text of a rule, newest first."""
        query = select(RULE_VERSION).where(RULE_VERSION.c.rule == rule).order_by(RULE_VERSION.c.revision.desc())
        with self._door.reading() as connection:
            return [RuleVersionRow(**row) for row in connection.execute(query).mappings()]
