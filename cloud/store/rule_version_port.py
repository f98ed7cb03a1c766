"""The port of rule versions: every text that a rule ever had, and who changed it when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RuleVersionRow:
    """One text of a rule with its tests, exactly as it was written. `at` in ms since 1970 UTC.

    `revision` counts the changes of a rule from 1; `version` is what the text says of itself. `what` is found (in the
    folder, changed there by hand), saved, restored or deleted. `kept` is false while the files are being replaced.
    """

    rule: str
    revision: int
    version: int
    text: str
    tests: str
    actor: str
    at: int
    comment: str
    what: str
    kept: bool = True


class RuleVersionStore(Protocol):
    """Rule versions, kept beside the state. Synchronous, as the StateStore is."""

    def add(self, row: RuleVersionRow) -> None:
        """Keeps a text; StateConflictError when somebody else took that revision."""

    def keep(self, rule: str, revision: int) -> None:
        """The files hold it now."""

    def drop(self, rule: str, revision: int) -> None:
        """Forgets a text that never came into the files."""

    def pending(self) -> Sequence[RuleVersionRow]:
        """Texts of which nobody has said that the files hold them."""

    def newest(self, rule: str) -> RuleVersionRow | None:
        """The last text of a rule."""

    def versions(self, rule: str) -> Sequence[RuleVersionRow]:
        """Every text of a rule, newest first."""
