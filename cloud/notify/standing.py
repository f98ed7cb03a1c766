"""What one recipient was told lately, and hence what they are told now: the stages group, deduplicate and limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from cloud.notify.lines import Item, Line, read
from cloud.notify.pace import Pace
from cloud.notify.rate import Permits
from cloud.store.rows import NoticeRow

DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: by the wall in ms since 1970 UTC, and by a count of seconds that never jumps."""

    ms: int
    s: float

    def after(self, seconds: float) -> int:
        """So many seconds later, in ms since 1970 UTC."""
        return self.ms + ceil(seconds * 1000)


@dataclass(slots=True)
class Parcel:
    """What one recipient is sent, and what is kept. `digest` makes one notice of many lines; mutable while packed."""

    digest: Callable[[Sequence[Line], bool], NoticeRow]
    send: list[Item] = field(default_factory=list)
    rows: list[NoticeRow] = field(default_factory=list)
    new: list[NoticeRow] = field(default_factory=list)
    rewritten: list[NoticeRow] = field(default_factory=list)

    def tell(self, line: Line) -> None:
        """Sends the last word on an alarm; the notices before it went out in it."""
        carrier = line.item.row
        self.send.append(line.item)
        if len(line.rows) > 1:
            self.rewritten.append(carrier)
            self.rows.extend(_in(carrier, row) for row in line.rows if row.key != carrier.key)

    def tell_together(self, lines: Sequence[Line], *, urgent: bool) -> None:
        """Sends one notice about all of them."""
        if len(lines) == 1:
            self.tell(lines[0])
            return
        digest = self.digest(lines, urgent)
        self.new.append(digest)
        self.send.append(read(digest))
        self.rows.extend(_in(digest, row) for line in lines for row in line.rows)

    def keep(self, lines: Sequence[Line], *, until: int) -> None:
        """Leaves them for later."""
        self.rows.extend(replace(row, due_at=until) for line in lines for row in line.rows)


class Standing:
    """One recipient. Emergencies have permits of their own: mild notices never take them."""

    def __init__(self, pace: Pace) -> None:
        self._group_s = pace.group_s
        self._urgent = Permits(pace.per_minute)
        self._mild = Permits(pace.per_minute)
        self._gathering_until = 0.0
        self._is_gathering = False  # there are some that wait for the end

    def pack(self, lines: Sequence[Line], parcel: Parcel, at: Moment) -> None:
        """Says of lines, the worst first, what is sent now, what together, and what waits."""
        urgent = [line for line in lines if line.item.is_urgent]
        mild = [line for line in lines if not line.item.is_urgent]
        if urgent:
            _limit(urgent, self._urgent, parcel=parcel, at=at, urgent=True)
        if mild and not self._group_s:
            _limit(mild, self._mild, parcel=parcel, at=at, urgent=False)
        elif mild:
            self._group(mild, parcel, at)

    def _group(self, lines: Sequence[Line], parcel: Parcel, at: Moment) -> None:
        """The first of a calm time leaves at once; what comes within `group_s` behind it leaves together."""
        wait_s = max(self._gathering_until - at.s, self._mild.wait_s(at.s))
        if wait_s > 0:
            self._is_gathering = True
            parcel.keep(lines, until=at.after(wait_s))
            return
        self._mild.take(1, at.s)
        self._gathering_until = at.s + self._group_s
        if self._is_gathering:
            parcel.tell_together(lines, urgent=False)
            rest: Sequence[Line] = ()
        else:
            parcel.tell(lines[0])
            rest = lines[1:]
            parcel.keep(rest, until=at.after(self._group_s))
        self._is_gathering = bool(rest)


def _limit(lines: Sequence[Line], permits: Permits, *, parcel: Parcel, at: Moment, urgent: bool) -> None:
    """One by one as far as permits reach; the last permit takes all the rest."""
    given = permits.take(len(lines), at.s)
    if not given:
        parcel.keep(lines, until=at.after(permits.wait_s(at.s)))
        return
    singles = given if given == len(lines) else given - 1
    for line in lines[:singles]:
        parcel.tell(line)
    if lines[singles:]:
        parcel.tell_together(lines[singles:], urgent=urgent)


def _in(carrier: NoticeRow, row: NoticeRow) -> NoticeRow:
    return replace(row, state=DIGEST, digest=carrier.key, error="")
