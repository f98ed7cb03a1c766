"""One ONVIF camera as a listener that also takes commands.

begin (time, services) ─▶ media profile ─▶ stream offered? ─▶ health ─▶ deliver
                             └▶ pull point ── messages ──▶ properties, events ─▶ deliver
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from edge_agent.connector import CommandError, Deliver, Happening, LinkError, Observation, Scalar
from edge_agent.connectors.onvif import report
from edge_agent.connectors.onvif.config import OnvifConnection
from edge_agent.connectors.onvif.report import OFFLINE, ONLINE, Standing
from edge_agent.connectors.onvif.stream import is_offered
from edge_agent.onvif.client import LASTS_S, OnvifClient, Terms
from edge_agent.onvif.reading import MediaProfile, Message, Preset, chosen

log = logging.getLogger(__name__)

GOTO = "goto_preset"
PARTING_S = 1.0  # an agent that stops does not wait for cameras
LEAST_WIDTH = 320
RENEW_EVERY_S = LASTS_S / 2
NO_EVENTS = "no_events"  # the camera has none: its properties are unknown


class OnvifCamera:
    """A Listener and a Writer: one call of `listen` is one subscription; LinkError when the camera is lost."""

    def __init__(
        self, device: str, connection: OnvifConnection, profile: DeviceProfile, *, period_s: float, clock: Clock
    ) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._period_s = period_s
        self._clock = clock
        self._standing = Standing()
        self._online: bool | None = None  # None: nothing was told yet

    async def listen(self, deliver: Deliver) -> None:
        """Delivers health each period, properties and events as they come, until the camera is lost."""
        try:
            client = self._client()
            try:
                await client.begin()
                await self._attend(client, deliver)
            finally:
                await client.close()
        except LinkError as error:
            await deliver(self._lost(error))
            raise

    async def write(self, verb: str, arguments: Mapping[str, Scalar]) -> str:
        """`goto_preset`: looks at a preset, named by its name or token; CommandError when there is none such."""
        if verb != GOTO:
            raise CommandError(f"an ONVIF camera does not know the command {verb}")
        wanted = str(arguments.get("preset", "")).strip()
        client = self._client()
        try:
            await client.begin()
            profile = await self._profile_that_moves(client)
            preset = _found(wanted, await client.presets(profile))
            await client.goto(profile, preset)
        finally:
            await client.close()
        return f"looks at {preset.name or preset.token}"

    def _client(self) -> OnvifClient:
        connection = self._connection
        terms = Terms(connection.url, connection.timeout_s, connection.ca_file)
        return OnvifClient(terms, connection.login(), self._clock)

    async def _attend(self, client: OnvifClient, deliver: Deliver) -> None:
        """Health when it is due, messages in between."""
        point = await self._subscribed(client)
        try:
            await self._watch(client, deliver, point)
        except asyncio.CancelledError:
            if point:
                with suppress(LinkError, TimeoutError):  # it ends by itself after a minute
                    async with asyncio.timeout(PARTING_S):
                        await client.unsubscribe(point)
            raise

    async def _watch(self, client: OnvifClient, deliver: Deliver, point: str) -> None:
        begun = renewed = self._clock.monotonic()
        due = begun
        while True:
            now = self._clock.monotonic()
            if now >= due:
                await deliver(await self._health(client, has_events=bool(point)))
                due = max(due + self._period_s, now)
            if not point:
                await self._clock.sleep(max(0.0, due - self._clock.monotonic()))
                continue
            if now - renewed >= RENEW_EVERY_S:
                await client.renew(point)
                renewed = now
            wait_s = min(self._connection.wait_s, max(0.1, due - self._clock.monotonic()))
            told = await client.pull(point, wait_s)
            if told:
                await deliver(self._heard(told, client.offset_ms or 0))

    def _heard(self, told: Sequence[Message], offset_ms: int) -> list[Observation]:
        now_ms = self._clock.now_ms()
        happened, self._standing = report.happenings(
            self._profile, self._device, self._standing, told, offset_ms=offset_ms, now_ms=now_ms
        )
        samples = report.property_samples(self._profile, self._device, told, offset_ms=offset_ms, now_ms=now_ms)
        return [*samples, *(one for one in happened if one.kind in self._profile.events)]

    async def _health(self, client: OnvifClient, *, has_events: bool) -> list[Observation]:
        """What the camera says of its clock and its stream."""
        await client.learn_time()
        offered = await client.profiles()
        profile = chosen(offered, self._connection.media_profile, least_width=LEAST_WIDTH)
        address = await client.stream_address(profile)
        values: dict[str, Scalar] = {
            "online": True,
            "stream": await is_offered(address, self._connection.timeout_s),
            "media_profiles": len(offered),
            "width": profile.width,
            "height": profile.height,
            "frames_per_s": profile.frames_per_s,
        }
        if client.offset_ms is not None:
            values["clock_offset_s"] = round(client.offset_ms / 1000, 1)
        at_ms = self._clock.now_ms()
        lost = "" if has_events else NO_EVENTS
        samples = report.health_samples(self._profile, self._device, values, at_ms=at_ms, lost=lost)
        return [*samples, *self._turned(online=True, at_ms=at_ms, reason="")]

    def _lost(self, error: LinkError) -> list[Observation]:
        """What is known of a camera that does not answer: that it is offline, and nothing else."""
        at_ms = self._clock.now_ms()
        values: dict[str, Scalar] = {"online": False}
        samples = report.health_samples(self._profile, self._device, values, at_ms=at_ms, lost=error.fault)
        return [*samples, *self._turned(online=False, at_ms=at_ms, reason=error.fault)]

    def _turned(self, *, online: bool, at_ms: int, reason: str) -> list[Happening]:
        """The happening when it went or came back; a camera that works from the start is no news."""
        before, self._online = self._online, online
        if before is online or (before is None and online):
            return []
        kind = ONLINE if online else OFFLINE
        facts: dict[str, Scalar] = {"reason": reason} if reason else {}
        return [Happening(self._device, f"{kind}-{at_ms}", kind, at_ms, facts)] if kind in self._profile.events else []

    async def _subscribed(self, client: OnvifClient) -> str:
        """The pull point; empty when the camera has no events, which costs them and nothing else."""
        try:
            return await client.subscribe()
        except LinkError as error:
            if error.fault not in ("device", "missing"):
                raise
            log.warning("camera gives no events", extra={"device": self._device, "error": str(error)})
            return ""

    async def _profile_that_moves(self, client: OnvifClient) -> MediaProfile:
        movable = [one for one in await client.profiles() if one.can_move]
        if not movable:
            raise CommandError("this camera cannot move")
        return movable[0]


def _found(wanted: str, presets: Sequence[Preset]) -> Preset:
    """The preset of this name or token, and no other: a camera that looks somewhere else looks at somebody else."""
    found = [one for one in presets if wanted and wanted in (one.token, one.name)]
    if len(found) != 1:
        known = ", ".join(one.name or one.token for one in presets)[:200]
        raise CommandError(
            f"no preset {wanted!r}: the camera knows {known}" if not found else f"{wanted!r} is ambiguous"
        )
    return found[0]
