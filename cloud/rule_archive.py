"""The archive of rules: every text that a rule ever had, kept before its files change, and agreed after a cut."""

from __future__ import annotations

import logging

from cloud.errors import CloudError
from cloud.rule_files import ReadOnlyRulesError, RuleFiles
from cloud.rules.proof import Sheet, version_in
from cloud.store.rule_version_port import RuleVersionRow, RuleVersionStore
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

BY_HAND = "file"  # who changed a rule in the folder


class RuleArchive:
    """Rows beside files. Synchronous: the office calls it in a worker thread, one change at a time."""

    def __init__(self, files: RuleFiles, versions: RuleVersionStore, clock: Clock) -> None:
        self._files = files
        self._versions = versions
        self._clock = clock

    def remember(self, rule: str, sheet: Sheet) -> None:
        """Keeps the texts that stand in the files, when somebody has changed them by hand."""
        newest = self._versions.newest(rule)
        if newest is None or Sheet(newest.text, newest.tests) != sheet:
            self._versions.add(self.row(rule, sheet, version_in(sheet.text), actor=BY_HAND, what="found"))

    def row(self, rule: str, sheet: Sheet, version: int, *, actor: str, what: str, comment: str = "") -> RuleVersionRow:
        """The next text of a rule."""
        newest = self._versions.newest(rule)
        revision, now = (newest.revision if newest else 0) + 1, self._clock.now_ms()
        return RuleVersionRow(rule, revision, version, sheet.text, sheet.tests, actor, now, comment, what)

    def undo(self, row: RuleVersionRow, before: Sheet | None) -> None:
        """Puts the former texts back as far as the disk allows; the rest is settled at the next opening."""
        try:
            if before is None:
                self._files.remove(row.rule)
            elif self._files.read(row.rule) != before:
                self._files.write(row.rule, before)
            self._versions.drop(row.rule, row.revision)
        except CloudError as error:
            log.warning("change of a rule half undone", extra={"rule": row.rule, "error": str(error)})

    def settle(self) -> None:
        """Ends what a cut left half done: a rule's own file says whether its new text came to be."""
        for row in self._versions.pending():
            sheet = self._files.read(row.rule)
            came_to_be = sheet is None if row.what == "deleted" else sheet is not None and sheet.text == row.text
            try:
                if came_to_be:
                    self._files.write_tests(row.rule, row.tests)
                    self._versions.keep(row.rule, row.revision)
                else:
                    self._files.write_tests(row.rule, self._tests_before(row))
                    self._versions.drop(row.rule, row.revision)
            except ReadOnlyRulesError as error:
                log.warning("change of a rule not settled", extra={"rule": row.rule, "error": str(error)})

    def _tests_before(self, row: RuleVersionRow) -> str:
        former = [each for each in self._versions.versions(row.rule) if each.kept]
        return former[0].tests if former else ""
