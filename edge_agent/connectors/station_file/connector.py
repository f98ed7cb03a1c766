"""The station-file connector: one listener per station, which takes away the files that are safe on disk."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from edge_agent.connector import Deliver, LinkError, Sample
from edge_agent.connectors.station_file.config import StationFileConnection
from edge_agent.connectors.station_file.document import Document, Terms, lines_of, read
from edge_agent.connectors.station_file.folder import DONE, REFUSED, Arrival, Folder

log = logging.getLogger(__name__)

SILENT = "silent"
UNREADABLE = "file"


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was read, what it says, and where it goes."""

    arrival: Arrival
    contents: bytes
    samples: Sequence[Sample]
    to: str = DONE


class StationListener:
    """Looks into the folder of one station for ever."""

    def __init__(self, device: str, connection: StationFileConnection, profile: DeviceProfile, *, clock: Clock) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._clock = clock
        self._folder = Folder(connection)
        self._heard_s: float | None = None

    async def listen(self, deliver: Deliver) -> None:
        """Delivers what the files say, oldest first; LinkError when none comes, or the folder cannot be used."""
        if self._heard_s is None:
            self._heard_s = self._clock.monotonic()
        while True:
            await self._look(deliver)
            await self._say_silence(deliver)
            await self._clock.sleep(self._connection.look_every_s)

    async def _look(self, deliver: Deliver) -> None:
        now_s, now_ms = self._clock.monotonic(), self._clock.now_ms()
        files = [file for arrival in self._folder.look(now_s) if (file := self._read(arrival, now_ms))]
        if not files:
            return
        self._heard_s = now_s
        await deliver([sample for file in files for sample in file.samples])
        for file in files:  # only now: whatever happens before, they are there for the next start
            self._folder.put_away(file.arrival, file.contents, to=file.to)
        self._folder.clear(now_s, now_ms)

    async def _say_silence(self, deliver: Deliver) -> None:
        silent_s = self._clock.monotonic() - (self._heard_s or 0.0)
        if silent_s > self._connection.silent_s:
            await deliver(self._bad(SILENT))
            raise LinkError(SILENT, f"no file of {self._connection.station} for {self._connection.silent_s:g} s")

    def _read(self, arrival: Arrival, now_ms: int) -> _Read | None:
        """What the file says; None when it is not written to its end yet, or gone."""
        contents = self._folder.contents(arrival.name)
        if contents is None:
            log.warning("station file cannot be read", extra={"device": self._device, "file": arrival.name})
            return _Read(arrival, b"", self._bad(UNREADABLE), REFUSED)
        before = self._folder.known(arrival.name)
        if contents in before:
            return _Read(arrival, contents, ())  # sent once more: the station had no answer
        document = self._understood(contents, before, now_ms)
        if not document.is_finished and arrival.age_s < self._connection.unfinished_s:
            return None
        if document.wrong:
            facts = {"device": self._device, "file": arrival.name, "wrong": document.wrong, "of": document.lines}
            log.warning("station file has lines that are none", extra=facts)
        if document.wrong == document.lines:
            return _Read(arrival, contents, self._bad(UNREADABLE), REFUSED)
        return _Read(arrival, contents, document.samples)

    def _understood(self, contents: bytes, before: Sequence[bytes], now_ms: int) -> Document:
        terms = Terms(
            self._connection.utc_offset_h, self._connection.decimal, now_ms + round(self._connection.ahead_s * 1000)
        )
        known = {line for held in before for line in lines_of(_text(held))}
        return read(self._device, self._profile, _text(contents), terms, without=known)

    def _bad(self, fault: str) -> list[Sample]:
        return [Sample(self._device, point.key, None, fault=fault) for point in self._profile.points]


def _text(contents: bytes) -> str:
    return contents.decode("utf-8", "replace")
