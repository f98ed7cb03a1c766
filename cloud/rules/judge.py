"""The judge: feeds readings, silence and people's actions to the rules and says what changes."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from cloud.alarms.book import AlarmBook, Change
from cloud.alarms.mutes import Mutes
from cloud.rules.absence import Absences, Sign
from cloud.rules.announce import Announcer
from cloud.rules.causes import Causes
from cloud.rules.causes_follow import follow_causes
from cloud.rules.desk import Act
from cloud.rules.flapping import end_flaps
from cloud.rules.follow import follow_hold, indices_of
from cloud.rules.gateways import follow_gateways, forget_gateway
from cloud.rules.groups_alarms import follow_combination, look_around, mark_listeners
from cloud.rules.groups_roster import is_of_groups
from cloud.rules.observe import observe_block
from cloud.rules.planning import follow_planned
from cloud.rules.platform import Report, follow_platform
from cloud.rules.review_combinations import CombinationCase, combination_cases_of
from cloud.rules.review_groups import GroupCase
from cloud.rules.review_groups_settling import group_cases_of
from cloud.rules.review_marks import Mark, Marks
from cloud.rules.review_settling import Case, cases_of
from cloud.rules.roster import SEEN, Roster
from cloud.rules.rule_set import RuleSet
from cloud.rules.scope import Geography
from cloud.rules.shelving import end_shelves
from cloud.rules.silence import IN_SERVICE, Ears, Hearing, decode_ears, follow_silence
from cloud.rules.turn import Turn
from cloud.rules.watch import Track, Watch
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns, NoticeRow, RuleStateRow
from device_profiles.schema import Text

log = logging.getLogger(__name__)

EARS = "@ears"  # rule name of the row that keeps since when the centre listens
BATCHING_MS = 5_000  # a reading may wait so long at the gateway before it is counted as unsent
WITHDRAWN = "the rule was changed or withdrawn"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What changes: rows for one commit, and derived points for the reading store."""

    rule_states: Sequence[RuleStateRow] = ()
    alarms: Sequence[AlarmRow] = ()
    history: Sequence[AlarmHistoryRow] = ()
    notices: Sequence[NoticeRow] = ()
    derived: Sequence[Columns] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """What the judge must know of the inventory."""

    areas: Mapping[str, Sequence[str]] = field(default_factory=dict)  # site -> its area and all above it, upwards
    sites: Mapping[str, str] = field(default_factory=dict)  # gateway -> site
    names: Mapping[str, Text] = field(default_factory=dict)  # site -> name


@dataclass(frozen=True, slots=True)
class NoticeOptions:
    """Which channels exist, and when news is too old to page anybody."""

    channels: tuple[str, ...] = ()
    late_s: float = 900.0
    public_url: str = ""
    by_default: tuple[str, ...] | None = None  # the channels of a rule that names none; None = all
    platform_teams: tuple[str, ...] = ()  # told of the platform's own alarms


