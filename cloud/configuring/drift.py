"""Whether a gateway runs what it shall run: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cloud.store.configuration_port import ConfigurationRow
from device_profiles.wire.messages import RunningConfiguration

Word = Literal["unmanaged", "in_step", "waiting", "trial", "rolled_back", "site", "ahead", "silent"]


@dataclass(frozen=True, slots=True)
class Drift:
    """How the running configuration stands to the desired one.

    unmanaged: its own file counts, and nobody wanted anything else. in_step: it runs what it shall. waiting: it has
    not taken the newest yet. trial: it tries it. rolled_back: it tried and returned, `reason` says why. site: somebody
    changed it there. ahead: it runs a version that this centre does not know. silent: it has said nothing yet.
    """

    word: Word
    desired: int = 0
    running: int = 0
    source: str = ""
    reason: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether somebody should look."""
        return self.word in ("rolled_back", "site", "ahead")


def drift_of(desired: ConfigurationRow | None, running: RunningConfiguration | None) -> Drift:
    """What of the two stands against the other."""
    wanted = desired.version if desired else 0
    if running is None:
        return Drift("silent", wanted)
    is_taken_up = desired is not None and desired.source == "site" and desired.version == running.version
    if running.source == "site" and not is_taken_up and running.state != "rolled_back":
        return Drift("site", wanted, running.version, running.source, running.reason)
    return Drift(_word(wanted, running), wanted, running.version, running.source, running.reason)


def _word(wanted: int, running: RunningConfiguration) -> Word:
    if running.state == "rolled_back" and running.tried >= wanted > 0:
        return "rolled_back"
    if running.state == "trial" and running.version == wanted:
        return "trial"
    if running.version == wanted:
        return "in_step" if wanted else "unmanaged"
    return "ahead" if running.version > wanted else "waiting"
