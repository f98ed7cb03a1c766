"""An environment station that is not there: it writes its files (Circular 10/2021) into a folder, like an FTP server.

A file is written under another name and renamed, unless the station is told to be cut off in the middle.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Self

from device_profiles.clock import Clock, SystemClock
from device_profiles.schema import DeviceProfile
from device_profiles.sources.station_file import StationFileSource
from simulators.device import Elapsed, Signal, stopwatch
from simulators.faults import FaultKind, Faults

VIETNAM = timezone(timedelta(hours=7))
MEASURED, OUT_OF_ORDER = "00", "02"
GARBAGE = "<html><body>502 Bad Gateway</body></html>\n"


class FileStation:
    """Writes a file each `period_s` until it is taken away. Silence writes none, and the files of it never come."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        folder: Path,
        station: str,
        period_s: float = 300.0,
        elapsed: Elapsed | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.faults = Faults()
        self.written = 0
        self._profile = profile
        self._signal = signal
        self._folder = folder
        self._station = station
        self._period_s = period_s
        self._elapsed = elapsed or stopwatch()
        self._clock: Clock = clock or SystemClock()
        self._group = asyncio.TaskGroup()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._group.__aenter__()
        self._running = self._group.create_task(self._report())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running:
            self._running.cancel()
        await self._group.__aexit__(kind, error, trace)

    def write(self) -> None:
        """The file of this moment."""
        elapsed_s = self._elapsed()
        active = self.faults.active(elapsed_s)
        if FaultKind.SILENT in active:
            return
        stamp = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")
        text = GARBAGE if FaultKind.GARBAGE in active else self.text(stamp, elapsed_s)
        whole = self._folder / f"{self._station}_{stamp}.txt"
        if FaultKind.SLOW in active:  # the link broke in the middle, and the server kept what it had
            whole.write_text(text[: len(text) // 2], encoding="utf-8")
        else:
            part = whole.with_suffix(".part")
            part.write_text(text, encoding="utf-8")
            part.rename(whole)
        self.written += 1

    def text(self, stamp: str, elapsed_s: float) -> str:
        """What stands in a file of this moment."""
        values = self.faults.distorted(self._signal(elapsed_s), elapsed_s)
        status = OUT_OF_ORDER if FaultKind.EXCEPTION in self.faults.active(elapsed_s) else MEASURED
        rows = []
        for point in self._profile.points:
            source, value = point.source, values.get(point.key)
            if isinstance(source, StationFileSource) and isinstance(value, int | float):
                raw = f"{(value - source.offset) / source.scale:.3f}"
                rows.append("\t".join((source.symbol, raw, source.unit[0] if source.unit else "-", stamp, status)))
        return "".join(f"{row}\r\n" for row in rows)

    async def _report(self) -> None:
        while True:
            self.write()
            await self._clock.sleep(self._period_s)
