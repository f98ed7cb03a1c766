"""The port of rule proposals: changes of rules that wait for a second pair of eyes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RuleProposalRow:
    """What somebody wants of a rule. `at` in ms since 1970 UTC.

    `what` is saved, restored or deleted (then `text` is empty); `base` is the etag of the texts that he saw, "" = there
    was no such rule.
    """

    rule: str
    text: str
    tests: str
    what: str
    base: str
    actor: str
    at: int
    comment: str


class RuleProposalStore(Protocol):
    """At most one proposal for each rule, kept beside the state. Synchronous, as the StateStore is."""

    def put(self, row: RuleProposalRow) -> None:
        """Keeps a proposal in place of the rule's former one."""

    def proposal(self, rule: str) -> RuleProposalRow | None:
        """What waits for this rule."""

    def proposals(self) -> Sequence[RuleProposalRow]:
        """Everything that waits, by rule."""

    def drop(self, rule: str) -> None:
        """It waits no longer."""
