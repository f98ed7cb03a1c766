"""What was tried against the fleet: kept, audited, and made an alarm of the platform when it is grave."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NoReturn, Protocol

from cloud.errors import StoreUnavailableError
from cloud.rules.platform import Trouble
from cloud.store.base import AuditRow
from cloud.store.enrolment_port import EnrolmentStore, SecurityEventRow
from device_profiles.clock import Clock

log = logging.getLogger(__name__)

CLAIM_REPLAYED: Final = "claim_replayed"
CLAIM_EXPIRED_USED: Final = "claim_expired_used"
CLAIM_WRONG_SERIAL: Final = "claim_wrong_serial"
CLAIM_GUESSED: Final = "claim_guessed"
CSR_WRONG: Final = "csr_wrong"
CERTIFICATE_REVOKED_USED: Final = "certificate_revoked_used"
CERTIFICATE_EXPIRED_USED: Final = "certificate_expired_used"
CERTIFICATE_FOREIGN: Final = "certificate_foreign"
TOPIC_FOREIGN: Final = "topic_foreign"
WILDCARD_SUBSCRIBE: Final = "wildcard_subscribe"
PLAIN_REFUSED: Final = "plain_refused"
IDENTITY_TWICE: Final = "identity_twice"
IDENTITY_WRONG: Final = "identity_wrong"
REQUEST_FORGED: Final = "request_forged"
REQUEST_REPLAYED: Final = "request_replayed"
REQUEST_STALE: Final = "request_stale"

# Somebody holds what he must not hold, or acts for another: people are told. The rest may be a clumsy hand.
GRAVE: Final = frozenset(
    {
        CLAIM_REPLAYED, CLAIM_WRONG_SERIAL, CLAIM_GUESSED, CERTIFICATE_REVOKED_USED, TOPIC_FOREIGN,
        WILDCARD_SUBSCRIBE, IDENTITY_TWICE, IDENTITY_WRONG, REQUEST_FORGED, REQUEST_REPLAYED,
    }
)  # fmt: skip
SAME_MS: Final = 60_000  # the same from the same source within a minute of the last time is one event
LASTS_MS: Final = 3_600_000  # the alarm clears an hour after the last time
MOST_AT_ONCE: Final = 1_000  # different events that are remembered for `SAME_MS`, and alarms: bounds a flood
NEW_A_MINUTE: Final = 120  # different events that get rows of their own
WRITE_S: Final = 5.0  # how often counts are written: so many seconds of them may be lost in a power cut
EVERYWHERE: Final = "many addresses"
DETAIL: Final = 300  # characters
Key = tuple[str, str, str]  # kind, gateway, source


@dataclass(slots=True)
class _Counted:
    """A row that is kept, and what has happened since it was written."""

    number: int
    last_at: int
    unwritten: int = 0


class SecurityEvents(Protocol):
    """Where refusals are reported."""

    async def record(self, kind: str, *, gateway: str = "", source: str = "", detail: str = "") -> None:
        """Keeps an event; never raises because a database is away: the refusal stands all the same."""


class SecurityLog:
    """Implements SecurityEvents. `gateway` must be one that the registry or the inventory knows, else "".

    What comes from outside is bounded: a flood of the same is one row that counts, and is written every few seconds; a
    flood from everywhere is one row for each kind.
    """

    def __init__(self, store: EnrolmentStore, audit: Callable[[AuditRow], None], clock: Clock) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._lock = asyncio.Lock()
        self._recent: OrderedDict[Key, _Counted] = OrderedDict()
        self._grave: OrderedDict[str, tuple[int, int]] = OrderedDict()  # first and last time of what alarms
        self._minute = (0, 0)  # when it began, and how many rows it has brought

    async def restore(self) -> None:
        """Takes up the alarms of before a restart."""
        since = self._clock.now_ms() - LASTS_MS
        for row in reversed(await asyncio.to_thread(self._store.grave_events, since=since)):
            self._alarm(row.kind, row.gateway, row.at)
            self._alarm(row.kind, row.gateway, row.last_at)

    async def record(self, kind: str, *, gateway: str = "", source: str = "", detail: str = "") -> None:
        """Keeps an event; a grave one becomes an alarm of the platform within a second."""
        now = self._clock.now_ms()
        if kind in GRAVE:
            self._alarm(kind, gateway, now)
        async with self._lock:
            try:
                await self._keep(SecurityEventRow(0, now, now, kind, gateway, source, detail[:DETAIL], kind in GRAVE))
            except StoreUnavailableError as error:
                facts = {"kind": kind, "gateway": gateway, "source": source, "error": str(error)}
                log.warning("security event not kept", extra=facts)

    def troubles(self) -> Sequence[Trouble]:
        """What people must be told of now."""
        now = self._clock.now_ms()
        return [
            Trouble("security", first, part) for part, (first, last) in self._grave.items() if now - last < LASTS_MS
        ]

    async def run(self) -> NoReturn:
        """Writes counts down, until cancelled."""
        while True:
            await self._clock.sleep(WRITE_S)
            async with self._lock:
                try:
                    await self.write()
                except StoreUnavailableError as error:
                    log.warning("security events not counted yet", extra={"error": str(error)})

    async def write(self) -> None:
        """Writes down what was counted since the last time; StoreUnavailableError."""
        for counted in list(self._recent.values()):
            if counted.unwritten:
                await asyncio.to_thread(self._store.repeat_event, counted.number, counted.unwritten, at=counted.last_at)
                counted.unwritten = 0

    async def _keep(self, row: SecurityEventRow) -> None:
        key = (row.kind, row.gateway, row.source)
        known = self._recent.get(key)
        if known is None and self._is_flooded(row.at):
            key = (row.kind, "", EVERYWHERE)
            row = replace(row, gateway="", source=EVERYWHERE, detail="")
            known = self._recent.get(key)
        if known is not None and row.at - known.last_at < SAME_MS:
            known.unwritten, known.last_at = known.unwritten + 1, row.at
            self._recent.move_to_end(key)
            return
        await self.write()
        number = await asyncio.to_thread(self._store.add_event, row)
        self._recent[key] = _Counted(number, row.at)
        self._recent.move_to_end(key)
        while len(self._recent) > MOST_AT_ONCE:
            self._recent.popitem(last=False)
        audit = AuditRow(row.at, "security", row.kind, row.gateway, f"{row.source} {row.detail}".strip())
        await asyncio.to_thread(self._audit, audit)

    def _is_flooded(self, at: int) -> bool:
        """Whether this minute has brought more different events than anybody reads."""
        begin, rows = self._minute
        if not 0 <= at - begin < SAME_MS:
            begin, rows = at, 0
        self._minute = (begin, rows + 1)
        return rows >= NEW_A_MINUTE

    def _alarm(self, kind: str, gateway: str, at: int) -> None:
        part = f"{kind}:{gateway}" if gateway else kind
        first, last = self._grave.pop(part, (at, at))
        self._grave[part] = (at if at - last >= LASTS_MS else first, at)
        while len(self._grave) > MOST_AT_ONCE:
            self._grave.popitem(last=False)
