"""The end of a demonstration: let everything arrive, end the agents, and compare both sides of the road."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from device_profiles.clock import Clock
from simulators.demo.centre import CentreClient
from simulators.demo.children import Children
from simulators.demo.files import StoreAccess
from simulators.demo.fleet import DemoGateway, devices_of, kinds_of
from simulators.demo.tally import FLOOD_LEVELS, Figures, faults_of, flood_notices, flood_steps
from simulators.demo.verifier import DeviceCounts, produced, stored_in_influx, stored_in_sqlite, unequal
from simulators.demo.webhook import Inbox
from simulators.scenarios.scenario import Playback

BACK_WITHIN_S = 40.0  # somebody may have killed the centre a moment ago
SETTLE_WITHIN_S = 40.0
LOOK_EVERY_S = 0.2
CALM_LOOKS = 5  # so often in a row nothing may move
REACTION_S = 8.0  # from the river passing a level to the notice having arrived, on a busy laptop
RIVER = ("gw-tram-yen-bai", "muc-nuoc-thao", "level_m")
THRESHOLDS = {"I": 30.0, "II": 31.0, "III": 32.0}  # QĐ 05/2020/QĐ-TTg, Yên Bái on the Thao


class Reckoning:
    """Asks everybody what they count."""

    def __init__(self, centre: CentreClient, inbox: Inbox, children: Children, data: Path, clock: Clock) -> None:
        self._centre = centre
        self._inbox = inbox
        self._children = children
        self._data = data
        self._clock = clock

    async def figures(  # the facts of one run, laid out in one place
        self,
        gateways: Sequence[DemoGateway],
        *,
        playback: Playback,
        played_s: float,
        first_reading_s: float,
        seconds: float,
        broker: str,
        store: StoreAccess | None,
    ) -> Figures:
        """The figures once nothing moves any more, with everything in them that does not agree."""
        await self._centre.until_ready(self._clock, within_s=BACK_WITHIN_S)
        await self._calm()
        await self._children.end([gateway.id for gateway in gateways], within_s=10.0)
        made = produced(self._data, [gateway.id for gateway in gateways])
        summary = await self._settled(sum(made.values()))
        differences = unequal(made, await self._stored(gateways, store))
        river = await self._river_alarm()
        figures = Figures(
            produced=sum(made.values()),
            stored=summary["stored"],
            awaited=summary["awaited"],
            dropped=summary["dropped"],
            dead_lettered=summary["dead_lettered"],
            devices=devices_of(gateways),
            gateways=len(gateways),
            protocols=kinds_of(gateways),
            alarms_raised=summary["alarms_raised"],
            flood_alarms=flood_steps(river.get("history", ())),
            notices_sent=summary["notices_sent"],
            flood_notices=flood_notices(self._inbox.notices, self._inbox.keys, river.get("rule", "")),
            notices=dict(self._inbox.keys),
            seconds_to_first_reading=round(first_reading_s, 1),
            seconds=round(seconds, 1),
            store="influx" if store else "sqlite",
            broker=broker,
            influx_database=store.database if store else "",
            stored_level_m=await self._stored_levels(),
            devices_unequal=differences,
            restarts=self._children.restarts,
        )
        return replace(figures, faults=tuple(faults_of(figures, expected_levels=expected_levels(playback, played_s))))

    async def _calm(self) -> None:
        """Waits until nothing is awaited and nothing new is accepted, within bounds."""
        calm, before = 0, -1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_WITHIN_S):
                while calm < CALM_LOOKS:
                    await asyncio.sleep(LOOK_EVERY_S)
                    summary = await self._centre.get("/summary")
                    is_calm = summary["awaited"] == 0 and summary["accepted"] == before
                    calm, before = (calm + 1 if is_calm else 0), summary["accepted"]

    async def _settled(self, produced: int) -> dict[str, Any]:
        """The centre's figures when they have caught up, or as they are when time is up."""
        summary = await self._centre.get("/summary")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_WITHIN_S):
                while summary["accepted"] < produced or summary["awaited"]:
                    await asyncio.sleep(LOOK_EVERY_S)
                    summary = await self._centre.get("/summary")
        return summary

    async def _stored(self, gateways: Sequence[DemoGateway], store: StoreAccess | None) -> DeviceCounts:
        if store is None:
            return await asyncio.to_thread(stored_in_sqlite, self._data / "centre" / "readings.sqlite3")
        profiles = sorted({device.profile for gateway in gateways for device in gateway.devices})
        return await stored_in_influx(store, profiles)

    async def _stored_levels(self) -> int:
        """Stored readings of river levels by the ledger, which `SELECT count(level_m)` must equal."""
        points = await self._centre.items("/points")
        return sum(point["stored"] for point in points if point["point"] == RIVER[2])

    async def _river_alarm(self) -> dict[str, Any]:
        """The flood alarm of the Thao with its history; the oldest when the story went round more than once."""
        gateway, device, point = RIVER
        alarms = [
            alarm
            for alarm in await self._centre.items("/alarms")
            if (alarm["gateway"], alarm["device"], alarm["point"]) == (gateway, device, point)
            and alarm["level"] in FLOOD_LEVELS
        ]
        if not alarms:
            return {}
        return await self._centre.get(f"/alarms/{min(alarm['id'] for alarm in alarms)}")


def expected_levels(playback: Playback, played_s: float) -> list[str]:
    """The flood levels that the river passed early enough for their notices to have come."""
    seen = [playback.level("yen_bai", second / 10) for second in range(max(0, int((played_s - REACTION_S) * 10)))]
    highest = max(seen, default=0.0)
    return [level for level, threshold in THRESHOLDS.items() if highest >= threshold + 0.05]
