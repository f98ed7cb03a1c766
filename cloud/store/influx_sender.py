"""Gets lines into InfluxDB whatever it answers: halves what is too large, finds the bad lines, probes when unsure."""

from __future__ import annotations

import logging
from typing import Literal

from cloud.store.influx_door import BusyError, InfluxDoor, InfluxSettings, UnknownOutcomeError
from cloud.store.influx_server import Verdict, drops_all, kind_of_bad_line
from cloud.store.line_protocol import halves, is_single
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

Precision = Literal["ms", "ns"]
Refused = list[tuple[bytes, str]]  # line, reason
SUSPECT_AFTER = 3  # unknown outcomes in a row before a body itself is suspected of killing the request


class Sender:
    """Remembers what the server taught us: how large a body may be, and how many at once it bears."""

    def __init__(self, door: InfluxDoor, settings: InfluxSettings, clock: Clock) -> None:
        self._door = door
        self._clock = clock
        self._most_senders = settings.senders
        self._unknown_in_a_row = 0
        self.parallel = settings.senders
        self.body_bytes = settings.body_bytes

    async def send(self, lines: bytes, precision: Precision) -> Refused:
        """Stores the lines but for those that it returns; raises while nobody knows what is stored."""
        try:
            refused = await self._send(lines, precision)
        except BusyError:
            self.parallel = max(1, self.parallel // 2)
            raise
        except UnknownOutcomeError:
            self._unknown_in_a_row += 1
            if self._unknown_in_a_row <= SUSPECT_AFTER:
                raise
            refused = await self._isolate(lines, precision)
        self._unknown_in_a_row = 0
        self.parallel = min(self._most_senders, self.parallel + 1)
        return refused

    async def send_canary(self) -> int:
        """Writes one point of our own; returns its time, which is also its value."""
        at = self._clock.now_ms()
        answer = await self._door.post(f"canary,probe=centre at={at}i {at}\n".encode(), precision="ms")
        if answer.verdict is not Verdict.STORED:
            raise UnknownOutcomeError(f"the server does not take a canary point: {answer.reason}")
        return at

    async def _send(self, lines: bytes, precision: Precision) -> Refused:
        if len(lines) > self.body_bytes and not is_single(lines):
            return await self._send_halves(lines, precision)
        answer = await self._door.post(lines, precision=precision)
        if answer.verdict is Verdict.STORED:
            return []
        if answer.verdict is Verdict.TOO_LARGE:
            return await self._send_smaller(lines, precision)
        if is_single(lines):
            return [(lines, kind_of_bad_line(answer.reason))]
        if drops_all(answer.reason, lines.count(b"\n")):
            return [(line, kind_of_bad_line(answer.reason)) for line in lines.splitlines(keepends=True)]
        return await self._send_halves(lines, precision)

    async def _send_halves(self, lines: bytes, precision: Precision) -> Refused:
        first, second = halves(lines)
        return [*await self._send(first, precision), *await self._send(second, precision)]

    async def _send_smaller(self, lines: bytes, precision: Precision) -> Refused:
        if is_single(lines):
            return [(lines, "too_large")]
        self.body_bytes = min(self.body_bytes, len(lines) // 2)
        log.warning("bodies made smaller", extra={"max_bytes": self.body_bytes})
        return await self._send_halves(lines, precision)

    async def _isolate(self, lines: bytes, precision: Precision) -> Refused:
        """One by one the halves of a body that always ends in the unknown, as long as a canary lives beside it."""
        await self.send_canary()
        try:
            return await self._send(lines, precision)
        except UnknownOutcomeError as error:
            await self.send_canary()  # raises in an outage: then nobody is to blame
            if is_single(lines):
                return [(lines, f"server_error: {error}"[:200])]
            first, second = halves(lines)
            return [*await self._isolate(first, precision), *await self._isolate(second, precision)]
