"""Explains every stretch of a chart without readings, and names what came late, was doubted, refused or given up.

```
 stored   ####....####......######..........|now
 told           DDD                            declared drops, dead letters
 gaps         ss   ?  aaaaaa      aaaaaaaaaa   the rest: silent, or awaited from the gateway
```
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

GapKind = Literal["late", "doubtful", "dropped", "dead_lettered", "awaited", "silent"]
Hole = Literal["missing", "held"]
Link = Literal["online", "lost", "stopped", "never"]
Span = tuple[int, int]  # begin and end, ms since 1970 UTC


@dataclass(frozen=True, slots=True)
class Gap:
    """One stretch of time and what is to be said of it.

    `late` and `doubtful` readings are stored; the others are stretches that lack readings. `readings`: how many, 0 =
    nobody knows. `reason`: the countable word of a drop, a dead letter, a fault; or `held`, `backlog`, `missing`,
    `link_lost`, `stopped`, `unheard`. `arrived_at`: when the last late reading came.
    """

    kind: GapKind
    begin: int
    end: int
    readings: int = 0
    reason: str = ""
    arrived_at: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """How the device and its gateway stand now.

    `read_at`: when the device last answered. `backlog`: readings that the gateway holds. `holes`: stretches of
    sequences that the store lacks below newer ones, rising, and why. `held`: batches that the rules saw while our store
    was away.
    """

    link: Link = "online"
    fault: str = ""
    read_at: int = 0
    backlog: int = 0
    holes: Sequence[Hole] = ()
    held: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What is known between two times: stretches with stored readings (rising), and what we were told of others.

    `stale_ms`: the same for the last stretch when the device is known not to answer, or the gateway to be away.
    `is_live`: the end is now, so that the last stretch may still be filled. `since`: a device lacks nothing before.
    """

    begin: int
    end: int
    silence_ms: int  # shorter stretches without readings are the device's rhythm
    stored: Sequence[Span] = ()
    told: Sequence[Gap] = ()
    source: Source = field(default_factory=Source)
    is_live: bool = True
    since: int = 0
    stale_ms: int | None = None

    @property
    def least_ms(self) -> int:
        """The shortest stretch that is worth a word."""
        return self.silence_ms if self.stale_ms is None else min(self.stale_ms, self.silence_ms)


def explain(look: Look) -> list[Gap]:
    """Every gap, by time. What is silent or awaited never overlaps what is stored, refused or given up."""
    told = [gap for each in look.told if (gap := _clipped(each, look)) is not None]
    lost = [(gap.begin, gap.end) for gap in told if gap.kind in ("dropped", "dead_lettered")]
    empty = [
        piece for hole in _holes(look) for piece in _without(hole, sorted(lost)) if piece[1] - piece[0] > look.least_ms
    ]
    return sorted([*told, *_reasoned(empty, look)], key=lambda gap: (gap.begin, gap.end, gap.kind))


def _holes(look: Look) -> Iterator[Span]:
    """Stretches between stored readings that are longer than the device's rhythm; an answering device is not silent."""
    here = max(look.begin, look.since)
    for begin, end in look.stored:
        if begin - here > look.silence_ms:
            yield here, min(begin, look.end)
        here = max(here, end)
    if look.is_live and not _is_awaited(look.source):
        here = max(here, look.source.read_at)  # it answered, and had nothing new to report
    is_away = look.is_live and (look.source.link != "online" or bool(look.source.fault))
    if look.end - here > (look.least_ms if is_away else look.silence_ms):
        yield here, look.end


def _without(hole: Span, taken: Iterable[Span]) -> Iterator[Span]:
    here, last = hole
    for begin, end in taken:
        if end <= here or begin >= last:
            continue
        if begin > here:
            yield here, begin
        here = max(here, end)
    if here < last:
        yield here, last


def _reasoned(empty: Sequence[Span], look: Look) -> Iterator[Gap]:
    """The last one, open towards now, follows the gateway's word; of the others the newest are the ledger's holes.

    The ledger knows sequences, not times. An outage leaves one hole of sequences, and a gateway sends it in one go, so
    the holes belong to the newest stretches.
    """
    source = look.source
    closed = [span for span in empty if not (look.is_live and span[1] >= look.end)]
    awaited = dict(zip(reversed(closed), reversed(source.holes), strict=False))
    for span in empty:
        if span not in closed:
            yield _open(span, source)
        elif span in awaited:
            yield Gap("awaited", *span, reason=awaited[span])
        else:
            yield Gap("silent", *span)


def _open(span: Span, source: Source) -> Gap:
    if _is_awaited(source):
        return Gap("awaited", *span, reason="held" if source.held else "backlog" if source.backlog else "missing")
    words: dict[Link, str] = {"online": source.fault, "lost": "link_lost", "stopped": "stopped", "never": "unheard"}
    return Gap("silent", *span, reason=words[source.link])


def _is_awaited(source: Source) -> bool:
    """Whether the gateway holds readings, perhaps of this device: not of one that is known not to answer."""
    return bool(source.held or source.backlog or source.holes) and not (source.link == "online" and source.fault)


def _clipped(gap: Gap, look: Look) -> Gap | None:
    if gap.end < look.begin or gap.begin > look.end:
        return None
    return replace(gap, begin=max(gap.begin, look.begin), end=min(gap.end, look.end))