class Judge:
    """Single owner of rule standings and open alarms. Synchronous and without I/O.

    Changes become visible to others only through the returned rows; when their commit fails, build a new judge and
    `restore` it from the state store. `faults` names the rules that broke and no longer run; `late_readings` counts
    readings that came behind newer ones; `mutes` is what keeps problems from people, `marks` what must be reviewed.
    """

    def __init__(
        self,
        rules: RuleSet,
        alarms: AlarmBook,
        *,
        places: Places | None = None,
        notices: NoticeOptions | None = None,
        hearing: Hearing = IN_SERVICE,
    ) -> None:
        self._book = alarms
        self._places = places or Places()
        self._options = notices or NoticeOptions()
        geography = Geography(self._places.areas, self._places.sites)
        self._roster = Roster(alarms, geography)
        self._ears = Ears()
        self._hearing = hearing
        self._newest = 0  # reading of anybody
        self._absences = Absences()
        self.mutes = Mutes()
        self.causes = Causes(geography, self.mutes.suppressed)
        self.causes.is_pending = self._roster.groups.is_pending
        alarms.closed = self.mutes.flaps.closed
        self.marks = Marks()
        self._due = 0.0  # no silence can be due before
        self._heard: dict[tuple[str, str], Watch] = {}
        self._settled: dict[tuple[str, str], Watch] = {}
        self._broken: set[str] = set()
        self.faults: dict[str, str] = {}
        self.late_readings = 0
        self._take(rules)

    def restore(self, states: Sequence[RuleStateRow], alarms: Sequence[AlarmRow]) -> None:
        """Takes up where the rows stand: every rule state, and every open alarm."""
        self._book.restore(alarms)
        self._ears = next((decode_ears(row.state) for row in states if row.rule == EARS and row.state), Ears())
        self._absences.restore(states)
        self.mutes.restore(states)
        self.causes.restore(states, alarms)
        self.marks.restore(states)
        self._roster.restore(states)
        self._due = 0.0

    def replace(self, rules: RuleSet, *, now: int) -> Judgement:
        """Goes on with another rule set; alarms of rules that are gone or have other levels are cleared."""
        self._take(rules)
        return self._end(self._begin(now))

    def observe(self, columns: Sequence[Columns], *, received_at: int) -> Judgement:
        """Steps every matching rule through the good readings."""
        turn = self._begin(received_at)
        for block in columns:
            watch = self._roster.get(block.gateway, block.device)
            if watch is None or watch.profile != block.profile or watch.site != block.site:
                watch = self._place(block.gateway, block.device, block.profile, site=block.site)
            if block.times:
                self._newest = max(self._newest, block.times[-1])
            if watch.listened and block.times:
                self._observe_device(watch, block, turn)
        return self._end(turn)

    def heard(self, gateway: str, device: str, profile: str, at: int, *, settled: bool = False) -> None:
        """Notes a sign of life that brought no reading (`read_at` of a health document); 0 = never.

        `settled`: the gateway has nothing that we have not committed, so the device's values are still what we know.
        """
        watch = self._roster.get(gateway, device)
        if watch is None or watch.profile != profile:
            watch = self._place(gateway, device, profile, site=self._places.sites.get(gateway, ""))
        if settled:
            watch.unchanged_until = max(watch.unchanged_until, at - BATCHING_MS)
            self._settled[gateway, device] = watch
        if "" in watch.listened and at > watch.seen.get("", 0):
            watch.seen[""] = at
            self._heard[gateway, device] = watch
            if any(track.course.live.level for track in watch.silences):
                self._due = 0.0

    def tick(self, now: int, gateways: Iterable[Sign] = ()) -> Judgement:
        """Judges silence and holds. Call it about once a second, and only while the centre is listening.

        `gateways`: what the gateways last said. One that is away is an alarm; the silence behind it is not.
        """
        if self._hearing.in_step and self._newest:
            now = min(now, self._newest)
        turn = self._begin(now)
        since = self._ears.since
        keep = self._ears.listen(now, deaf_ms=self._hearing.deaf_ms)
        end_shelves(turn, self._roster)
        follow_causes(turn, self._roster)
        follow_planned(turn, self._roster)
        end_flaps(turn, self._roster)
        turn.watches.update(self._heard)
        self._heard = {}
        self._judge_holds(turn)
        states, back = self._absences.take(gateways, now=now, listening_since=self._ears.since)
        follow_gateways(turn, self._absences, back, sites=self._places.sites, watches=self._roster)
        if back or now >= self._due or self._ears.since != since:
            self._judge_silence(turn)
        if keep:
            states.append(RuleStateRow(EARS, "", "", self._ears.encode()))
        return self._end(turn, states)

    def derive(self, columns: Sequence[Columns]) -> list[Columns]:
        """The indices of readings that were judged before, worked out as those of late ones; nothing moves."""
        watched = ((self._roster.get(block.gateway, block.device), block) for block in columns)
        return [index for watch, block in watched if watch for index in indices_of(watch, block)]

    def leave(self, gateway: str, *, now: int) -> Judgement:
        """Forgets a gateway that is gone for good, with its devices; their alarms are cleared."""
        devices = self._roster.forget(gateway)
        for device in devices:
            self._heard.pop((gateway, device), None)
            self._settled.pop((gateway, device), None)
        turn = self._begin(now)
        forget_gateway(turn, self._absences, gateway)
        turn.rows.extend(RuleStateRow(SEEN, gateway, device, None) for device in devices)
        return self._end(turn)

    def platform(self, report: Report, *, now: int) -> Judgement:
        """Says what is wrong with the platform itself, or that nothing is; nothing when that is known."""
        turn = self._begin(now)
        follow_platform(turn, report)
        return self._end(turn)

    def act(self, work: Act, *, now: int) -> Judgement:
        """Somebody does something about an alarm (desk.py, shelving.py); AlarmError when where it stands forbids it."""
        turn = self._turn(now)  # nothing else is in it: what is refused leaves everything as it was
        work(turn, self._roster)
        return self._end(turn)

    def cases(self, marks: Sequence[Mark]) -> list[Case]:
        """What a review must know of the rules that marks are of (review.py)."""
        return cases_of(marks, self._roster)

    def group_cases(self, marks: Sequence[Mark]) -> list[GroupCase]:
        """The same of rules over several inputs (review_groups.py)."""
        return group_cases_of(marks, self._roster)

    def combination_cases(self, marks: Sequence[Mark]) -> list[CombinationCase]:
        """The same of rules that listen to others (review_combinations.py)."""
        return combination_cases_of(marks, self._roster, self.causes.active)

    def is_of_group(self, mark: Mark) -> bool:
        """True when a mark is of a rule over several inputs."""
        rule = self._roster.rule(mark.rule)
        return rule is not None and is_of_groups(rule)

    def guard(self, rule: str, work: Callable[[], None]) -> None:
        """Does something with a rule; one that breaks is named in `faults` and runs no more."""
        self._guarded(rule, work)

    def open_alarms(self) -> Sequence[AlarmRow]:
        """The open alarms as they stand."""
        return list(self._book)

    # --- readings ---------------------------------------------------------------------------------------------------

    def _observe_device(self, watch: Watch, block: Columns, turn: Turn) -> None:
        turn.watches[watch.gateway, watch.device] = watch
        self.late_readings += observe_block(watch, block, turn, self._guarded)
        for track in watch.silences:
            if track.course.live.level:
                self._guarded(track.rule.id, partial(self._listen_to, track, watch, turn))

    def _listen_to(self, track: Track, watch: Watch, turn: Turn) -> None:
        due = follow_silence(track, watch, since=self._ears.since, absences=self._absences, turn=turn)
        self._due = min(self._due, due)

    def _judge_silence(self, turn: Turn) -> None:
        self._due = math.inf
        for watch in self._roster:
            if self._absences.covers(watch.gateway):
                continue
            for track in watch.silences:
                self._guarded(track.rule.id, partial(self._listen_to, track, watch, turn))

    def _judge_holds(self, turn: Turn) -> None:
        settled, self._settled = self._settled, {}
        for watch in settled.values():
            for track in watch.holding():
                hold = partial(follow_hold, track, watch, until=watch.unchanged_until, turn=turn)
                self._guarded(track.rule.id, hold)

    def _guarded(self, rule: str, work: Callable[[], None]) -> None:
        """One faulty rule must not stop the others: it is logged, marked, and does not run again until replaced."""
        if rule in self.faults:
            return
        try:
            work()
        except Exception as error:
            log.exception("rule faulted", extra={"rule": rule})
            self.faults[rule] = f"{type(error).__name__}: {error}"
            self._broken.add(rule)

    # --- turns ------------------------------------------------------------------------------------------------------

    def _take(self, rules: RuleSet) -> None:
        self._roster.take(rules.running)
        self.causes.take(list(rules.rules.values()))
        self._is_new = True  # combinations have not looked around yet
        self.mutes.flaps.limits = {rule.id: rule.flap.limits for rule in rules.rules.values()}
        self._book.latching = frozenset(rule.id for rule in rules.rules.values() if rule.latch)
        options = self._options
        self._announcer = Announcer(
            rules.units,
            self._places.names,
            options.channels,
            options.public_url,
            platform_teams=options.platform_teams,
            by_default=options.by_default,
        )
        self.faults = {}
        self._due = 0.0

    def _place(self, gateway: str, device: str, profile: str, *, site: str) -> Watch:
        self._due = 0.0
        return self._roster.place(gateway, device, profile, site=site)

    def _turn(self, now: int) -> Turn:
        late_ms, book = round(self._options.late_s * 1000), self._book
        return Turn(
            now, late_ms, book, self._announcer, self.mutes, self.marks, self.causes, self._listen, self._revise
        )

    def _listen(self, turn: Turn, change: Change) -> None:
        for rule in self._roster.groups.listeners(change.alarm.rule):
            self._guarded(rule.id, partial(follow_combination, rule, change, turn, self._roster.groups))

    def _revise(self, turn: Turn, alarm: AlarmRow, since: int) -> None:
        for rule in self._roster.groups.listeners(alarm.rule):
            self._guarded(rule.id, partial(mark_listeners, rule, alarm, turn, self._roster.groups, since=since))

    def _begin(self, now: int) -> Turn:
        turn = self._turn(now)
        for key, course in self._roster.take_orphans():
            if self._roster.is_active(key):
                turn.keep(self._book.clear(key, None, observed_at=now, received_at=now, comment=WITHDRAWN))
            turn.courses[key] = course
        if self._is_new:
            self._is_new = False
            look_around(turn, self._roster.groups)
        return turn

    def _end(self, turn: Turn, states: Sequence[RuleStateRow] = ()) -> Judgement:
        for rule in self._broken:
            self._roster.drop(rule)
        self._broken = set()
        turn.kept.update({(row.rule, row.gateway, row.device): row for row in self._roster.groups.take_stale()})
        return Judgement(
            rule_states=[*states, *turn.states(SEEN)],
            alarms=list(turn.alarms.values()),
            history=turn.history,
            notices=turn.notices,
            derived=turn.derived,
        )
