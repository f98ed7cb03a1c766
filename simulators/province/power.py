"""Mains, batteries and lines: who has power, for how long without, and who reaches the centre."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TypeAlias

from simulators.province.climate import climate
from simulators.province.fleet import gateways
from simulators.scenarios.scenario import ScenarioFile
from simulators.scenarios.story import Cut

Spans: TypeAlias = Sequence[tuple[int, int]]  # begin and end, in ms since 1970 UTC

HOUR_MS = 3_600_000
CHARGES_H = 8.0  # an empty battery is full again after so long
SHED_H = (0.35, 0.6)  # a camera cabinet keeps its cameras so long; then only switch and router
CABINET_MIN = 45.0  # what a full cabinet battery is shown as


@dataclass(slots=True)
class Power:
    """Mains and lines of one story. Remembers which cuts strike a gateway."""

    story: ScenarioFile
    _off: dict[str, Spans] = field(default_factory=dict)
    _cut: dict[str, Spans] = field(default_factory=dict)

    def off_since(self, gateway: str, at_ms: int) -> int | None:
        """Since when a gateway's site has been without mains, in ms since 1970 UTC; None = it has mains."""
        return _since(self._offs(gateway), at_ms)

    def mains(self, gateway: str, at_ms: int) -> bool:
        """Whether the site has mains."""
        return self.off_since(gateway, at_ms) is None

    def off_h(self, gateway: str, at_ms: int) -> float:
        """Hours without mains so far; 0 with mains."""
        since = self.off_since(gateway, at_ms)
        return (at_ms - since) / HOUR_MS if since is not None else 0.0

    def runs(self, gateway: str, at_ms: int) -> bool:
        """Whether the gateway itself has power, from mains or its battery."""
        off_h = self.off_h(gateway, at_ms)
        return off_h == 0 or off_h <= battery_h(gateway)

    def link(self, gateway: str, at_ms: int) -> bool:
        """Whether it runs and reaches the centre."""
        if gateway not in self._cut:
            self._cut[gateway] = _spans(self.story.link_cuts, gateway)
        return self.runs(gateway, at_ms) and _since(self._cut[gateway], at_ms) is None

    def feeds_cameras(self, gateway: str, at_ms: int) -> bool:
        """Whether the cabinet still feeds its cameras: it sheds them first, to keep its switch and router."""
        return self.off_h(gateway, at_ms) <= SHED_H[0] + (SHED_H[1] - SHED_H[0]) * share_of(gateway)

    def battery_share(self, gateway: str, at_ms: int) -> float:
        """How full the battery is, 0 to 1: it empties without mains and charges afterwards."""
        whole = battery_h(gateway) or 0.5
        off_h = self.off_h(gateway, at_ms)
        if off_h > 0:
            return max(0.0, 1 - off_h / whole)
        last = self.last_cut(gateway, at_ms)
        if last is None:
            return 1.0
        lasted_h, back_h = last
        return min(1.0, 1 - min(1.0, lasted_h / whole) + back_h / CHARGES_H)

    def last_cut(self, gateway: str, at_ms: int) -> tuple[float, float] | None:
        """The last cut that is over: how many hours it took, and how many ago it ended."""
        over = [(end, begin) for begin, end in self._offs(gateway) if end <= at_ms]
        if not over:
            return None
        end, begin = max(over)
        return (end - begin) / HOUR_MS, (at_ms - end) / HOUR_MS

    def _offs(self, gateway: str) -> Spans:
        if gateway not in self._off:
            self._off[gateway] = _spans(self.story.power_cuts, gateway)
        return self._off[gateway]


@cache
def battery_h(gateway: str) -> float:
    """How long a gateway lives without mains: its kind's figure, a fifth more or less."""
    site = gateways()[gateway][0].site
    kinds = [kind for kind in climate().battery_h if site == kind or site.startswith(f"{kind}-")]
    hours = climate().battery_h[max(kinds, key=len)] if kinds else 0.0
    return hours * (0.8 + 0.4 * share_of(gateway))


def share_of(name: str) -> float:
    """A number from 0 to 1 that belongs to a name for ever."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big") / 2**32


def _spans(cuts: Sequence[Cut], gateway: str) -> Spans:
    return tuple((_ms(cut.begin), _ms(cut.end)) for cut in cuts if _strikes(cut, gateway))


def _since(spans: Spans, at_ms: int) -> int | None:
    return min((begin for begin, end in spans if begin <= at_ms < end), default=None)


def _strikes(cut: Cut, gateway: str) -> bool:
    named = gateway in cut.gateways or gateways()[gateway][0].area in cut.areas
    return named and (cut.share >= 1 or share_of(f"{cut.begin}:{gateway}") < cut.share)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
