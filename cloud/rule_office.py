"""The office of rules: checks what people want of them, replaces their files, and lets the judge go on with the set."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from cloud.api.deps import UnknownThingError, WrongStateError
from cloud.api.rule_book import Edit, RuleChangedError, RuleRefusedError
from cloud.errors import CloudError, ConfigurationError
from cloud.rule_archive import RuleArchive
from cloud.rule_files import ReadOnlyRulesError, RuleFiles
from cloud.rule_proposals import RuleProposals
from cloud.rules.links import check_links
from cloud.rules.load import MAX_RULES, Known
from cloud.rules.proof import Draft, Sheet, Verdict, judge_draft, with_version
from cloud.rules.rule import Rule
from cloud.rules.rule_set import RuleSet, RuleSetError, rule_set
from cloud.store.rule_proposal_port import RuleProposalStore
from cloud.store.rule_version_port import RuleVersionRow, RuleVersionStore
from device_profiles.clock import Clock
from device_profiles.explain import Fault

log = logging.getLogger(__name__)

NO_FOLDER = "No folder of rules is configured: name one as rules_dir in the centre's file, and start it again."


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the office works with.

    `read` reads the whole folder, `install` lets the judge go on with a set, `broken` names rules that broke. With
    `needs_two`, people are asked to change a rule in two: who writes it and who switches it on.
    """

    files: RuleFiles | None
    versions: RuleVersionStore
    proposals: RuleProposalStore
    known: Callable[[], Known]
    read: Callable[[], RuleSet]
    install: Callable[[RuleSet], Awaitable[None]]
    broken: Callable[[], Mapping[str, str]]
    clock: Clock
    needs_two: bool = False


@dataclass(frozen=True, slots=True)
class _Change:
    """What becomes of a rule."""

    rule: str
    sheet: Sheet
    version: int
    what: str


