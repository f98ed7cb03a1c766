"""Rehearses a rule on the stored readings of one device, in their order of arrival, through the judge that runs live.

```
 column, passages ─▶ order of arrival ─▶ blocks ─▶ judge ─▶ nothing came of it? keep, and take a larger block
                                            ▲                something did: take it back, and go up to it
                                            └────────────────────┘
```
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import msgspec

from cloud.alarms.book import AlarmBook, Key
from cloud.alarms.flap import FLAP, Flap
from cloud.errors import CloudError
from cloud.inventory.passages import Passage
from cloud.rules.course import advance, decode_course, encode_course
from cloud.rules.judge import EARS, Judge, Judgement, NoticeOptions, Places
from cloud.rules.kinds.stale import Stale
from cloud.rules.ladder import IDLE, Standing
from cloud.rules.rehearse_arrival import Batch, Prompt, in_order_of_arrival
from cloud.rules.rehearse_glance import Glance, glance
from cloud.rules.rehearse_report import Against
from cloud.rules.rehearse_rule import CHANNEL, as_rehearsed
from cloud.rules.review import Readings
from cloud.rules.review_at_once import past_of, review_at_once
from cloud.rules.review_settling import Case, Past
from cloud.rules.roster import SEEN
from cloud.rules.rule import Kind, Rule
from cloud.rules.rule_set import rule_set
from cloud.rules.silence import Ears
from cloud.rules.watch import Seen, Track
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns, NoticeRow, RawColumn, RuleStateRow, SeriesKey
from device_profiles.schema import PointType

MOST = 256  # readings of one block: what is stepped through in vain when something happens in it
GROWTH = 4
WORTH_A_JUMP = 64  # readings; stepping through fewer is quicker than building up what the kind remembers
SETTLED_MS = 10_000  # the centre reviews the past when nothing more has come late for so long
AFTER_A_JUMP = 16  # the first block behind one: most of them end soon
NEVER = 2**63
ANY = "value"  # point of the readings that a rule on a whole device is rehearsed with


class RehearsalError(CloudError):
    """A rule that cannot be rehearsed; the text says why and what to do."""


class RehearsalBusyError(RehearsalError):
    """Another rehearsal is under way; try again when it has ended."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which rule shall be rehearsed on which time (ms since 1970 UTC, end excluded), and what it is compared with.

    `live` is the rule of this id that runs; it differs from `rule` when that one is a draft. `others` are all that run:
    a rule may listen to some of them.
    """

    rule: Rule
    begin: int
    end: int
    against: Against | None = None
    live: Rule | None = None
    others: Sequence[Rule] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """What a rule is rehearsed with: its surroundings, and the stretch of time."""

    places: Places
    begin: int
    end: int
    late_s: float = 900.0


@dataclass(slots=True)
class Played:
    """What came of it at one device: the lines of alarms in order, and the notices. Mutable while it is played."""

    site: str
    key: SeriesKey
    history: list[AlarmHistoryRow] = field(default_factory=list)
    notices: list[NoticeRow] = field(default_factory=list)
    readings: int = 0


class Player:
    """One rule at one device, from the first reading to the last. Made for one use."""

    def __init__(self, rule: Rule, site: str, key: SeriesKey, stage: Stage) -> None:
        self._rule = as_rehearsed(rule)
        self._stage = stage
        self._key = key
        self._rows: dict[tuple[str, str, str], RuleStateRow] = {}
        self._alarms: dict[str, AlarmRow] = {}
        self._calm_at = NEVER
        self._awaited: list[Batch] = []
        self._late: list[Batch] = []
        self._newest = 0
        self._column = RawColumn([], [])
        self._glance: Glance | None = None
        self._gaps: list[int] = []  # readings behind a silence that the rule does not stand
        self.played = Played(site, key)
        options = NoticeOptions(channels=(CHANNEL,), late_s=stage.late_s)
        self._judge = Judge(rule_set([self._rule]), AlarmBook(), places=stage.places, notices=options)

    def play(self, column: RawColumn, passages: Sequence[Passage] = ()) -> Played:
        """Everything that this rule would have said of these readings; RehearsalError when it faults."""
        self.played.readings = len(column.times)
        self._column = column
        self._gaps = _gaps(self._rule.kind, column.times)
        self._glance = glance(self._rule.kind, column)
        parts = in_order_of_arrival(column, passages)
        self._awaited = [part for part in parts if isinstance(part, Batch)]
        for part in parts:
            if isinstance(part, Prompt):
                self._follow(part.begin, part.end)
            else:
                self._take_late(part)
        self._wait(self._stage.end + 1)
        return self.played

    # --- readings that arrived late -----------------------------------------------------------------------------------

    def _take_late(self, batch: Batch) -> None:
        """Judges them as they arrive; when no more follow at once, the past is reviewed, as the centre does it."""
        self._wait(batch.arrived_at)
        self._keep(self._observe(batch.begin, batch.end, batch.arrived_at))
        self._awaited.remove(batch)
        self._late.append(batch)
        if self._awaited and self._awaited[0].arrived_at - batch.arrived_at < SETTLED_MS:
            return
        now = batch.arrived_at

        def past(key: Key) -> Past:
            return past_of(key, self._alarms, self.played.history)

        for judgement in review_at_once(self._judge, partial(self._known_at, now), past, now=now):
            self._keep(judgement)

    def _known_at(self, now: int, case: Case) -> Readings:
        """Every reading that has arrived by then."""
        del case
        times, values = self._column.times, self._column.values
        missing = {place for batch in self._awaited for place in range(batch.begin, batch.end)}
        until = max(bisect_right(times, now), *(batch.end for batch in self._late))
        return [(times[place], values[place]) for place in range(until) if place not in missing]

    # --- readings that arrived at once --------------------------------------------------------------------------------

    def _follow(self, begin: int, end: int) -> None:
        """Goes in blocks that end before something happens, so that everything happens when it would have happened."""
        size, may_jump = MOST, self._is_whole(begin, end)
        while begin < end:
            target = self._jump(begin, end) if may_jump else begin
            begin, size = target, size if target == begin else AFTER_A_JUMP
            self._wait(self._column.times[begin])
            upto = min(end, begin + size, self._undisturbed(begin, end))
            judgement = self._observe(begin, upto, self._column.times[upto - 1])
            if upto - begin > 1 and (judgement.history or judgement.notices):
                self._take_back()
                size = max(1, min(upto - begin - 1, self._quiet(judgement, begin)))
                continue
            self._keep(judgement)
            begin, size = upto, min(MOST, size * GROWTH)

    def _undisturbed(self, begin: int, end: int) -> int:
        """Up to which reading nothing happens by the passing of time alone."""
        gap = bisect_right(self._gaps, begin)
        until = self._gaps[gap] if gap < len(self._gaps) else end
        return min(until, max(begin + 1, bisect_right(self._column.times, self._calm_at, begin)))

    def _quiet(self, judgement: Judgement, begin: int) -> int:
        """How many readings stand before the one that something came of."""
        lines = [line.observed_at for line in judgement.history]
        return bisect_left(self._column.times, min(lines), begin) - begin if lines else 1

    def _observe(self, begin: int, end: int, now: int) -> Judgement:
        times = self._column.times[begin:end]
        point = self._key.point or ANY
        self._newest = max(self._newest, times[-1])
        block = Columns(
            self.played.site,
            self._key.gateway,
            self._key.device,
            self._key.profile,
            times,
            {point: list(self._column.values[begin:end])},
            {},
            {point: PointType.FLOAT},
        )
        judgement = self._judge.observe([block], received_at=now)
        if self._judge.faults:
            fault = self._judge.faults[self._rule.id]
            raise RehearsalError(f"{self._rule.id} faulted at {self._key.gateway}/{self._key.device}: {fault}")
        return judgement

    def _keep(self, judgement: Judgement) -> None:
        for row in judgement.rule_states:
            self._rows[row.rule, row.gateway, row.device] = row
            if row.rule.startswith(FLAP):
                self._calm_at = self._calm_after(row)
        self._alarms.update({alarm.id: alarm for alarm in judgement.alarms})
        self.played.history.extend(judgement.history)
        self.played.notices.extend(judgement.notices)

    def _calm_after(self, row: RuleStateRow) -> int:
        """When a problem that flaps is calm again, unless it is raised once more."""
        flap = msgspec.json.decode(row.state, type=Flap) if row.state else None
        return flap.last + self._rule.flap.limits.calm_ms if flap is not None and flap.since else NEVER

    def _wait(self, until: int) -> None:
        """Time passes without a reading: the judge is asked at the very moments when that changes something."""
        if self._calm_at < until:
            now, self._calm_at = self._calm_at, NEVER
            self._keep(self._judge.tick(now))
        kind = self._rule.kind
        if not isinstance(kind, Stale) or not self._newest:
            return
        for lasting in kind.levels:
            due = self._newest + round(lasting.after_s * 1000)
            if due >= until:
                return
            ears = Ears(last=due, since=self._stage.begin, kept=due)  # the centre listened all the time
            self._rows[EARS, "", ""] = RuleStateRow(EARS, "", "", ears.encode())
            self._take_back()
            self._keep(self._judge.tick(due))

    def _take_back(self) -> None:
        self._judge.restore(list(self._rows.values()), [alarm for alarm in self._alarms.values() if alarm.open])

    # --- what may be left out -----------------------------------------------------------------------------------------

    def _is_whole(self, begin: int, end: int) -> bool:
        """Whether nothing is still awaited of what the kind remembers in this stretch."""
        if self._glance is None:
            return False
        since = self._column.times[begin] - self._glance.lead_ms
        return all(batch.begin >= end or self._column.times[batch.end - 1] < since for batch in self._awaited)

    def _jump(self, begin: int, end: int) -> int:
        """Leaves out readings that surely reach no level; they are remembered as if the rule had seen each of them."""
        if self._glance is None:
            return begin
        suspects = self._glance.suspects
        place = bisect_left(suspects, begin)
        target = min(end - 1, suspects[place]) if place < len(suspects) else end - 1
        if target - begin < WORTH_A_JUMP or not self._is_at_rest():
            return begin
        self._remember(target)
        return target

    def _is_at_rest(self) -> bool:
        """Whether no level is reached."""
        row = self._rows.get((self._rule.id, self._key.gateway, self._key.device))
        return row is None or row.state is None or not decode_course(row.state).live.since

    def _remember(self, target: int) -> None:
        """The rule stands where it would stand before this reading, on no level."""
        times = self._column.times
        lead_ms = self._glance.lead_ms if self._glance else 0
        first = bisect_left(times, times[target - 1] - lead_ms)
        lead = list(zip(times[first:target], self._column.values[first:target], strict=True))
        standing, _ = advance(self._rule.kind, IDLE, lead)
        whose = (self._rule.id, self._key.gateway, self._key.device)
        row = self._rows.get(whose)
        course = decode_course(row.state) if row and row.state else Track.of(self._rule, None).course
        course = replace(course, live=Standing(0, (), standing.memory, standing.counts))
        self._rows[whose] = RuleStateRow(*whose, encode_course(course))
        point, at = self._key.point, times[target - 1]
        seen = Seen(self._key.profile, self.played.site, {point: at, "": at})
        row = RuleStateRow(SEEN, self._key.gateway, self._key.device, msgspec.json.encode(seen).decode())
        self._rows[row.rule, row.gateway, row.device] = row
        self._take_back()


def _gaps(kind: Kind, times: Sequence[int]) -> list[int]:
    if not isinstance(kind, Stale):
        return []
    patience_ms = round(kind.levels[0].after_s * 1000)
    return [place for place, (one, next_one) in enumerate(pairwise(times), 1) if next_one - one > patience_ms]
