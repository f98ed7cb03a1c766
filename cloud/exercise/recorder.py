"""The recorder that stands where a channel would: it writes down what would have been sent, and sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from cloud.exercise.mark import marked
from cloud.notify.content import NoticeContent
from cloud.notify.lane import Channel
from cloud.notify.notifier import Address
from cloud.notify.registry import ChannelConfig, is_alone
from device_profiles.clock import Clock

FILE = "notices.jsonl"


class Recorded(msgspec.Struct, frozen=True):
    """One notice that did not leave: when it would have, by which channel, for whom, and its words."""

    at: int
    channel: str
    kind: str
    person: str
    notice: NoticeContent


class Recorder:
    """A notifier whose other side is a file of the exercise; names and numbers of people are not kept."""

    def __init__(self, config: ChannelConfig, file: Path, clock: Clock) -> None:
        self._name, self._kind = config.name, config.kind
        self._file = file
        self._clock = clock

    async def send(self, content: NoticeContent, *, to: Address | None = None) -> None:
        """Writes the notice down, marked as one of an exercise."""
        line = Recorded(self._clock.now_ms(), self._name, self._kind, to.person if to else "", marked(content))
        await asyncio.to_thread(self._append, msgspec.json.encode(line) + b"\n")

    async def close(self) -> None:
        """Nothing is open."""

    def _append(self, line: bytes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as file:
            file.write(line)


def recorder_for(config: ChannelConfig, folder: Path, clock: Clock) -> Channel:
    """What stands in a channel's place in an exercise, whatever the channel is: as fast, and to nobody."""
    return Channel(Recorder(config, folder / FILE, clock), config.per_minute, is_alone(config))


def read_recorded(folder: Path) -> Sequence[Recorded]:
    """Every notice that did not leave, oldest first; the half line of a cut is left out."""
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return [msgspec.json.decode(line, type=Recorded) for line in lines[:-1] if line]
