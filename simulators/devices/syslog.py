"""A firewall or a host that is not there: it sends log lines over UDP or TCP, so many of each kind as its signal says.

Between two reports of `profile.period_s` it sends what a point counts since the last report; what a point counts in a
sliding window it spreads over that window. Some chatter that nothing counts shows that it lives.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, Self

from device_profiles.clock import Clock, SystemClock
from device_profiles.schema import DeviceProfile
from device_profiles.sources.syslog import SEVERITIES, LineMatch, SyslogSource
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import Value
from simulators.faults import FaultKind, Faults

INSIDE, OUTSIDE = "10.20.3.14", "203.0.113.80"  # of the site's IoT network, and of nobody (RFC 5737)
CHATTER = LineMatch(contains=("session of a user is fine",))
AUTH = 10  # facility: security and authorisation
MOST_AT_ONCE = 1000  # lines of one kind
GARBAGE = b"\x16\x03\x01\x00\xa5\x01\x00\x00<34"


class LogSender:
    """Sends its lines each `period_s` until it is taken away; what cannot be sent is counted in `unsent`."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        where: tuple[str, int],
        transport: Literal["udp", "tcp"] = "udp",
        period_s: float = 10.0,
        name: str = "firewall",
        elapsed: Elapsed | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.faults = Faults()
        self.sent = 0
        self.unsent = 0
        self._profile = profile
        self._signal = signal
        self._where = where
        self._transport = transport
        self._period_s = period_s
        self._name = name
        self._elapsed = elapsed or stopwatch()
        self._clock: Clock = clock or SystemClock()
        self._owed: dict[str, float] = {}
        self._group = asyncio.TaskGroup()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._running = self._group.create_task(self._send())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running:
            self._running.cancel()
        await self._group.__aexit__(kind, error, trace)

    def due(self, elapsed_s: float) -> list[bytes]:
        """The lines of one period, by this moment of the scenario."""
        active = self.faults.active(elapsed_s)
        if FaultKind.SILENT in active:
            return []
        if FaultKind.GARBAGE in active:
            return [GARBAGE]
        values = self.faults.distorted(self._signal(elapsed_s), elapsed_s)
        matches = [CHATTER, *self._matches(values)]
        return [line_of(match, host=self._name, moment_us=self._stamp(place)) for place, match in enumerate(matches)]

    def _matches(self, values: Mapping[str, Value]) -> Iterator[LineMatch]:
        for point in self._profile.points:
            if not isinstance(point.source, SyslogSource) or not point.source.matches:
                continue
            value = values.get(point.key, 0)
            span_s = point.source.window_s or self._profile.period_s
            owed = self._owed.get(point.key, 0.0) + (0.0 if isinstance(value, str) else value * self._period_s / span_s)
            lines = min(int(owed), MOST_AT_ONCE)
            self._owed[point.key] = owed - int(owed)
            for number in range(lines):
                yield point.source.matches[number % len(point.source.matches)]

    def _stamp(self, place: int) -> int:
        return self._clock.now_ms() * 1000 + place % 1000

    async def _send(self) -> None:
        while True:
            lines = self.due(self._elapsed())
            try:
                await self._deliver(lines)
                self.sent += len(lines)
            except OSError:
                self.unsent += len(lines)
            await self._clock.sleep(self._period_s)

    async def _deliver(self, lines: list[bytes]) -> None:
        if self._transport == "udp":
            with socket.socket(type=socket.SOCK_DGRAM) as sender:
                for line in lines:
                    sender.sendto(line, self._where)
            return
        _, writer = await asyncio.open_connection(*self._where)
        try:
            writer.writelines(b"%d %s" % (len(line), line) for line in lines)
            await writer.drain()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def line_of(match: LineMatch, *, host: str, moment_us: int) -> bytes:
    """A line that is like this, in the form of RFC 5424; `moment_us` is its time in microseconds since 1970 UTC."""
    severity = SEVERITIES.index(match.severity) if match.severity else SEVERITIES.index("notice")
    stamp = datetime.fromtimestamp(moment_us / 1_000_000, UTC).isoformat(timespec="microseconds")
    app = match.app[0] if match.app else "-"
    return f"<{AUTH * 8 + severity}>1 {stamp} {host} {app} - - - {_text(match)}".encode()


def _text(match: LineMatch) -> str:
    fields = {name: value if isinstance(value, str) else value[0] for name, value in match.fields.items()}
    fields |= {name: f"{least:g}" for name, least in match.least.items()}
    if match.source_in:
        fields["src"] = INSIDE
    if match.target_outside:
        fields["dst"] = OUTSIDE
    words = [word for word in match.contains if word != "cef:"] + list(match.any_of[:1])
    if "cef:" in match.contains or any(name.startswith("cef.") for name in fields):
        return _common_event(" ".join(words), fields)
    return " ".join([*words, *(f'{name}="{value}"' for name, value in fields.items())])


def _common_event(name: str, fields: Mapping[str, str]) -> str:
    severity = fields.get("cef.severity", "3")
    extension = " ".join(f"{key}={value}" for key, value in fields.items() if not key.startswith("cef."))
    return f"CEF:0|Thacba|Simulator|1|100|{name or 'event'}|{severity}|{extension}"
