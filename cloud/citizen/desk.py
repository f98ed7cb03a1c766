"""The public door: the board from its cache, reports that become incidents, survey answers; and forgetting."""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from cloud.attachments import Attachments
from cloud.citizen.board import Board
from cloud.citizen.config import CitizenConfig
from cloud.citizen.pace import Limit, Pace
from cloud.citizen.photo import made_anew
from cloud.citizen.topics import TOPICS
from cloud.errors import CloudError, StoreUnavailableError
from cloud.incidents.casebook import Action, Facts, attach, open_reported
from cloud.incidents.regulation import Regulation
from cloud.store.citizen_port import CitizenReportRow, CitizenStore, SurveyCount
from cloud.store.disaster_port import BulletinRow
from cloud.store.incident_files_port import AttachmentRow, IncidentFileStore
from cloud.store.incident_port import IncidentRow, IncidentStore
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

ACTOR = "citizen"
HOUR_MS, DAY_MS, MINUTE_MS = 3_600_000, 86_400_000, 60_000
VIETNAM_MS = 7 * HOUR_MS
HOUR_S = 3_600.0
LOOKS_PER_HOUR = 60  # of one address at reference numbers; 80 random bits are never guessed at that pace
SURVEY_DAYS = 30
PHOTOS_AT_ONCE = 2


class ClosedError(CloudError):
    """Nobody opened the public door, or there is no such thing behind it."""


