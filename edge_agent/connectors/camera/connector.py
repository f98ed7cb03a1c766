"""One camera as a listener: watches its stream, reports every second, tells events with a picture.

camera ══ RTSP ══▶ ffmpeg child ── grey pictures ──▶ burn masks ▶ sight.step ▶ samples, events ▶ deliver
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from device_profiles.sources.camera import CameraSource
from edge_agent.connector import CommandError, Deliver, Happening, LinkError, Observation, Scalar, Shot
from edge_agent.connectors.camera import changes, rate
from edge_agent.connectors.camera.changes import OFFLINE, ONLINE, Told
from edge_agent.connectors.camera.child import FfmpegChild, find_ffmpeg, running
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.eye import NOT_CONFIGURED, Eye, Seen
from edge_agent.connectors.camera.ffmpeg import arguments, redacted, script
from edge_agent.connectors.camera.rate import Rate
from edge_agent.connectors.camera.reference import ReferenceFile
from edge_agent.connectors.camera.report import Report, samples_of
from edge_agent.connectors.camera.snapshots import SnapshotFolder, as_jpeg
from edge_agent.connectors.camera.stream import stream_of
from edge_agent.vision.counting import MEASURES
from edge_agent.vision.sight import Reference

log = logging.getLogger(__name__)

REPORT_EVERY_S = 1.0
PRUNE_EVERY_S = 600.0
REPORTS_WAITING = 8  # then the watching waits, and of the pictures only the newest is kept


class Camera:
    """A Listener: one call of `listen` is one stream; LinkError when the picture is lost, after offline was told."""

    def __init__(
        self, device: str, connection: CameraConnection, profile: DeviceProfile, *, snapshots: Path, clock: Clock
    ) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._clock = clock
        self._snapshots = SnapshotFolder(snapshots, device, connection.snapshots)
        self._reference = ReferenceFile(snapshots, device)
        self._eye = Eye(connection, self._reference)
        self._told = Told()
        self._picture_at_ms = 0
        self._strangers = strangers(connection, profile)
        self._pruned_at = -PRUNE_EVERY_S

    async def listen(self, deliver: Deliver) -> None:
        """Delivers samples each second and events as they come, until the stream is lost."""
        outgoing: asyncio.Queue[Sequence[Observation]] = asyncio.Queue(REPORTS_WAITING)
        async with asyncio.TaskGroup() as group:
            group.create_task(_hand_over(outgoing, deliver))
            loss = await self._watch_until_lost(outgoing)
            await outgoing.put(await self._offline(loss))
            await outgoing.put(())
        raise loss

    async def _watch_until_lost(self, outgoing: asyncio.Queue[Sequence[Observation]]) -> LinkError:
        """Why the stream was lost."""
        connection = self._connection
        await asyncio.to_thread(self._eye.resume)
        try:
            login = connection.login()
            address = await stream_of(connection, login, self._clock)
            async with running(
                [find_ffmpeg(), *arguments(connection)],
                script(address, login),
                picture_bytes=connection.width * connection.height,
                redact=lambda text: redacted(text, login),
            ) as child:
                return await self._watch(child, outgoing)
        except LinkError as error:
            return error
        except OSError as error:
            return LinkError("device", f"ffmpeg does not start or end: {error.strerror or 'killed in vain'}")

    async def _watch(self, child: FfmpegChild, outgoing: asyncio.Queue[Sequence[Observation]]) -> LinkError:
        """Looks at every picture that comes in time; returns why there are no more."""
        picture_at = self._clock.monotonic()
        report = Report(due=picture_at + REPORT_EVERY_S)
        seen = Rate()
        while True:
            await child.news(report.due - self._clock.monotonic())
            now = self._clock.monotonic()
            seen = rate.step(seen, child.packets, now)
            raw = child.take()
            if raw:
                picture_at = now
                seen_now = await self._look(raw, now)
                report = report.with_findings(seen_now.health, seen_now.measured)
            elif child.ended:
                return child.loss()
            elif now - picture_at >= self._connection.no_picture_s:
                return LinkError("timeout", f"no picture for {self._connection.no_picture_s:g} s")
            if now >= report.due:
                await self._tell(report, seen.per_s(now), outgoing)
                report = Report(due=now + REPORT_EVERY_S)

    async def _look(self, raw: bytes, now: float) -> Seen:
        """Judges one picture, and keeps the reference that it may have completed."""
        at_ms = self._clock.now_ms()
        seen = await self._eye.look(raw, now)
        self._picture_at_ms = at_ms
        if seen.learnt is not None:
            await self._keep_reference(seen.learnt)
        return seen

    async def _tell(self, report: Report, fps: float | None, outgoing: asyncio.Queue[Sequence[Observation]]) -> None:
        """Puts what was found since the last report on its way; nothing when no picture told anything."""
        values, unknown = report.all_values(), report.all_unknown()
        if not values and not unknown:
            return
        values |= {"online": True} | ({} if fps is None else {"fps": round(fps, 2)})
        unknown |= dict.fromkeys(self._strangers, NOT_CONFIGURED)
        told = samples_of(self._profile, self._device, values=values, unknown=unknown, at_ms=self._clock.now_ms())
        await outgoing.put([*told, *await self._events(report.flags(self._connection.motion_share), {})])

    async def _offline(self, loss: LinkError) -> list[Observation]:
        """What is known of a camera without a picture: that it is offline, and nothing else."""
        at_ms = self._clock.now_ms()
        told = samples_of(self._profile, self._device, values={"online": False}, unknown=None, at_ms=at_ms)
        return [*told, *await self._events({OFFLINE: True, ONLINE: False}, {"reason": loss.fault})]

    async def _events(self, flags: dict[str, bool], facts: dict[str, Scalar]) -> list[Happening]:
        """The happenings that are news, each with its picture."""
        now, at_ms = self._clock.monotonic(), self._clock.now_ms()
        self._told = changes.step(self._told, flags, now, self._connection.cooldown_s)
        await self._prune(now, at_ms)
        return [
            Happening(self._device, f"{kind}-{at_ms}", kind, at_ms, facts | await self._snapshot(kind))
            for kind in self._told.news
            if kind in self._profile.events
        ]

    async def _snapshot(self, kind: str) -> dict[str, Scalar]:
        """Keeps the last picture for an event; an event without picture is better than none."""
        policy, picture = self._connection.snapshots, self._eye.picture
        if picture is None or not (policy.enabled and policy.purpose) or self._masks_misfit():
            return {}
        at_ms = self._picture_at_ms
        try:
            name = await asyncio.to_thread(self._snapshots.keep, picture, kind=kind, at_ms=at_ms)
        except OSError as error:
            log.warning("snapshot not kept", extra={"device": self._device, "error": str(error)})
            return {}
        return {"snapshot": name, "picture_at": at_ms, "purpose": policy.purpose}

    def _masks_misfit(self) -> bool:
        """True when the masks may no longer hide what they are there to hide."""
        return self._eye.masks_misfit or (bool(self._connection.masks) and "moved" in self._told.active)

    @property
    def judged(self) -> int:
        """How many pictures it has judged."""
        return self._eye.judged

    def picture_now(self) -> Shot:
        """The newest picture; CommandError when there is none that may be shown."""
        fresh_ms = self._connection.no_picture_s * 1000
        if not self._connection.snapshots.enabled:
            raise CommandError("pictures of this camera are shown to nobody")
        if self._eye.picture is None or self._clock.now_ms() - self._picture_at_ms > fresh_ms:
            raise CommandError("there is no picture now")
        if self._masks_misfit():
            raise CommandError("the camera may look elsewhere: its masks no longer hide what they must")
        policy = self._connection.snapshots
        jpeg = as_jpeg(self._eye.picture, quality=policy.quality)
        return Shot(jpeg, self._picture_at_ms, policy.purpose, policy.keep_h if policy.purpose else 0.0)

    async def _prune(self, now: float, at_ms: int) -> None:
        if now - self._pruned_at < PRUNE_EVERY_S:
            return
        self._pruned_at = now
        try:
            await asyncio.to_thread(self._snapshots.prune, at_ms)
        except OSError as error:
            log.warning("old snapshots not deleted", extra={"device": self._device, "error": str(error)})

    async def _keep_reference(self, reference: Reference) -> None:
        try:
            await asyncio.to_thread(self._reference.save, reference)
        except OSError as error:
            log.warning("camera reference not kept", extra={"device": self._device, "error": str(error)})
        else:
            log.info("camera reference learnt", extra={"device": self._device})


def strangers(connection: CameraConnection, profile: DeviceProfile) -> tuple[str, ...]:
    """Measures of the profile that belong to a zone, line, board or label that this camera does not have."""
    known = {
        *(f"zone_motion.{zone.name}" for zone in connection.zones),
        *(f"{measure}.{line.name}" for line in connection.lines for measure in MEASURES),
        *(f"{measure}.{board.name}" for board in connection.gauges for measure in ("gauge_level", "gauge_quality")),
        *(f"model.{label}" for label in (connection.model.labels if connection.model else ())),
    }
    sources = [point.source for point in profile.points if isinstance(point.source, CameraSource)]
    return tuple(source.name for source in sources if source.of and source.name not in known)


def build_camera(
    device: str, connection: CameraConnection, profile: DeviceProfile, *, snapshots: Path, clock: Clock
) -> Camera:
    """The camera connector of one device."""
    return Camera(device, connection, profile, snapshots=snapshots, clock=clock)


async def _hand_over(outgoing: asyncio.Queue[Sequence[Observation]], deliver: Deliver) -> None:
    """Delivers in order until an empty list says that it is over."""
    while told := await outgoing.get():
        await deliver(told)
