"""What one turn of the judge changes: collected while rules step, handed out as rows at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cloud.alarms.book import AlarmBook, Change, Key, key_of
from cloud.alarms.flap import in_words, voice
from cloud.alarms.lifecycle import LATCHED
from cloud.alarms.mutes import Mutes
from cloud.alarms.planned import out_of_service
from cloud.notify.content import NoticeKind
from cloud.rules.announce import Announcer
from cloud.rules.causes import SUPPRESSED, Causes
from cloud.rules.course import Course, encode_course
from cloud.rules.review_marks import Marks
from cloud.rules.scope import Geography
from cloud.rules.watch import Track, Watch
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns, NoticeRow, RuleStateRow


@dataclass(slots=True)
class Turn:
    """One call of the judge. `now` is when the news arrived; news older than `late_ms` pages nobody."""

    now: int
    late_ms: int
    book: AlarmBook
    announcer: Announcer
    mutes: Mutes = field(default_factory=Mutes)
    marks: Marks = field(default_factory=Marks)
    causes: Causes = field(default_factory=lambda: Causes(Geography()))
    listener: Callable[[Turn, Change], None] | None = None  # hears of every change of an alarm, at once
    historian: Callable[[Turn, AlarmRow, int], None] | None = None  # hears from when on an alarm's past was put right
    rows: list[RuleStateRow] = field(default_factory=list)  # of the mutes and marks
    alarms: dict[str, AlarmRow] = field(default_factory=dict)
    history: list[AlarmHistoryRow] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)
    derived: list[Columns] = field(default_factory=list)
    watches: dict[tuple[str, str], Watch] = field(default_factory=dict)
    kept: dict[Key, RuleStateRow] = field(default_factory=dict)  # of groups and causes
    courses: dict[Key, Course | None] = field(default_factory=dict)

    def fresh(self, observed_at: int) -> bool:
        """True when what happened then is still news."""
        return self.now - observed_at <= self.late_ms

    def mark(self, key: Key, *, since: int) -> None:
        """Has a rule look at the past again from a time on."""
        row = self.marks.put(key, since=since, now=self.now)
        self.rows.extend([row] if row else [])

    def revised(self, alarm: AlarmRow, since: int) -> None:
        """Takes down that the past of an alarm's rule and place is another than it was, from a time on."""
        if self.historian is not None:
            self.historian(self, alarm, since)

    def keep(self, change: Change) -> None:
        """Takes down an alarm's change, and whatever follows from it at once."""
        self.alarms[change.alarm.id] = change.alarm
        self.history.append(change.history)
        self.causes.active.take(change.alarm)
        self._mark(change)
        self._name(change.alarm)
        if self.listener is not None:
            self.listener(self, change)

    def _mark(self, change: Change) -> None:
        """Takes down that an alarm is raised in planned work, and that it flaps."""
        alarm, line = change.alarm, change.history
        if line.what == "raised":
            work = self.mutes.planned.covering(key_of(alarm), site=alarm.site, at=self.now)
            if work is not None and work.began:
                self.history.append(out_of_service(work, alarm, at=self.now))
        flaps = self.mutes.flaps
        if line.what in ("raised", "escalated"):
            lines, rows = flaps.raised(alarm, observed_at=line.observed_at, now=self.now)
            self.history.extend(lines)
            self.rows.extend(rows)
        elif not alarm.open and (flap := flaps.of(key_of(alarm))) is not None:
            self.rows.append(flaps.put(replace(flap, alarm=alarm)))

    def muted(self, key: Key, *, site: str = "") -> str:
        """Why people are told nothing of this problem now, as one word; "" = tell. The one place that decides.

        `site` is where the problem is; needed when there is no open alarm of it any more.
        """
        alarm = self.book.open_alarm(key)
        site = site or (alarm.site if alarm else "")
        said = self.mutes.why(key, site=site, now=self.now)
        return said or (SUPPRESSED if self.causes.of(key, site, now=self.now) is not None else "")

    def tell(self, track: Track, alarm: AlarmRow, kind: NoticeKind, *, observed_at: int) -> None:
        """Writes the notices of a change, unless the problem is muted; what latches is over when it is reset."""
        if kind == "cleared" and alarm.state in LATCHED:
            return
        alarm = self.alarms.get(alarm.id, alarm)
        if self.mutes.why(key_of(alarm), site=alarm.site, now=self.now) or self._is_withheld(alarm, kind):
            return
        flap = self.mutes.flaps.of(key_of(alarm))
        if flap is not None:
            said, then = voice(flap, kind, alarm.severity)
            self.rows.extend([self.mutes.flaps.put(then)] if then != flap else [])
            if not said:
                return
            kind, limits = said, self.mutes.flaps.limits_of(alarm.rule)
            alarm = in_words(flap, alarm, limits) if said == "flapping" else alarm
        self.notices.extend(
            self.announcer.notices(track.rule, alarm, kind, observed_at=observed_at, received_at=self.now)
        )

    def _is_withheld(self, alarm: AlarmRow, kind: NoticeKind) -> bool:
        """True when people hear of the alarm's cause instead; the cause then names it."""
        heard = self.causes.hear(alarm, kind, now=self.now, begins=lambda: self._begins(alarm.id))
        self.history.extend(heard.lines)
        self.kept.update({(row.rule, row.gateway, row.device): row for row in heard.rows})
        if heard.lines and heard.cause is not None:
            self._name(heard.cause)
        return heard.quiet

    def _begins(self, alarm: str) -> bool:
        """True when the last thing in this turn that happened to an alarm is that it was raised."""
        return next((line.what == "raised" for line in reversed(self.history) if line.alarm == alarm), True)

    def _name(self, alarm: AlarmRow) -> None:
        """Lets the alarm of a cause name what it stands for."""
        named = self.causes.named(alarm)
        if named is not alarm:
            self.book.amend(named)
            self.causes.active.take(named)
            self.alarms[named.id] = named

    def follow(self, track: Track, watch: Watch, course: Course) -> None:
        """Moves a rule on, and takes that down when it is a change."""
        if course == track.course:
            return
        watch.move(track, course)
        self.courses[track.rule.id, watch.gateway, watch.device] = course

    def states(self, seen_as: str) -> list[RuleStateRow]:
        """The rows of everything that moved; what was seen of devices goes under the rule name `seen_as`."""
        seen = [RuleStateRow(seen_as, watch.gateway, watch.device, watch.state()) for watch in self.watches.values()]
        moved = [RuleStateRow(*key, encode_course(course) if course else None) for key, course in self.courses.items()]
        return [*seen, *moved, *self.kept.values(), *self.rows]
