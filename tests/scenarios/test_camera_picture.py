"""A picture on its whole way: camera, ffmpeg, masks on the gateway, order and result, watch, page's answer."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from cloud.api.views import Order, Outcome
from cloud.pictures.album import Album
from cloud.pictures.config import PictureConfig
from cloud.pictures.desk import PictureDesk
from cloud.pictures.watches import Wish
from cloud.picturing import Photographer
from device_profiles.clock import SystemClock
from edge_agent.connector import CommandError
from edge_agent.connectors.camera.connector import Camera
from edge_agent.helping.log_ring import LogRing
from edge_agent.helping.remote import RemoteHelp
from simulators.devices.rtsp.server import RtspCamera
from tests.edge_agent.connectors.camera.watching import camera_of, watching

MASK = {"left": 0.0, "top": 0.5, "width": 0.5, "height": 0.5}
CLOCK = SystemClock()


class Gateway:
    """One camera at work."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._help = RemoteHelp({}, self, ring=LogRing(lambda: []), clock=CLOCK)

    def connection_of(self, device: str) -> Mapping[str, object]:
        """There is one camera."""
        return {"kind": "camera"}

    def connector_of(self, device: str) -> object:
        """It."""
        return self._camera

    async def begin_again(self, device: str) -> None:
        """Nobody asks for it here."""

    async def carry_out(self, order: Order) -> Outcome:
        """What the gateway answers to an order."""
        try:
            said = await self._help.help(order.device, order.verb, order.arguments)
        except CommandError as error:
            return Outcome("c-1", "failed", CLOCK.now_ms(), str(error))
        return Outcome("c-1", "done", CLOCK.now_ms(), said)


async def test_a_masked_picture_comes_from_the_camera_to_whoever_watches(tmp_path: Path) -> None:
    policy = {"purpose": "Giám sát đê", "keep_h": 1}
    album = Album(tmp_path / "pictures", PictureConfig.model_validate({}))
    async with RtspCamera(frames_per_s=5.0) as device:
        camera = camera_of(device.url, tmp_path / "edge", masks=[MASK], snapshots=policy)
        desk = PictureDesk(album, Photographer(Gateway(camera).carry_out), CLOCK)
        watch = desk.begin(Wish("disaster", "wall", frozenset({("gw-1", "cam-1")})), actor="lan")
        async with watching(camera) as heard:
            await heard.row_with(online=True)
            look = await desk.look(watch, ("gw-1", "cam-1"))
    picture = np.asarray(Image.open(io.BytesIO(look.shot.jpeg)))
    tall, wide = picture.shape[:2]
    assert picture[tall // 2 + 8 :, : wide // 2 - 8].max() <= 8, "what is masked has left the gateway black"
    assert picture[: tall // 2 - 8].std() > 8, "the rest is a picture"
    assert abs(CLOCK.now_ms() - look.shot.observed_at) < 60_000
    kept = album.newest(("gw-1", "cam-1"), now=CLOCK.now_ms())
    assert kept is not None
    assert kept.jpeg == look.shot.jpeg