class TooOftenError(CloudError):
    """Too much from this address, or from everybody."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__("too often")
        self.wait_s = max(1, -(-wait_ms // 1000))


class NoMoreError(CloudError):
    """The report takes no more photos: too many, too late, or no room."""


@dataclass(frozen=True, slots=True)
class NewReport:
    """What somebody says, as far as the form asks."""

    topic: str
    area: str
    place: str
    words: str
    name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Followed:
    """What a reporter may know of the report, and nothing personal; `state` is of its incident, "" = gone."""

    reference: str
    topic: str
    at: int
    state: str
    changed_at: int | None
    ended: bool
    photos: int


@dataclass(frozen=True, slots=True)
class Stores:
    """Where things are kept; synchronous, as the state store is."""

    citizens: CitizenStore
    incidents: IncidentStore
    files: IncidentFileStore
    attachments: Attachments


@dataclass(frozen=True, slots=True)
class Around:
    """What the desk asks of the centre, on the event loop; but `bulletins`, which asks the database."""

    bulletins: Callable[[], Sequence[BulletinRow]]
    board: Callable[[Sequence[BulletinRow], Sequence[SurveyCount]], Board]
    areas: Callable[[], Mapping[str, object]]
    sites: Callable[[], Sequence[str]]
    regulation: Callable[[], Regulation]


class CitizenDesk:
    """One for the whole centre."""

    def __init__(self, stores: Stores, around: Around, config: CitizenConfig, clock: Clock) -> None:
        self._stores, self._around, self._clock = stores, around, clock
        self.config = config
        self._board: Board | None = None
        self._making = asyncio.Lock()
        self._photos = asyncio.Semaphore(PHOTOS_AT_ONCE)
        hour = HOUR_MS
        self._reports = Pace(Limit(config.reports_per_hour, hour))
        self._answers = Pace(Limit(config.answers_per_hour, hour))
        self._looks = Pace(Limit(LOOKS_PER_HOUR, hour))

    async def board(self) -> Board:
        """What holds now, worked out once for everybody who asks within `cache_s`."""
        self._must_be_open()
        async with self._making:
            now = self._clock.now_ms()
            if self._board is None or not 0 <= now - self._board.at < self.config.cache_s * 1000:
                bulletins = await asyncio.to_thread(self._around.bulletins)
                self._board = self._around.board(bulletins, await self.answers())
            return self._board

    async def report(self, wanted: NewReport, *, address: str) -> str:
        """Opens an incident, and gives the reference number; TooOftenError."""
        self._must_be_open()
        now = self._clock.now_ms()
        self._may(self._reports, address, now)
        if await asyncio.to_thread(self._stores.citizens.reports_since, now - DAY_MS) >= self.config.reports_per_day:
            raise TooOftenError(HOUR_MS)
        return await asyncio.to_thread(self._open, wanted, now)

    async def photo(self, reference: str, read: Callable[[], Awaitable[bytes]], *, address: str) -> None:
        """Adds a photo to a young report, made anew; ClosedError, NoMoreError, PhotoError, TooOftenError.

        It is only read when it may be taken, and few at a time: each unpacks to as much as 150 MB.
        """
        self._must_be_open()
        now, kept = self._clock.now_ms(), self._stores
        self._may(self._looks, address, now)
        row = await self._known(reference)
        there = await asyncio.to_thread(kept.files.attachments, row.incident)
        if now - row.at > self.config.photo_minutes * MINUTE_MS or _photos(there) >= self.config.photos:
            raise NoMoreError("the report takes no more photos")
        if self._photos.locked():
            raise TooOftenError(MINUTE_MS)
        async with self._photos:
            picture = await asyncio.to_thread(made_anew, await read())
        await asyncio.to_thread(self._attach, row, picture, now)

    async def follow(self, reference: str, *, address: str) -> Followed:
        """How a report stands; ClosedError, TooOftenError."""
        self._must_be_open()
        self._may(self._looks, address, self._clock.now_ms())
        row = await self._known(reference)
        incident = await asyncio.to_thread(self._stores.incidents.incident, row.incident)
        files = await asyncio.to_thread(self._stores.files.attachments, row.incident)
        if incident is None:
            return Followed(row.id, row.topic, row.at, "", None, True, _photos(files))
        return Followed(
            row.id, row.topic, row.at, incident.state, incident.changed_at, not incident.open, _photos(files)
        )  # fmt: skip

    async def answer(self, site: str, score: int, *, address: str) -> None:
        """Counts an answer; nothing else of it is kept. ClosedError, TooOftenError."""
        self._must_be_open()
        if site not in self._around.sites():
            raise ClosedError("there is no such survey")
        now = self._clock.now_ms()
        self._may(self._answers, address, now)
        await asyncio.to_thread(self._stores.citizens.count_answer, SurveyCount(site, day_of(now), score, 1))

    async def report_of(self, incident: str) -> CitizenReportRow | None:
        """What an incident began with, with its personal words as long as they are kept: for officers."""
        return await asyncio.to_thread(self._stores.citizens.report_of, incident)

    async def answers(self, days: int = SURVEY_DAYS) -> Sequence[SurveyCount]:
        """The survey counts of the last days, today included."""
        since = day_of(self._clock.now_ms()) - days + 1
        return await asyncio.to_thread(self._stores.citizens.answers, since_day=since)

    def knows(self, topic: str, area: str) -> bool:
        """Whether a report may name them."""
        return topic in TOPICS and (not area or area in self._around.areas())

    async def run(self) -> NoReturn:
        """Forgets what is personal, once an hour, until cancelled."""
        while True:
            try:
                gone = await asyncio.to_thread(self.tidy)
            except StoreUnavailableError as error:
                log.warning("old reports not cleared", extra={"error": str(error)})
            else:
                if gone:
                    log.info("old reports cleared", extra={"reports": gone})
            await self._clock.sleep(HOUR_S)

    def tidy(self) -> int:
        """Empties what is old enough; says how many reports. Off the event loop."""
        now, config = self._clock.now_ms(), self.config
        return self._stores.citizens.clear_reports(
            ended_before=now - config.personal_days * DAY_MS, made_before=now - config.most_days * DAY_MS, now=now
        )

    def _must_be_open(self) -> None:
        if not self.config.open:
            raise ClosedError("the public page is closed")

    def _may(self, pace: Pace, address: str, now: int) -> None:
        wait = pace.wait_ms(address, now=now)
        if wait:
            raise TooOftenError(wait)

    async def _known(self, reference: str) -> CitizenReportRow:
        row = await asyncio.to_thread(self._stores.citizens.report, reference)
        if row is None:
            raise ClosedError("there is no such report")
        return row

    def _open(self, wanted: NewReport, now: int) -> str:
        """The report first: should the incident fail, nobody was told a number, and the tidying empties it."""
        reference = new_reference()
        topic = TOPICS[wanted.topic]
        facts = Facts(
            title=f"Phản ánh hiện trường: {topic.title}",  # what the citizen wrote may name people: it stays out
            sector=topic.sector, area=wanted.area, severity=self.config.severity,
        )  # fmt: skip
        action = Action(ACTOR, now, f"Mã phản ánh {reference}", facts, self._around.regulation())
        change = open_reported(action, reference)
        row = CitizenReportRow(
            reference, now, change.incidents[0].id, wanted.topic, wanted.area, wanted.place, wanted.words,
            wanted.name, wanted.phone,
        )  # fmt: skip
        self._stores.citizens.put_report(row)
        self._stores.incidents.keep(change)
        return reference

    def _attach(self, row: CitizenReportRow, picture: bytes, now: int) -> None:
        kept = self._stores
        incident: IncidentRow | None = kept.incidents.incident(row.incident)
        if incident is None or not incident.open or not kept.attachments.has_room(len(picture)):
            raise NoMoreError("the report takes no more photos")
        digest = kept.attachments.keep(picture)
        file = AttachmentRow(row.incident, 0, digest, f"{row.id}.jpg", "image/jpeg", len(picture), 0, "", "")
        kept.incidents.keep(attach(incident, Action(ACTOR, now, rules=self._around.regulation()), file))


def new_reference() -> str:
    """80 random bits as sixteen letters and digits, in groups that can be read out on the telephone."""
    text = base64.b32encode(secrets.token_bytes(10)).decode()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def _photos(files: Sequence[AttachmentRow]) -> int:
    return sum(each.actor == ACTOR for each in files)


def day_of(now: int) -> int:
    """Days since 1970 by the time of Vietnam."""
    return (now + VIETNAM_MS) // DAY_MS
