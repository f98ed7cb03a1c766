"""The folder of rule files: each rule's text and tests, replaced so that a power cut leaves the old ones or the new."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from cloud.errors import CloudError
from cloud.rules.load import TESTS
from cloud.rules.proof import Sheet

READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


class ReadOnlyRulesError(CloudError):
    """The folder of rules cannot be written to; the text says how to mend it."""


class RuleFiles:
    """Reads and replaces rule files. Of a pair the tests come first and go last: what runs is the rule's own file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rules(self) -> list[str]:
        """The rules that have a file."""
        return sorted(each.stem for each in self.folder.glob("*.toml") if not each.name.endswith(TESTS))

    def read(self, rule: str) -> Sheet | None:
        """The texts of a rule; None when it has no file. What is not UTF-8 is shown as a mark."""
        try:
            text = (self.folder / f"{rule}.toml").read_bytes()
        except FileNotFoundError:
            return None
        return Sheet(text.decode(errors="replace"), self.read_tests(rule))

    def read_tests(self, rule: str) -> str:
        """The text of a rule's tests; "" when there are none."""
        try:
            return (self.folder / f"{rule}{TESTS}").read_bytes().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def write(self, rule: str, sheet: Sheet) -> None:
        """Replaces both files, and returns when they are on disk; ReadOnlyRulesError."""
        self.write_tests(rule, sheet.tests)
        self._replace(self.folder / f"{rule}.toml", sheet.text)

    def write_tests(self, rule: str, tests: str) -> None:
        """Replaces the file of tests, or removes it when there are none."""
        path = self.folder / f"{rule}{TESTS}"
        if tests:
            self._replace(path, tests)
        else:
            self._remove(path)

    def remove(self, rule: str) -> None:
        """Removes both files, and returns when that is on disk; ReadOnlyRulesError."""
        self._remove(self.folder / f"{rule}.toml")
        self._remove(self.folder / f"{rule}{TESTS}")

    def _replace(self, path: Path, text: str) -> None:
        beside = path.with_name(f".{path.name}.new")  # no rule file: its name ends otherwise
        try:
            with beside.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                beside.chmod(path.stat().st_mode & 0o777)
            beside.replace(path)
            self._settle()
        except OSError as error:
            raise self._refusal(error) from error

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
            self._settle()
        except OSError as error:
            raise self._refusal(error) from error

    def _settle(self) -> None:
        """Names in a folder are as safe as the folder."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _refusal(self, error: OSError) -> ReadOnlyRulesError:
        if error.errno in READ_ONLY:
            return ReadOnlyRulesError(
                f"The folder of rules ({self.folder.name}) is read-only for the centre ({error.strerror}). Let it "
                "write there (ReadWritePaths= of its service), or change the files where they come from, and reload."
            )
        return ReadOnlyRulesError(
            f"The rule files could not be written: {error.strerror}. Mend the disk and try again."
        )
