"""Rule proposals in the same SQL database as the state."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from cloud.store.rule_proposal_port import RuleProposalRow
from cloud.store.rule_proposal_tables import RULE_PROPOSAL
from cloud.store.sql_door import SqlDoor, as_dict, put


class SqlRuleProposalStore:
    """Implements the port; the state's own door leads to the database."""

    def __init__(self, door: SqlDoor) -> None:
        self._door = door

    def put(self, row: RuleProposalRow) -> None:
        """Keeps a proposal in place of the rule's former one."""
        with self._door.writing() as connection:
            put(connection, RULE_PROPOSAL, [as_dict(row)])

    def proposal(self, rule: str) -> RuleProposalRow | None:
        """What waits for this rule."""
        with self._door.reading() as connection:
            found = connection.execute(select(RULE_PROPOSAL).where(RULE_PROPOSAL.c.rule == rule)).mappings().first()
        return RuleProposalRow(**found) if found else None

    def proposals(self) -> Sequence[RuleProposalRow]:
        """Everything that waits, by rule."""
        with self._door.reading() as connection:
            rows = connection.execute(select(RULE_PROPOSAL).order_by(RULE_PROPOSAL.c.rule)).mappings()
            return [RuleProposalRow(**row) for row in rows]

    def drop(self, rule: str) -> None:
        """It waits no longer."""
        with self._door.writing() as connection:
            connection.execute(delete(RULE_PROPOSAL).where(RULE_PROPOSAL.c.rule == rule))
