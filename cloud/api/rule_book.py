"""What the API asks of whoever keeps the rules: their files, former versions, and changes that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cloud.errors import CloudError
from cloud.rules.proof import Draft, Sheet, Verdict
from cloud.rules.rule import Rule
from cloud.rules.rule_set import RuleSet
from cloud.store.rule_proposal_port import RuleProposalRow
from cloud.store.rule_version_port import RuleVersionRow
from device_profiles.explain import Fault


class RuleChangedError(CloudError):
    """Somebody changed the rule since it was read: the API answers 412."""


class RuleRefusedError(CloudError):
    """The draft of a rule is wrong: the API answers 422 with every fault."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changes a rule, why, and which text he saw: its `etag`, "" = there was none."""

    actor: str
    comment: str = ""
    match: str = ""


class Proposals(Protocol):
    """Changes of rules that wait for a second pair of eyes; `needed`: nobody changes a rule alone."""

    needed: bool

    async def all(self) -> Sequence[RuleProposalRow]:
        """Everything that waits, by rule."""

    async def one(self, rule: str) -> RuleProposalRow:
        """What waits for a rule; UnknownThingError."""

    async def waits(self, rule: str) -> bool:
        """Whether somebody has proposed a change of a rule."""

    async def propose(self, draft: Draft, edit: Edit) -> RuleProposalRow:
        """Keeps a change that could be switched on as it is; RuleRefusedError, RuleChangedError, WrongStateError."""

    async def propose_former(self, rule: str, version: int, edit: Edit) -> RuleProposalRow:
        """The same of a former version; UnknownThingError."""

    async def propose_end(self, rule: str, edit: Edit) -> RuleProposalRow:
        """The same of a rule's end; UnknownThingError."""

    async def switch_on(self, rule: str, actor: str, comment: str = "") -> RuleProposalRow:
        """Lets the change run; WrongStateError for its own author, and as a save or a deletion otherwise."""

    async def withdraw(self, rule: str) -> RuleProposalRow:
        """Forgets the change, whoever wrote it; UnknownThingError."""


class RuleBook(Protocol):
    """The rules that run, their files and former versions, and what people may do with them."""

    @property
    def running(self) -> RuleSet:
        """The rules that run."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Why the files, when they were read last, were not taken; empty when they were."""

    @property
    def proposals(self) -> Proposals:
        """Changes that wait for a second pair of eyes."""

    def broken(self) -> Mapping[str, str]:
        """Rules that broke while they ran and are out of service, with the reason."""

    def last_verdict(self, rule: str) -> Verdict | None:
        """What a running rule and its tests are; None when nobody has tried them yet."""

    def differs(self, rule: str, sheet: Sheet) -> bool:
        """Whether the file says something else than what runs."""

    async def sheet(self, rule: str) -> Sheet:
        """The texts of a rule; UnknownThingError."""

    async def verdict(self, rule: str) -> Verdict:
        """What a rule and its tests are, as the files stand now; UnknownThingError."""

    async def versions(self, rule: str) -> Sequence[RuleVersionRow]:
        """Every text that a rule ever had, newest first; also of a rule that is gone."""

    async def former(self, rule: str, version: str) -> Rule | None:
        """The rule as it was in a version; None when that is not kept, or no rule any more."""

    async def check(self, draft: Draft) -> Verdict:
        """The verdict on a draft; changes nothing."""

    async def save(self, draft: Draft, edit: Edit) -> bool:
        """Replaces a rule, or adds it: then True. RuleRefusedError, RuleChangedError, WrongStateError (read-only)."""

    async def restore(self, rule: str, version: int, edit: Edit) -> bool:
        """Gives a rule the texts of a former version, under a new number; UnknownThingError and as `save`."""

    async def delete(self, rule: str, edit: Edit) -> None:
        """Removes a rule; its versions stay. UnknownThingError, RuleChangedError, WrongStateError."""
