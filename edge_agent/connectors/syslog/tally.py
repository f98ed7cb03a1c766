"""What the lines of one device add up to: counts since the last report or in sliding windows, and a few events; pure.

Silence is no zero: without any line for a while nobody knows what happened, and every point says so.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from device_profiles.schema import DeviceProfile, Point
from device_profiles.sources.syslog import SyslogSource
from edge_agent.connector import Happening, Observation, Sample, Scalar
from edge_agent.connectors.syslog.config import SyslogConnection
from edge_agent.connectors.syslog.line import Line, parse
from edge_agent.connectors.syslog.matching import SOURCES, Wanted, fits, networks_of, unnamed, wanted

SILENT = "silent"
UNNAMED = "network_unnamed"
OVERRUN = "log_overrun"
BURST_S = 10.0  # lines are allowed for so long at once
PARTS = 60  # of a sliding window: its edge is so fine
BELIEVED_MS = 300_000  # a line whose own time is further from ours is told with ours
REMEMBERED = 512  # lines that would be known again
USERS = ("duser", "suser", "user", "usrName", "dstuser", "srcuser")
SHORT = 64


class Allowance:
    """So much per second, and no more than `most` at once."""

    def __init__(self, per_s: float, most: float) -> None:
        self._per_s = per_s
        self._most = most
        self._left = most
        self._at = 0.0

    def take(self, now_s: float) -> bool:
        """Whether one more is allowed at this moment of a count that nobody can set."""
        self._left = min(self._most, self._left + max(0.0, now_s - self._at) * self._per_s)
        self._at = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(slots=True)
class _Count:
    """The count of one point; `parts` are (begin, lines) of a sliding window."""

    point: Point
    source: SyslogSource
    wanted: Sequence[Wanted]
    fault: str = ""
    lines: int = 0
    parts: deque[tuple[float, int]] = field(default_factory=deque)

    def counts(self, line: Line, text: str) -> bool:
        return not self.source.matches or any(fits(each, line, text) for each in self.wanted)

    def add(self, now_s: float) -> None:
        if not self.source.window_s:
            self.lines += 1
            return
        length = self.source.window_s / PARTS
        begin = now_s // length * length
        last = self.parts[-1] if self.parts else None
        if last and last[0] == begin:
            self.parts[-1] = (begin, last[1] + 1)
        else:
            self.parts.append((begin, 1))

    def told(self, now_s: float) -> int:
        """The count at this moment; one since the last report begins again."""
        if not self.source.window_s:
            lines, self.lines = self.lines, 0
            return lines
        while self.parts and self.parts[0][0] + self.source.window_s / PARTS <= now_s - self.source.window_s:
            self.parts.popleft()
        return sum(lines for _, lines in self.parts)


class Tally:
    """Owns the counts of one device. Moments are seconds of a count that nobody can set, and ms since 1970."""

    def __init__(self, device: str, connection: SyslogConnection, profile: DeviceProfile) -> None:
        self._device = device
        self._connection = connection
        self._events = profile.events
        networks = networks_of(connection.networks)
        self._counts = [
            _Count(point, source, (), UNNAMED)
            if unnamed(source, networks)
            else _Count(point, source, [wanted(match, networks) for match in source.matches])
            for point in profile.points
            if isinstance(source := point.source, SyslogSource)
        ]
        self._looked_at = Allowance(connection.max_lines_per_s, connection.max_lines_per_s * BURST_S)
        self._told = Allowance(connection.events_per_min / 60, max(1.0, float(connection.events_per_min)))
        self._heard_s: float | None = None
        self._happenings: list[Happening] = []
        self._recent: dict[int, None] = {}
        self._serial = 0
        self._untold = 0
        self._overrun = 0

    def is_silent(self, now_s: float) -> bool:
        """Whether nothing was heard for so long that nobody can say anything."""
        return self._heard_s is None or now_s - self._heard_s > self._connection.silent_s

    @property
    def has_news(self) -> bool:
        """Whether an event waits to be told."""
        return bool(self._happenings)

    def take(self, data: bytes, *, now_s: float, now_ms: int) -> None:
        """One line of this device."""
        self._heard_s = now_s
        self._serial += 1
        if not self._looked_at.take(now_s):
            self._overrun += 1
            return
        line = parse(data[: self._connection.max_bytes])
        if self._is_repeated(line):
            return
        text = line.text.lower()
        for count in self._counts:
            if not count.fault and count.counts(line, text):
                count.add(now_s)
                if count.source.event:
                    self._happen(count.source.event, line, now_s=now_s, now_ms=now_ms)

    def _is_repeated(self, line: Line) -> bool:
        """Whether it is the same line once more: relays say again what they are not sure of, networks double datagrams.

        Only a line whose own time is finer than a second can be known again: others may well be the same twice.
        """
        if "." not in line.stamp:
            return False
        name = hash(line.raw)
        if name in self._recent:
            return True
        self._recent[name] = None
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]
        return False

    def report(self, *, now_s: float, now_ms: int) -> Sequence[Observation]:
        """Every point once, and the events that wait; what was reported is not reported again."""
        fault = SILENT if self.is_silent(now_s) else ""
        found: list[Observation] = [
            Sample(self._device, each.point.key, None, fault=fault or each.fault)
            if fault or each.fault
            else Sample(self._device, each.point.key, each.told(now_s))
            for each in self._counts
        ]
        return [*found, *self.news(now_ms=now_ms)]

    def news(self, *, now_ms: int) -> Sequence[Happening]:
        """The events that wait, among them that lines came too fast to be looked at."""
        if self._overrun and OVERRUN in self._events:
            facts: dict[str, Scalar] = {"lines": self._overrun}
            self._happenings.append(Happening(self._device, f"overrun-{now_ms}", OVERRUN, None, facts))
        self._overrun = 0
        happened, self._happenings = self._happenings, []
        return happened

    def _happen(self, kind: str, line: Line, *, now_s: float, now_ms: int) -> None:
        if not self._connection.events_per_min or not self._told.take(now_s):
            self._untold += 1
            return
        facts = _facts(line, self._connection.line_chars)
        if self._untold:
            facts["untold"] = self._untold
            self._untold = 0
        believed = line.said_at is not None and abs(line.said_at - now_ms) <= BELIEVED_MS
        seed = f"{kind}\n{line.raw}" + ("" if line.stamp else f"\n{now_ms}.{self._serial}")
        name = hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:32]
        self._happenings.append(Happening(self._device, name, kind, line.said_at if believed else None, facts))


def _facts(line: Line, line_chars: int) -> dict[str, Scalar]:
    """What an event tells of a line: bounded, and without what a terminal or a page would obey."""
    said = {
        "host": line.host,
        "app": line.app,
        "source": next((line.fields[name] for name in SOURCES if name in line.fields), ""),
        "user": next((line.fields[name] for name in USERS if name in line.fields), ""),
    }
    facts: dict[str, Scalar] = {name: _printable(text, SHORT) for name, text in said.items() if text}
    if line_chars:
        facts["line"] = _printable(line.text, line_chars)
    if line.severity is not None:
        facts["severity"] = line.severity
    return facts


def _printable(text: str, longest: int) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:longest])
