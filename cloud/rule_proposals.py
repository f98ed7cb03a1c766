"""Changes of rules that wait for a second pair of eyes: one person writes them, another one switches them on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from cloud.api.deps import UnknownThingError, WrongStateError
from cloud.api.rule_book import Edit, RuleChangedError, RuleRefusedError
from cloud.rules.proof import Draft, Sheet, Verdict
from cloud.rules.rule_set import RuleSet
from cloud.store.rule_proposal_port import RuleProposalRow, RuleProposalStore
from device_profiles.clock import Clock

MAX_COMMENT = 2000


class Office(Protocol):
    """What proposals need of the office of rules."""

    @property
    def running(self) -> RuleSet:
        """The rules that run."""

    async def sheet(self, rule: str) -> Sheet:
        """The texts of a rule; UnknownThingError."""

    async def check(self, draft: Draft) -> Verdict:
        """The verdict on a draft."""

    async def former_sheet(self, rule: str, version: int) -> Sheet:
        """The texts of a former version under a new number; UnknownThingError."""

    async def save(self, draft: Draft, edit: Edit, *, what: str = "saved") -> bool:
        """Replaces a rule, or adds it."""

    async def delete(self, rule: str, edit: Edit) -> None:
        """Removes a rule."""


class RuleProposals:
    """What waits, and what may become of it. `needed`: nobody changes a rule alone."""

    def __init__(self, office: Office, store: RuleProposalStore, *, needed: bool, clock: Clock) -> None:
        self.needed = needed
        self._office = office
        self._store = store
        self._clock = clock

    async def all(self) -> Sequence[RuleProposalRow]:
        """Everything that waits, by rule."""
        return await asyncio.to_thread(self._store.proposals)

    async def one(self, rule: str) -> RuleProposalRow:
        """What waits for a rule; UnknownThingError."""
        found = await asyncio.to_thread(self._store.proposal, rule)
        if found is None:
            raise UnknownThingError(f"No change of the rule {rule!r} waits for a second person.")
        return found

    async def waits(self, rule: str) -> bool:
        """Whether somebody has proposed a change of a rule."""
        return await asyncio.to_thread(self._store.proposal, rule) is not None

    async def propose(self, draft: Draft, edit: Edit) -> RuleProposalRow:
        """Keeps a change that could be switched on as it is; RuleRefusedError, RuleChangedError, WrongStateError."""
        return await self._propose(draft, edit, "saved")

    async def propose_former(self, rule: str, version: int, edit: Edit) -> RuleProposalRow:
        """The same of a former version; UnknownThingError."""
        sheet = await self._office.former_sheet(rule, version)
        return await self._propose(Draft(rule, sheet), edit, "restored")

    async def propose_end(self, rule: str, edit: Edit) -> RuleProposalRow:
        """The same of a rule's end; UnknownThingError."""
        await self._office.sheet(rule)
        return await self._propose(Draft(rule, Sheet("")), edit, "deleted")

    async def switch_on(self, rule: str, actor: str, comment: str = "") -> RuleProposalRow:
        """Lets the change run; WrongStateError for its own author, and as a save or a deletion otherwise."""
        row = await self.one(rule)
        if row.actor == actor:
            raise WrongStateError("Somebody else must look at it and switch it on: you wrote it yourself.")
        said = f"{row.comment} | {actor}: {comment}" if comment else f"{row.comment} | {actor}"
        edit = Edit(row.actor, said.strip(" |")[:MAX_COMMENT], row.base)
        if row.what == "deleted":
            await self._office.delete(rule, edit)
        else:
            await self._office.save(Draft(rule, Sheet(row.text, row.tests)), edit, what=row.what)
        await asyncio.to_thread(self._store.drop, rule)
        return row

    async def withdraw(self, rule: str) -> RuleProposalRow:
        """Forgets the change, whoever wrote it; UnknownThingError."""
        row = await self.one(rule)
        await asyncio.to_thread(self._store.drop, rule)
        return row

    async def _propose(self, draft: Draft, edit: Edit, what: str) -> RuleProposalRow:
        former = await asyncio.to_thread(self._store.proposal, draft.rule)
        if former is not None and former.actor != edit.actor:
            raise WrongStateError(f"A change by {former.actor} waits already: switch it on or refuse it first.")
        base = await self._base(draft.rule)
        if edit.match != base:
            raise RuleChangedError("Somebody has changed the rule meanwhile: look at it again.")
        verdict = await self._office.check(draft) if what != "deleted" else Verdict()
        if verdict.faults:
            raise RuleRefusedError(verdict.faults)
        row = RuleProposalRow(
            draft.rule,
            draft.sheet.text,
            draft.sheet.tests,
            what,
            base,
            edit.actor,
            self._clock.now_ms(),
            edit.comment,
        )
        await asyncio.to_thread(self._store.put, row)
        return row

    async def _base(self, rule: str) -> str:
        running: Mapping[str, object] = self._office.running.rules
        return (await self._office.sheet(rule)).etag if rule in running else ""
