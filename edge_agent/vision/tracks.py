"""Things followed from picture to picture: each blob goes to the track that expected it there.

A track knows its speed after two pictures. Until then it expects what others did that went along the same row of the
picture, because at two pictures a second a car is further on than it is long. A track whose place is covered by
another's blob (somebody overtakes, stands in front) coasts on unseen for a moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from edge_agent.vision.blobs import Blob

COAST_S = 1.6  # as long may a thing be covered by another
LOST_S = 0.7  # or simply not be seen
MOST_TRACKS = 100
BANDS = 24  # rows of the picture with a usual direction each
USUAL_WEIGHT = 0.2  # of the newest in what is usual
SLACK_M = 1.2  # a blob's middle wanders by so much while it enters or is half covered
SURE = 3  # pictures after which a speed can be relied on

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Course:
    """What is the same for all tracks of a camera: sizes in blocks, and how far a thing can get."""

    columns: int
    rows: int
    per_m: float
    fastest: float  # blocks per second


@dataclass(frozen=True, slots=True)
class Track:
    """One thing on its way."""

    number: int
    spot: Spot
    before: Spot
    at: float  # when it was last seen
    speed: Spot  # blocks per second
    widths: tuple[float, ...]
    contrast: float
    pictures: int = 1
    covered: bool = False
    began: Spot = (0.0, 0.0)
    crossed: frozenset[str] = frozenset()

    @property
    def width(self) -> float:
        """Its usual width: the middle of those seen whole."""
        ordered = sorted(self.widths)
        return ordered[len(ordered) // 2]


@dataclass(frozen=True, slots=True)
class Tracks:
    """All that is under way, what was lost with the last picture, and which way things usually go in each band."""

    alive: tuple[Track, ...] = ()
    lost: tuple[Track, ...] = ()
    usual: Mapping[int, Spot] = field(default_factory=dict)
    next_number: int = 1
    at: float = 0.0


def step(course: Course, state: Tracks, found: Sequence[Blob], at: float) -> Tracks:
    """The state after one more picture."""
    passed_s = at - state.at
    pairs = _pairs(course, state, found, at)
    alive: list[Track] = []
    lost: list[Track] = []
    for track in state.alive:
        blob = pairs.get(track.number)
        if blob is not None:
            alive.append(_seen(course, track, blob, at, passed_s))
            continue
        going = _unseen(course, track, found, at, passed_s)
        (alive if going else lost).append(going or track)
    taken = set(map(id, pairs.values()))
    new = [blob for blob in found if id(blob) not in taken][: max(0, MOST_TRACKS - len(alive))]
    alive += [_begun(state.next_number + place, blob, at) for place, blob in enumerate(new)]
    usual = dict(state.usual)
    for track in alive:
        if track.pictures >= SURE and track.at == at:
            _learn(course, usual, track)
    return Tracks(tuple(alive), tuple(lost), usual, state.next_number + len(new), at)


def _pairs(course: Course, state: Tracks, found: Sequence[Blob], at: float) -> dict[int, Blob]:
    """The nearest first; each track and each blob once."""
    near: list[tuple[float, int, int]] = []
    for track in state.alive:
        expected, reach = _expected(course, state, track, at)
        for place, blob in enumerate(found):
            x, y = blob.middle
            away = ((x - expected[0]) ** 2 + (2 * (y - expected[1])) ** 2) ** 0.5  # streets run more across than up
            if away <= reach:
                near.append((away / reach + _unlike(track, blob), track.number, place))
    pairs: dict[int, Blob] = {}
    taken: set[int] = set()
    for _, number, place in sorted(near):
        if number not in pairs and place not in taken:
            pairs[number] = found[place]
            taken.add(place)
    return pairs


def _expected(course: Course, state: Tracks, track: Track, at: float) -> tuple[Spot, float]:
    """Where the track should be now, and how far off it may be."""
    passed_s = at - state.at  # a track that coasts has moved on with every picture
    slack = SLACK_M * course.per_m + 0.3 * track.width
    if track.pictures > 1:
        speed = track.speed
        reach = slack + (0.25 if track.pictures >= SURE else 0.5) * passed_s * (abs(speed[0]) + abs(speed[1]))
    else:
        usual = state.usual.get(_band(course, track.spot))
        speed = usual or (0.0, 0.0)
        reach = slack + passed_s * (0.6 * (abs(speed[0]) + abs(speed[1])) if usual else course.fastest)
    return (track.spot[0] + speed[0] * passed_s, track.spot[1] + speed[1] * passed_s), reach


def _unlike(track: Track, blob: Blob) -> float:
    """Another size is another thing, unless it is just coming into view."""
    smaller, larger = sorted((max(1.0, track.width), float(max(1, blob.width))))
    return 0.3 * (1 - smaller / larger)


def _seen(course: Course, track: Track, blob: Blob, at: float, passed_s: float) -> Track:
    spot, passed_s = blob.middle, max(1e-3, passed_s)
    speed = ((spot[0] - track.spot[0]) / passed_s, (spot[1] - track.spot[1]) / passed_s)
    if track.pictures > 1:
        speed = (0.5 * speed[0] + 0.5 * track.speed[0], 0.5 * speed[1] + 0.5 * track.speed[1])
    whole = blob.left > 0 and blob.right < course.columns
    widths = (*track.widths[-8:], float(blob.width)) if whole or not track.widths else track.widths
    return replace(
        track,
        spot=spot,
        before=track.spot,
        at=at,
        speed=speed,
        widths=widths,
        contrast=0.7 * track.contrast + 0.3 * blob.contrast,
        pictures=track.pictures + 1,
        covered=False,
    )


def _unseen(course: Course, track: Track, found: Sequence[Blob], at: float, passed_s: float) -> Track | None:
    """The track coasting on, or None when it is lost."""
    spot = (track.spot[0] + track.speed[0] * passed_s, track.spot[1] + track.speed[1] * passed_s)
    inside = 0 <= spot[0] <= course.columns and 0 <= spot[1] <= course.rows
    covered = any(b.left <= spot[0] <= b.right and b.top <= spot[1] <= b.bottom for b in found)
    if track.pictures < 2 or not inside or at - track.at > (COAST_S if covered else LOST_S):
        return None
    return replace(track, before=track.spot, spot=spot, covered=True)


def _begun(number: int, blob: Blob, at: float) -> Track:
    spot = blob.middle
    return Track(number, spot, spot, at, (0.0, 0.0), (float(blob.width),), blob.contrast, began=spot)


def _learn(course: Course, usual: dict[int, Spot], track: Track) -> None:
    band = _band(course, track.spot)
    known = usual.get(band, track.speed)
    usual[band] = (
        known[0] + USUAL_WEIGHT * (track.speed[0] - known[0]),
        known[1] + USUAL_WEIGHT * (track.speed[1] - known[1]),
    )


def _band(course: Course, spot: Spot) -> int:
    return min(BANDS - 1, max(0, int(spot[1] * BANDS / course.rows)))
