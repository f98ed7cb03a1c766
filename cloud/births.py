"""Keeps what gateways say of themselves over a restart, and gives it back, with the newest values of their points."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from math import inf
from typing import NoReturn

import msgspec

from cloud.errors import StoreUnavailableError
from cloud.inventory.fleet import Fleet
from cloud.inventory.passages import Passage, PassageKind
from cloud.inventory.sites import Directory
from cloud.store.base import BirthRow, ReadingStore, SeriesKey, StateStore
from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from device_profiles.wire import Health, State, WireError, decode, encode

log = logging.getLogger(__name__)

PackedPassage = tuple[PassageKind, int, int, int, int, int]

ROUND_S = 1.0
PER_ROUND = 500  # rows in one commit a second: ten thousand gateways back at once must not hold up readings
HEALTH_S = 60.0  # health comes every 10 s and is retained by the broker; a copy a minute is enough


class Births:
    """Writes changed gateways in the background; belongs to one event loop."""

    def __init__(self, fleet: Fleet, state: StateStore, profiles: Mapping[str, DeviceProfile], *, clock: Clock) -> None:
        self._fleet = fleet
        self._profiles = profiles
        self._state = state
        self._clock = clock
        self._changed: dict[str, None] = {}
        self._kept_at: dict[str, float] = {}  # monotonic: somebody may set the clock back

    def changed(self, gateway: str, *, at_once: bool) -> None:
        """A gateway said something; health alone is kept once a minute."""
        if at_once or self._clock.monotonic() - self._kept_at.get(gateway, -inf) >= HEALTH_S:
            self._changed[gateway] = None

    async def run(self) -> NoReturn:
        """Keeps what changed, until cancelled; a database that is away gets it later."""
        while True:
            await self._clock.sleep(ROUND_S)
            changed = list(islice(self._changed, PER_ROUND))
            for gateway in changed:
                del self._changed[gateway]
            if changed:
                await self._keep(changed)

    async def _keep(self, gateways: Sequence[str]) -> None:
        rows = [self._row(gateway) for gateway in gateways]
        try:
            await asyncio.to_thread(self._state.put_births, rows)
        except StoreUnavailableError:
            self._changed.update(dict.fromkeys(gateways))

    async def restore(self, inventory: Directory) -> None:
        """Gives the fleet back what its gateways last said, unless they have spoken since."""
        for row in await asyncio.to_thread(self._state.births):
            site = inventory.site_of(row.gateway)
            known = self._fleet.gateway(row.gateway)
            if site is None or (known is not None and known.state is not None):
                continue
            try:
                if row.state:
                    state = decode(row.state.encode(), State)
                    birth = msgspec.structs.replace(state, state="online")  # a lost gateway had been born, too
                    self._fleet.born(row.gateway, birth, site=site.id, received_at=row.updated_at)
                    self._fleet.born(row.gateway, state, site=site.id, received_at=row.updated_at)
                if row.health:
                    health = decode(row.health.encode(), Health)
                    self._fleet.healthy(row.gateway, health, received_at=row.updated_at)
                for device, passages in _unpacked(row.passages).items():
                    self._fleet.recalled(row.gateway, device, passages)
            except (WireError, msgspec.MsgspecError) as error:
                log.warning("birth not understood", extra={"gateway": row.gateway, "error": str(error)})

    async def restore_values(self, store: ReadingStore) -> None:
        """Asks the store for the newest value of every point, one after the other, while the house is already open."""
        for device in list(self._fleet.devices()):
            profile = self._profiles.get(device.profile)
            for point in profile.points if profile else ():
                if point.key in device.points:
                    continue
                try:
                    newest = await store.latest(SeriesKey(device.profile, device.gateway, device.device, point.key))
                except StoreUnavailableError:
                    return  # the values come with the next readings
                if newest is not None:
                    at, value = newest
                    self._fleet.remembered(device, point.key, observed_at=at, value=value)

    def _row(self, gateway: str) -> BirthRow:
        standing = self._fleet.gateway(gateway)
        now = self._clock.now_ms()
        self._kept_at[gateway] = self._clock.monotonic()
        if standing is None:
            return BirthRow(gateway, "", "", now)
        state = standing.state
        if state is not None and standing.presence != "never":
            state = msgspec.structs.replace(state, state=standing.presence, since=standing.since)
        return BirthRow(
            gateway,
            encode(state).decode() if state else "",
            encode(standing.health).decode() if standing.health else "",
            now,
            packed({each.device: each.passages for each in standing.devices.values()}),
        )


def packed(passages: Mapping[str, Sequence[Passage]]) -> str:
    """The passages of devices as a JSON text, without names of fields: it is written with every copy of health."""
    rows = {
        device: [(one.kind, one.begin, one.end, one.readings, one.first_at, one.last_at) for one in each]
        for device, each in passages.items()
        if each
    }
    return msgspec.json.encode(rows).decode() if rows else ""


def passages_in(rows: Sequence[BirthRow]) -> dict[tuple[str, str], list[Passage]]:
    """What came late or doubted, by gateway and device, as far as it is understood."""
    found: dict[tuple[str, str], list[Passage]] = {}
    for row in rows:
        with suppress(msgspec.MsgspecError):  # an older version wrote it
            found |= {(row.gateway, device): passages for device, passages in _unpacked(row.passages).items()}
    return found


def _unpacked(text: str) -> dict[str, list[Passage]]:
    rows = msgspec.json.decode(text, type=dict[str, list[PackedPassage]]) if text else {}
    return {device: [Passage(*one) for one in each] for device, each in rows.items()}
