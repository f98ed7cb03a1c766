"""Judges silence: since when the centre listens, and whether a device has been silent for too long."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import msgspec

from cloud.rules.course import Move
from cloud.rules.follow import apply_move
from cloud.rules.kinds.stale import Stale
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch

DEAF_MS = 60_000  # ticks further apart mean that the centre did not listen in between
KEEP_MS = 10_000  # how often the last tick is kept


@dataclass(slots=True)
class Ears:
    """Since when the centre listens. What it could not hear is nobody's silence. Mutable; the judge owns it."""

    last: int = 0
    since: int = 0
    kept: int = 0

    def listen(self, now: int) -> bool:
        """Takes note that the centre listens now; true when that is worth keeping."""
        deaf = now - self.last > DEAF_MS
        if deaf:
            self.since = now
        self.last = now
        if not deaf and now - self.kept < KEEP_MS:
            return False
        self.kept = now
        return True

    def encode(self) -> str:
        """The ears as JSON text, for a RuleStateRow."""
        return msgspec.json.encode(self).decode()


def decode_ears(text: str) -> Ears:
    """The ears in a RuleStateRow."""
    return msgspec.json.decode(text, type=Ears)


def follow_silence(track: Track, watch: Watch, *, since: int, turn: Turn) -> float:
    """Steps a stale rule to now; returns when its next level can be due."""
    kind, course = track.rule.kind, track.course
    if not isinstance(kind, Stale):
        return math.inf
    last = watch.seen.get(track.rule.selector.point, 0)
    base = last if course.live.level else max(last, since)
    standing = kind.step(course.live, turn.now, (turn.now - base) / 1000)
    before, after = course.live.level, standing.level
    course = replace(course, live=standing)
    if after != before:
        at = base + round(kind.levels[after - 1].after_s * 1000) if after > before else base
        course = apply_move(track, watch, course, move=Move(at, before, after, (at - base) / 1000), turn=turn)
    turn.follow(track, watch, course)
    if after == len(kind.levels):
        return math.inf
    base = last if after else max(last, since)  # what the next step will count from
    return base + kind.levels[after].after_s * 1000
