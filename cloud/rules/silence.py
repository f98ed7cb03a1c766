"""Judges silence: since when the centre listens, and whether a device has been silent for too long."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from cloud.rules.absence import Absences
from cloud.rules.course import Move
from cloud.rules.follow import apply_move
from cloud.rules.kinds.stale import Stale
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch

DEAF_MS = 60_000  # ticks further apart mean that the centre did not listen in between
KEEP_MS = 10_000  # how often the last tick is kept


@dataclass(frozen=True, slots=True)
class Hearing:
    """How the centre listens.

    `deaf_ms`: looks further apart than this mean that it did not listen in between. `in_step`: one hand sends what
    everybody says, so nobody has been silent beyond the newest reading of anybody (exercises on a fast story).
    """

    deaf_ms: int = DEAF_MS
    in_step: bool = False


IN_SERVICE: Final = Hearing()


@dataclass(slots=True)
class Ears:
    """Since when the centre listens. What it could not hear is nobody's silence. Mutable; the judge owns it."""

    last: int = 0
    since: int = 0
    kept: int = 0

    def listen(self, now: int, *, deaf_ms: int) -> bool:
        """Takes note that the centre listens now; true when that is worth keeping."""
        deaf = now - self.last > deaf_ms
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


def follow_silence(track: Track, watch: Watch, *, since: int, absences: Absences, turn: Turn) -> float:
    """Steps a stale rule to now; returns when its next level can be due. Its gateway's absence does not count."""
    kind, course = track.rule.kind, track.course
    if not isinstance(kind, Stale):
        return math.inf
    heard = watch.seen.get(track.rule.selector.point, 0)
    last = absences.skip(watch.gateway, heard)
    before = course.live.level
    base = last if before else max(last, since)
    silent_s = (turn.now - base) / 1000
    if before:  # only a sign of life ends it, not that some of the silence is excused
        silent_s = max(silent_s, min((turn.now - heard) / 1000, kind.levels[before - 1].after_s))
    standing = kind.step(course.live, turn.now, silent_s)
    after = standing.level
    course = replace(course, live=standing)
    if after > before:
        after_s = kind.levels[after - 1].after_s
        move = Move(base + round(after_s * 1000), before, after, after_s)
        course = apply_move(track, watch, course, move=move, turn=turn)
    elif after < before:
        course = apply_move(track, watch, course, move=Move(heard, before, after, 0.0), turn=turn)
    turn.follow(track, watch, course)
    if after == len(kind.levels):
        return math.inf
    base = last if after else max(last, since)  # what the next step will count from
    return base + kind.levels[after].after_s * 1000
