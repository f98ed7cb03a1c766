"""Counts what crosses lines, interval by interval, and says how far the count can be trusted.

    picture ─▶ background ─▶ blobs ─▶ tracks ─▶ crossings ─▶ at the end of each interval: counts and their quality

The quality, 0 to 1, is the product of what may go wrong: the share of the interval that was watched, the light, and the
mean confidence in what was counted (how often a thing was seen before it crossed, how clearly it stood out, whether it
was covered) together with what got lost before it could cross. An interval that was not watched, or whose quality is
too low, has no count: unknown is never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from edge_agent.vision import background, tracks
from edge_agent.vision.background import BLOCK_PX, Ground, Standing
from edge_agent.vision.blobs import Blob, blobs
from edge_agent.vision.config import CountConfig, Line
from edge_agent.vision.geometry import Fence
from edge_agent.vision.picture import Frame, Seen, View
from edge_agent.vision.tracks import Course, Track, Tracks

KINDS = ("vehicles_forth", "vehicles_back", "people_forth", "people_back")
MEASURES = (*KINDS, "vehicles_per_h", "speed_kmh", "occupancy_pct", "count_quality")
LEARNING, INTERRUPTED, UNSURE, NO_VEHICLE = "learning", "interrupted", "unsure", "no_vehicle"
KMH = 3.6
LEAST_THING_M2 = 0.25  # square metres as seen; less is a dog, a bag or a branch
GAP_M = 0.3  # a windscreen that has the colour of the street must not cut a car in two
FULL_LIGHT = 70.0  # mean grey level from which on light is no excuse
NO_LIGHT = 20.0
CLEAR = 1.8  # a thing that exceeds the limit by so much stands out clearly
EVERYTHING = 0.5  # when so much of the street stands out, the light jumped or the camera shook
LONGEST_STEP_S = 2.0  # after a longer pause nobody knows who is who


@dataclass(frozen=True, slots=True)
class Crossing:
    """One thing that went over a line."""

    line: str
    kind: str
    confidence: float
    speed_kmh: float


@dataclass(frozen=True, slots=True)
class Interval:
    """What has been found since it began."""

    began: float
    watched_s: float = 0.0
    light: float = 0.0  # sum over watched seconds
    crossings: tuple[Crossing, ...] = ()
    lost: int = 0
    covered_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """Everything remembered from picture to picture."""

    interval: Interval
    ground: Ground | None = None
    tracks: Tracks = field(default_factory=Tracks)
    at: float | None = None  # of the last picture that was good enough


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """What stays the same: the lines in blocks, and what may be seen."""

    config: CountConfig
    fences: tuple[Fence, ...]
    course: Course
    seen: Seen


def counting_of(config: CountConfig, lines: Sequence[Line], view: View) -> Counting:
    """The lines on this picture."""
    seen = view.pixels[::BLOCK_PX, ::BLOCK_PX]
    rows, columns = view.pixels.shape[0] // BLOCK_PX, view.pixels.shape[1] // BLOCK_PX
    fences = tuple(Fence(line, columns=columns, rows=rows) for line in lines)
    per_m = sum(fence.per_m for fence in fences) / max(1, len(fences))
    course = Course(columns, rows, per_m, config.fastest_kmh / KMH * per_m)
    return Counting(config, fences, course, np.ascontiguousarray(seen[:rows, :columns]))


def step(counting: Counting, state: Count | None, frame: Frame, at: float, *, doubt: str, light: float) -> Count:
    """The state after one more picture; in doubt (frozen, turned away ...) the picture does not count as watched."""
    state = state or Count(Interval(at))
    if doubt:
        return replace(state, tracks=Tracks(usual=state.tracks.usual), at=None)
    ground, standing = background.step(counting.config, counting.seen, state.ground, frame, at)
    if standing is None or standing.share > EVERYTHING:
        return replace(state, ground=ground, tracks=Tracks(usual=state.tracks.usual), at=None)
    followed = state.at is not None and at - state.at <= LONGEST_STEP_S
    before = state.tracks if followed else Tracks(usual=state.tracks.usual, next_number=state.tracks.next_number)
    found = _things(counting, standing)
    now = tracks.step(counting.course, before, found, at)
    crossings, now = _crossings(counting, now)
    passed_s = at - state.at if state.at is not None and followed else 0.0
    interval = _grown(counting, state.interval, standing, (crossings, now), (passed_s, light))
    return Count(interval, ground, now, at)


def is_due(counting: Counting, state: Count, at: float) -> bool:
    """True when the interval is over."""
    return at - state.interval.began >= counting.config.interval_s


def begun_anew(state: Count, at: float) -> Count:
    """The next interval."""
    return replace(state, interval=Interval(at))


def told(counting: Counting, state: Count, at: float) -> tuple[dict[str, float | bool], dict[str, str]]:
    """Values and unknowns of the interval that ends now, by `measure.line`."""
    values: dict[str, float | bool] = {}
    unknown: dict[str, str] = {}
    lasted_s = max(1e-3, at - state.interval.began)
    for fence in counting.fences:
        crossings = [one for one in state.interval.crossings if one.line == fence.name]
        quality, watched = _quality(state.interval, crossings, lasted_s)
        why = _why(counting.config, state, quality, watched)
        numbers = {} if why else _numbers(state.interval, fence.name, crossings)
        numbers["count_quality"] = round(quality, 3)
        values |= {f"{measure}.{fence.name}": number for measure, number in numbers.items()}
        unknown |= {f"{measure}.{fence.name}": why or NO_VEHICLE for measure in MEASURES if measure not in numbers}
    return values, unknown


def _numbers(interval: Interval, line: str, crossings: Sequence[Crossing]) -> dict[str, float]:
    """Everything that a trusted interval says about one line; no mean speed without a vehicle."""
    watched_s = max(1e-3, interval.watched_s)
    numbers = {kind: float(sum(one.kind == kind for one in crossings)) for kind in KINDS}
    speeds = [one.speed_kmh for one in crossings if one.kind.startswith("vehicles")]
    numbers["vehicles_per_h"] = len(speeds) * 3600 / watched_s
    numbers["occupancy_pct"] = min(100.0, 100 * interval.covered_s.get(line, 0.0) / watched_s)
    if speeds:
        numbers["speed_kmh"] = sum(speeds) / len(speeds)
    return numbers


def _why(config: CountConfig, state: Count, quality: float, watched: float) -> str:
    if state.ground is None or state.ground.usual is None:
        return LEARNING
    if watched < config.least_observed:
        return INTERRUPTED
    return UNSURE if quality < config.least_quality else ""


def _quality(interval: Interval, crossings: Sequence[Crossing], lasted_s: float) -> tuple[float, float]:
    """How far the count can be trusted, and the share of the interval that was watched."""
    watched = min(1.0, interval.watched_s / lasted_s)
    light = interval.light / interval.watched_s if interval.watched_s else 0.0
    sure = sum(one.confidence for one in crossings)
    possible = len(crossings) + interval.lost
    return watched * light * (sure / possible if possible else 1.0), watched


def _things(counting: Counting, standing: Standing) -> list[Blob]:
    per_m = counting.course.per_m
    least = max(6, round(LEAST_THING_M2 * per_m * per_m))
    return blobs(standing.blocks, standing.excess, least_area=least, gap=max(1, round(GAP_M * per_m)))


def _crossings(counting: Counting, now: Tracks) -> tuple[list[Crossing], Tracks]:
    """Who crossed with this picture; each track crosses each line once in each direction."""
    crossings: list[Crossing] = []
    alive: list[Track] = []
    for track in now.alive:
        crossed = track.crossed
        for fence in counting.fences:
            way = fence.crossed(track.before, track.spot)
            name = f"{fence.name}:{way}"
            if way and name not in crossed:
                crossed = (crossed - {f"{fence.name}:{-way}"}) | {name}
                crossings.append(_crossing(counting.config, fence, track, way))
        alive.append(replace(track, crossed=crossed) if crossed is not track.crossed else track)
    return crossings, replace(now, alive=tuple(alive))


def _crossing(config: CountConfig, fence: Fence, track: Track, way: int) -> Crossing:
    speed_kmh = float(np.hypot(*track.speed)) / fence.per_m * KMH
    is_person = track.width / fence.per_m <= config.person_m and speed_kmh <= config.person_kmh
    kind = f"{'people' if is_person else 'vehicles'}_{'forth' if way > 0 else 'back'}"
    return Crossing(fence.name, kind, _confidence(track), speed_kmh)


def _confidence(track: Track) -> float:
    """How sure it is that this was one thing, and that it went this way."""
    known = {1: 0.4, 2: 0.85}.get(track.pictures, 1.0)
    clear = min(1.0, 0.4 + 0.6 * max(0.0, track.contrast - 1) / (CLEAR - 1))
    return known * clear * (0.7 if track.covered else 1.0)


def _grown(
    counting: Counting,
    interval: Interval,
    standing: Standing,
    found: tuple[Sequence[Crossing], Tracks],
    passed: tuple[float, float],
) -> Interval:
    crossings, now = found
    passed_s, light = passed
    covered = dict(interval.covered_s)
    for fence in counting.fences:
        if standing.blocks[fence.spots()].mean() > 0.02:
            covered[fence.name] = covered.get(fence.name, 0.0) + passed_s
    share = min(1.0, max(0.0, (light - NO_LIGHT) / (FULL_LIGHT - NO_LIGHT)))
    return replace(
        interval,
        watched_s=interval.watched_s + passed_s,
        light=interval.light + share * passed_s,
        crossings=(*interval.crossings, *crossings),
        lost=interval.lost + sum(_might_have_crossed(counting, track) for track in now.lost),
        covered_s=covered,
    )


def _might_have_crossed(counting: Counting, track: Track) -> bool:
    """A thing that was followed for a while, vanished in mid-picture and crossed nothing."""
    margin = 0.12 * counting.course.columns
    inner = margin < track.spot[0] < counting.course.columns - margin
    return inner and track.pictures >= tracks.SURE and not track.crossed
