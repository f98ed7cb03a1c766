"""The port of alarms' pasts: everything that a rule has said of a device, as far back as is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cloud.store.rows import AlarmHistoryRow, AlarmRow


class PastStore(Protocol):
    """Reads alarms by rule and device. Synchronous, as the StateStore is."""

    def past(
        self, rule: str, gateway: str, device: str, *, since: int
    ) -> tuple[Sequence[AlarmRow], Sequence[AlarmHistoryRow]]:
        """The alarms that are open or that something happened to since a time, and all their lines as written."""

    def past_of_rule(self, rule: str, *, since: int) -> tuple[Sequence[AlarmRow], Sequence[AlarmHistoryRow]]:
        """The same of a rule at all places."""
