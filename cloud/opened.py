"""The open alarms as rows, read from the state when one has changed: pages look through all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from cloud.store.base import AlarmFilter, AlarmRow, StateStore
from device_profiles.clock import Clock

MOST = 5_000  # above that a province has other troubles
OLDEST_MS = 15_000  # a commit of which nobody can say whether it was taken is announced late


class OpenAlarmRows:
    """What the state says is open; `changes` counts what was committed about alarms."""

    def __init__(self, state: StateStore, changes: Callable[[], int], clock: Clock) -> None:
        self._state = state
        self._changes = changes
        self._clock = clock
        self._turn = Lock()
        self._read: tuple[int, int, Sequence[AlarmRow]] | None = None

    def rows(self) -> Sequence[AlarmRow]:
        """Newest first. Synchronous, and for any thread: of those who ask at once, one reads."""
        with self._turn:
            changes, now = self._changes(), self._clock.now_ms()  # before reading: what changes meanwhile is read again
            read = self._read
            if read is None or read[0] != changes or not 0 <= now - read[1] <= OLDEST_MS:
                rows = tuple(self._state.alarms(AlarmFilter(open=True), before=None, limit=MOST))
                read = self._read = (changes, now, rows)
            return read[2]
