"""Watches open incidents: tells people up to the tier that lateness has reached, and opens incidents by rule."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from cloud.errors import StateConflictError, StoreUnavailableError
from cloud.incidents import casebook
from cloud.incidents.casebook import Action, Facts
from cloud.incidents.deadlines import TIERS, Tier
from cloud.incidents.proposal import PROPOSAL
from cloud.incidents.regulation import Regulation
from cloud.notify.content import LABEL, NoticeContent, Words, encode_content
from cloud.store.base import AlarmFilter, AlarmRow, NoticeRow, StateStore
from cloud.store.incident_port import IncidentFilter, IncidentRow, IncidentStore
from device_profiles.clock import Clock
from device_profiles.schema import Text

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
PAGE = 500
URGENT = 1  # alarms of this severity open an incident, where their rule says so
NAMES: Mapping[Tier, Words] = {
    Tier.COMMUNE: Words("UBND xã/phường", "commune"),
    Tier.DEPARTMENT: Words("sở chủ trì", "department"),
    Tier.PROVINCE: Words("UBND tỉnh, BCH phòng thủ dân sự tỉnh", "province"),
}
SAYING = Words(
    "Sự cố mức {severity} «{title}» được báo cáo đến {tier}: quá hạn hoặc khẩn cấp.",
    "Incident of severity {severity}, “{title}”, is escalated to the {tier}: late or urgent.",
)
INSTRUCTION = Words("Kiểm tra tiến độ xử lý sự cố và chỉ đạo.", "Look at how the incident is worked, and direct it.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the watcher works with. `areas`: site -> area; `opening`: the rules whose alarms open incidents."""

    state: StateStore
    incidents: IncidentStore
    clock: Clock
    regulation: Callable[[], Regulation] = lambda: PROPOSAL
    names: Mapping[str, Text] = field(default_factory=dict)
    areas: Mapping[str, str] = field(default_factory=dict)
    public_url: str = ""
    opening: Callable[[], Collection[str]] = frozenset
    wake: Callable[[], None] = lambda: None


class Escalations:
    """Looks regularly; what it does is kept with the incident, so that a restart repeats nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._placed: set[str] = set()  # alarms that have their incident, so that they are not looked up again

    async def run(self) -> NoReturn:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except StoreUnavailableError as error:
                log.warning("incidents not watched", extra={"error": str(error)})
            await self._desk.clock.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Once."""
        rules = frozenset(self._desk.opening())
        told = await asyncio.to_thread(self._look, rules)
        if told:
            self._desk.wake()

    def _look(self, rules: Collection[str]) -> int:
        now = self._desk.clock.now_ms()
        for alarm in self._unopened(rules):
            self._open(alarm, now)
        return sum(self._escalate(row, now) for row in self._open_incidents())

    def _escalate(self, row: IncidentRow, now: int) -> int:
        """How many notices it takes to tell everybody who has not been told yet."""
        tier = casebook.tier_of(row, now, self._desk.regulation())
        if tier <= row.escalated_to:
            return 0
        change = casebook.escalate(row, tier, at=now)
        notices = self._notices(row, change.history[0].number, tier, now)
        try:
            self._desk.incidents.keep(casebook.with_notices(change, notices))
        except StateConflictError:
            return 0  # somebody was quicker; the next look sees what became of it
        log.info("incident escalated", extra={"incident": row.id, "tier": tier.name.lower(), "notices": len(notices)})
        return len(notices)

    def _notices(self, row: IncidentRow, number: int, tier: Tier, now: int) -> Sequence[NoticeRow]:
        """One for each recipient, who is told of the highest tier that he belongs to."""
        recipients = {
            channel: each
            for name, each in TIERS.items()
            if row.escalated_to < each <= tier
            for channel in self._desk.regulation().told(name, sector=row.sector, area=row.area)
        }
        alarms = self._desk.incidents.alarms_of(row.id) if recipients else ()
        alarm = alarms[0] if alarms else ""
        contents = {
            channel: self._content(row, each, alarm, key=f"{row.id}:{number}:{channel}", now=now)
            for channel, each in recipients.items()
        }
        return [
            NoticeRow(content.key, alarm, channel, encode_content(content), now, now, severity=row.severity)
            for channel, content in contents.items()
        ]

    def _content(self, row: IncidentRow, tier: Tier, alarm: str, *, key: str, now: int) -> NoticeContent:
        facts = {"severity": row.severity, "title": row.title}
        name = self._desk.names.get(row.site)
        return NoticeContent(
            v=1, key=key, kind="escalated", label=LABEL, alarm=alarm, rule="incident", rule_version="1",
            level=tier.name.lower(), severity=row.severity, site=row.site,
            site_name=Words(name.vi, name.en) if name else Words(row.site, row.site),
            gateway="", device="", point="", value=None, threshold=None, unit="", observed_at=now, received_at=now,
            text=Words(
                SAYING.vi.format(**facts, tier=NAMES[tier].vi), SAYING.en.format(**facts, tier=NAMES[tier].en)
            ),
            instruction=INSTRUCTION,
            link=f"{self._desk.public_url.rstrip('/')}/incidents/{row.id}" if self._desk.public_url else "",
            level_shown=Words(NAMES[tier].vi, NAMES[tier].en),
        )  # fmt: skip

    def _open(self, alarm: AlarmRow, now: int) -> None:
        facts = Facts(
            title=alarm.text_vi, site=alarm.site, area=self._desk.areas.get(alarm.site, ""), severity=alarm.severity,
            alarms=(alarm.id,),
        )  # fmt: skip
        change = casebook.open_incident(Action("system", now, "", facts, self._desk.regulation()))
        try:
            self._desk.incidents.keep(change)
        except StateConflictError:
            return  # somebody has just put the alarm into an incident
        log.info("incident opened by rule", extra={"incident": change.incidents[0].id, "rule": alarm.rule})

    def _unopened(self, rules: Collection[str]) -> Iterator[AlarmRow]:
        """Grave open alarms, of rules that open incidents, which belong to none."""
        grave = [alarm for rule in sorted(rules) for alarm in self._grave(rule)]
        self._placed &= {alarm.id for alarm in grave}
        for alarm in grave:
            if alarm.id not in self._placed:
                if self._desk.incidents.incident_of(alarm.id) is None:
                    yield alarm
                self._placed.add(alarm.id)  # behind the yield: a store that went away has opened nothing

    def _grave(self, rule: str) -> Iterator[AlarmRow]:
        before: str | None = None
        while True:
            wanted = AlarmFilter(open=True, severity=URGENT, rule=rule)
            page = self._desk.state.alarms(wanted, before=before, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            before = page[-1].id

    def _open_incidents(self) -> Iterator[IncidentRow]:
        before: str | None = None
        while True:
            page = self._desk.incidents.incidents(IncidentFilter(open=True), before=before, limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            before = page[-1].id
