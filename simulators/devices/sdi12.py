"""SDI-12 sensors that are not there, on a serial line that is: a pseudo terminal, real frames, invented values.

```
 master (we) ◀── "1M!" ── slave: the port that the agent opens ── "10023", "1", "1+12.3-0.2"
```
"""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from device_profiles.schema import DeviceProfile
from device_profiles.sources.sdi12 import Sdi12Source
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import Value
from simulators.faults import FaultKind, Faults

FRAME = {"M": 35, "C": 75, "R": 75}  # most characters of values in one answer, by the command
DIGITS = 7  # of a value, as the standard allows
GARBAGE = "\x13#?7~"


class Sdi12Sensor:
    """One sensor: the values of a model's commands, filled by a signal."""

    def __init__(
        self, profile: DeviceProfile, signal: Signal, *, address: str = "0", measures_s: int = 0, requests: bool = True
    ) -> None:
        """`measures_s` is what a measurement takes; `requests` says whether it tells when it is ready before."""
        self.address = address
        self.measures_s = measures_s
        self.requests = requests
        self.faults = Faults()
        self.heard: list[str] = []
        self.name = f"{address}14THACBA  SIM   100"
        self._profile = profile
        self._signal = signal
        self._frames: list[str] = []
        self._crc = False

    def answer(self, command: str, elapsed_s: float) -> str:
        """The answer to what stands between address and exclamation mark; empty when it says nothing."""
        self.heard.append(command)
        if command == "":
            return self.address
        if command == "I":
            return self.name
        if command[0] == "D":
            number = int(command[1:] or 0)
            return self._told(self._frames[number] if number < len(self._frames) else "")
        return self._measured(command, elapsed_s)

    def _measured(self, command: str, elapsed_s: float) -> str:
        kind, rest = command[0], command[1:]
        self._crc = rest.startswith("C")
        values = self._values(kind + rest.removeprefix("C"), elapsed_s)
        if FaultKind.EXCEPTION in self.faults.active(elapsed_s):
            self._frames = []  # it announces values, and gives up
        else:
            self._frames = framed(values, FRAME[kind])
        if kind == "R":
            return self._told("".join(self._frames))
        return f"{self.address}{self.measures_s:03d}{len(values):0{2 if kind == 'C' else 1}d}"

    def _values(self, command: str, elapsed_s: float) -> Sequence[str]:
        signal = self.faults.distorted(self._signal(elapsed_s), elapsed_s)
        named = {
            source.value: _raw(source, signal.get(point.key, 0.0))
            for point in self._profile.points
            if isinstance(source := point.source, Sdi12Source) and source.command == command
        }
        return [_written(named.get(place, 0.0)) for place in range(1, max(named, default=0) + 1)]

    def _told(self, said: str) -> str:
        line = self.address + said
        return line + crc_of(line) if self._crc else line


class Sdi12Line:
    """A serial line with sensors; `port` is what the agent opens. To leave it is to pull the plug."""

    def __init__(self, sensors: Sequence[Sdi12Sensor], *, elapsed: Elapsed | None = None, echo: bool = False) -> None:
        self.port = ""
        self.sensors = {sensor.address: sensor for sensor in sensors}
        self._elapsed = elapsed or stopwatch()
        self._echo = echo
        self._master = self._slave = -1
        self._heard = ""
        self._later: set[asyncio.TimerHandle] = set()

    async def __aenter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)
        asyncio.get_running_loop().add_reader(self._master, self._hear)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()

    def unplug(self) -> None:
        """Takes the line away; nothing happens when it is gone already."""
        for later in self._later:
            later.cancel()
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._slave)
            os.close(self._master)
        self._master = self._slave = -1

    def say(self, text: str, *, after_s: float = 0.0) -> None:
        """Says this on the line, as a sensor or as noise."""
        handle = asyncio.get_running_loop().call_later(after_s, self._write, text)
        self._later.add(handle)

    def _hear(self) -> None:
        try:
            heard = os.read(self._master, 1024).decode("ascii", "replace")
        except OSError:
            return
        if self._echo:
            self._write(heard)
        self._heard += heard.replace("\0", "")  # a break looks so
        while "!" in self._heard:
            command, _, self._heard = self._heard.partition("!")
            if command and (sensor := self.sensors.get(command[0])):
                self._reply(sensor, command[1:])

    def _reply(self, sensor: Sdi12Sensor, command: str) -> None:
        elapsed_s = self._elapsed()
        active = sensor.faults.active(elapsed_s)
        if FaultKind.SILENT in active:
            sensor.heard.append(command)
            return
        late_s = sensor.faults.slow_s if FaultKind.SLOW in active else 0.0
        answer = GARBAGE if FaultKind.GARBAGE in active else sensor.answer(command, elapsed_s)
        self.say(f"{answer}\r\n", after_s=late_s)
        if command[:1] == "M" and sensor.measures_s and sensor.requests:
            self.say(f"{sensor.address}\r\n", after_s=late_s + min(0.05, sensor.measures_s / 2))

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody has opened the port
            os.write(self._master, text.encode("latin-1"))


def framed(values: Sequence[str], longest: int) -> list[str]:
    """Whole values, as many in each frame as fit."""
    frames = [""]
    for value in values:
        if len(frames[-1]) + len(value) > longest:
            frames.append("")
        frames[-1] += value
    return frames


def _raw(source: Sdi12Source, value: Value) -> float:
    return 0.0 if isinstance(value, str) else (float(value) - source.offset) / source.scale


def _written(value: float) -> str:
    """The number with its sign and at most seven digits, never with an exponent."""
    whole = len(str(int(abs(value))))
    return f"{value:+.{max(0, min(4, DIGITS - whole))}f}"


def crc_of(line: str) -> str:
    """CRC-16 as in the SDI-12 standard: written here once more, so that two readings of it must agree."""
    table: Mapping[int, int] = {number: _shifted(number) for number in range(256)}
    crc = 0
    for byte in line.encode("ascii"):
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return chr(0x40 + (crc >> 12)) + chr(0x40 + ((crc >> 6) & 63)) + chr(0x40 + (crc & 63))


def _shifted(number: int) -> int:
    for _ in range(8):
        number = (number >> 1) ^ (0xA001 if number % 2 else 0)
    return number