class RuleOffice:
    """Changes one rule at a time, in steps of which each may be the last before a power cut:

    keep the text as pending, replace the files (tests first), let the judge go on, mark the text as kept.
    Whoever opens the office after a cut finds the pending text: the rule's own file says whether it came to be.
    """

    def __init__(self, shelf: Shelf, running: RuleSet) -> None:
        self._shelf = shelf
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._verdicts: dict[str, tuple[str, Verdict]] = {}
        self._loaded: dict[str, str] = {}  # rule -> mark of the texts that run
        self.running = running
        self.proposals = RuleProposals(self, shelf.proposals, needed=shelf.needs_two, clock=shelf.clock)
        self.faults: tuple[Fault, ...] = ()

    async def open(self) -> None:
        """Settles what a cut left half done, and notes the texts that changed by hand; StoreUnavailableError."""
        async with self._turn:
            if self._shelf.files:
                await asyncio.to_thread(self._archive().settle)
            await asyncio.to_thread(self._note)

    async def run(self) -> None:
        """Tries every rule on its tests, and again whenever the set changes."""
        while True:
            self._changed.clear()
            await self.prove()
            await self._changed.wait()

    async def prove(self) -> None:
        """Tries every rule whose tests nobody has tried as they stand now."""
        for rule in list(self.running.rules):
            try:
                await self.verdict(rule)
            except UnknownThingError:
                continue  # removed by hand meanwhile

    async def reload(self) -> None:
        """Reads the folder again; wrong files change nothing, and are named in `faults` and in the log."""
        async with self._turn:
            try:
                rules = await asyncio.to_thread(self._shelf.read)
            except ConfigurationError as error:
                self.faults = _faults_in(error)
                log.error("rules not reloaded", extra={"faults": str(error)})  # noqa: TRY400 -- the faults say it all
                return
            await self._go_on(rules)
            self.faults = ()
            await asyncio.to_thread(self._note)
        log.info("rules reloaded", extra={"rules": len(rules.rules)})

    def broken(self) -> Mapping[str, str]:
        """Rules that broke while they ran and are out of service, with the reason."""
        return self._shelf.broken()

    def fault(self) -> str:
        """Empty when every rule runs as its file says, else one sentence why not."""
        if self.faults:
            return f"files not taken: {'; '.join(map(str, self.faults))}"
        broken = self.broken()
        return f"out of service: {', '.join(sorted(broken))}" if broken else ""

    async def sheet(self, rule: str) -> Sheet:
        """The texts of a rule; UnknownThingError."""
        found = await asyncio.to_thread(self._shelf.files.read, rule) if self._shelf.files else None
        if found is None:
            raise UnknownThingError(f"There is no rule {rule!r}.")
        return found

    async def versions(self, rule: str) -> Sequence[RuleVersionRow]:
        """Every text that a rule ever had, newest first; also of a rule that is gone."""
        return await asyncio.to_thread(self._shelf.versions.versions, rule)

    def differs(self, rule: str, sheet: Sheet) -> bool:
        """Whether the file says something else than what runs: changed by hand and not read again."""
        return self._loaded.get(rule, sheet.etag) != sheet.etag

    def last_verdict(self, rule: str) -> Verdict | None:
        """What a running rule and its tests are; None when nobody has tried them yet."""
        found = self._verdicts.get(rule)
        return found[1] if found else None

    async def verdict(self, rule: str) -> Verdict:
        """The same as the files stand now; UnknownThingError."""
        sheet = await self.sheet(rule)
        found = self._verdicts.get(rule)
        if found is None or found[0] != sheet.etag:
            found = sheet.etag, await asyncio.to_thread(self._judged, Draft(rule, sheet))
            self._verdicts[rule] = found
        return found[1]

    async def former(self, rule: str, version: str) -> Rule | None:
        """The rule as it was in a version; None when that is not kept, or no rule any more."""
        running = self.running.rules.get(rule)
        if running is not None and str(running.version) == version:
            return running
        rows = await self.versions(rule)
        row = next((each for each in rows if str(each.version) == version and each.text and each.kept), None)
        return None if row is None else (await asyncio.to_thread(self._judged, Draft(rule, Sheet(row.text)))).rule

    async def check(self, draft: Draft) -> Verdict:
        """The verdict on a draft; changes nothing."""
        sheet = await asyncio.to_thread(self._shelf.files.read, draft.rule) if self._shelf.files else None
        return await self._verdict(draft, sheet)

    async def save(self, draft: Draft, edit: Edit, *, what: str = "saved") -> bool:
        """Replaces a rule, or adds it: then True. RuleRefusedError, RuleChangedError, WrongStateError."""
        async with self._turn:
            return await self._save(draft, edit, what=what)

    async def restore(self, rule: str, version: int, edit: Edit) -> bool:
        """Gives a rule the text and tests of a former version, under a new number; UnknownThingError and as `save`."""
        async with self._turn:
            return await self._save(Draft(rule, await self.former_sheet(rule, version)), edit, what="restored")

    async def former_sheet(self, rule: str, version: int) -> Sheet:
        """The texts of a former version under a new number; UnknownThingError."""
        rows = await self.versions(rule)
        former = next((row for row in rows if row.version == version and row.text and row.kept), None)
        if former is None:
            raise UnknownThingError(f"There is no version {version} of the rule {rule!r}.")
        return Sheet(with_version(former.text, _highest(rows) + 1), former.tests)

    async def delete(self, rule: str, edit: Edit) -> None:
        """Removes a rule; its versions stay. UnknownThingError, RuleRefusedError, RuleChangedError, WrongStateError."""
        async with self._turn:
            self._files()
            before = await self.sheet(rule)
            _check_match(before, edit)
            rest = [each for each in self.running.rules.values() if each.id != rule]
            missed = list(check_links({each.id: each for each in rest}, {each.id: f"{each.id}.toml" for each in rest}))
            if missed:
                raise RuleRefusedError(missed)  # others name it: their files would be wrong without it
            gone = _Change(rule, Sheet(""), self._version_of(rule), "deleted")
            await self._change(gone, before, rule_set(rest), edit=edit)
            self._loaded.pop(rule, None)
            self._verdicts.pop(rule, None)

    # --- steps of a change ------------------------------------------------------------------------------------------

    async def _save(self, draft: Draft, edit: Edit, *, what: str) -> bool:
        files = self._files()
        before = await asyncio.to_thread(files.read, draft.rule)
        _check_match(before, edit)
        verdict = await self._verdict(draft, before)
        if verdict.faults or verdict.rule is None:
            raise RuleRefusedError(verdict.faults)
        after = draft.sheet
        change = _Change(draft.rule, after, verdict.rule.version, what)
        await self._change(change, before, self._with(verdict.rule), edit=edit)
        self._loaded[draft.rule] = after.etag
        self._verdicts[draft.rule] = after.etag, verdict
        self.faults = tuple(each for each in self.faults if each.file.rpartition("/")[2] != f"{draft.rule}.toml")
        return before is None

    async def _change(self, new: _Change, before: Sheet | None, rules: RuleSet, *, edit: Edit) -> None:
        """Keeps the text, replaces the files, goes on with the set; or leaves everything as it was."""
        archive = self._archive()
        row = await asyncio.to_thread(self._kept, new, before, edit)
        try:
            await asyncio.to_thread(self._write, new)
            await self._go_on(rules)
        except ReadOnlyRulesError as error:
            await asyncio.to_thread(archive.undo, row, before)
            raise WrongStateError(str(error)) from error
        except CloudError:
            await asyncio.to_thread(archive.undo, row, before)
            raise
        await asyncio.to_thread(self._shelf.versions.keep, row.rule, row.revision)
        log.info("rule changed", extra={"rule": row.rule, "version": row.version, "what": row.what, "by": row.actor})

    async def _go_on(self, rules: RuleSet) -> None:
        await self._shelf.install(rules)
        self.running = rules
        self._verdicts = {
            rule: found
            for rule, found in self._verdicts.items()
            if found[1].cases is None or not any(case.with_rules for case in found[1].cases.case)
        }  # what is tried with other rules is tried again
        self._changed.set()

    async def _verdict(self, draft: Draft, before: Sheet | None) -> Verdict:
        """The version must rise whenever the text changes, also above versions of a rule that was deleted."""
        is_new_text = before is None or before.text != draft.sheet.text
        former = max(_highest(await self.versions(draft.rule)), self._version_of(draft.rule))
        above = former if is_new_text else 0
        verdict = await asyncio.to_thread(self._judged, draft, above)
        if before is None and len(self.running.rules) >= MAX_RULES:
            full = Fault(f"{draft.rule}.toml", "", f"there are {MAX_RULES} rules already; more are not allowed")
            return replace(verdict, faults=(*verdict.faults, full))
        return verdict

    def _with(self, rule: Rule) -> RuleSet:
        return rule_set({**self.running.rules, rule.id: rule}.values())

    def _version_of(self, rule: str) -> int:
        running = self.running.rules.get(rule)
        return running.version if running else 0

    def _files(self) -> RuleFiles:
        if self._shelf.files is None:
            raise WrongStateError(NO_FOLDER)
        return self._shelf.files

    # --- in a worker thread -----------------------------------------------------------------------------------------

    def _judged(self, draft: Draft, above: int = 0) -> Verdict:
        return judge_draft(draft, self._shelf.known(), running=self.running.rules, above=above)

    def _archive(self) -> RuleArchive:
        return RuleArchive(self._files(), self._shelf.versions, self._shelf.clock)

    def _kept(self, new: _Change, before: Sheet | None, edit: Edit) -> RuleVersionRow:
        """The new text as a pending row; what stands in the files is kept first, also when nobody has read it yet."""
        archive = self._archive()
        if before is not None:
            archive.remember(new.rule, before)
        row = archive.row(new.rule, new.sheet, new.version, actor=edit.actor, what=new.what, comment=edit.comment)
        self._shelf.versions.add(replace(row, kept=False))
        return row

    def _write(self, new: _Change) -> None:
        if new.what == "deleted":
            self._files().remove(new.rule)
        else:
            self._files().write(new.rule, new.sheet)

    def _note(self) -> None:
        """Keeps every running text that changed by hand."""
        for rule in self.running.rules.values() if self._shelf.files else ():
            sheet = self._files().read(rule.id)
            if sheet is not None:
                self._loaded[rule.id] = sheet.etag
                self._archive().remember(rule.id, sheet)


def _check_match(before: Sheet | None, edit: Edit) -> None:
    if before is not None and edit.match != before.etag:
        raise RuleChangedError("Somebody has changed the rule meanwhile: look at it again.")
    if before is None and edit.match:
        raise RuleChangedError("The rule is no longer there: look again.")


def _highest(rows: Sequence[RuleVersionRow]) -> int:
    return max((row.version for row in rows if row.kept), default=0)


def _faults_in(error: ConfigurationError) -> tuple[Fault, ...]:
    return error.faults if isinstance(error, RuleSetError) else (Fault("", "", str(error)),)
