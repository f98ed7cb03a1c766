"""The notice pipeline: sends what is due, tries again with growing delays, and shows what it gave up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloud.notify.notifier import Notifier
from cloud.store.base import StateStore
from device_profiles.clock import Clock


@dataclass(frozen=True, slots=True)
class Channel:
    """A notifier with its name's limits."""

    notifier: Notifier
    per_minute: int = 60


class NoticePipeline:
    """The only sender of notices. A crash between sending and recording repeats one notice with the same key."""

    def __init__(self, state: StateStore, channels: Mapping[str, Channel], clock: Clock) -> None:
        raise NotImplementedError

    def wake(self) -> None:
        """New notices were committed."""
        raise NotImplementedError

    async def run(self) -> None:
        """Sends until cancelled."""
        raise NotImplementedError
