"""The connector against GStreamer's RTSP server: H.264, digest log-in, and each fault told.

How soon by the usual limits is measured by `python -m tests.benchmarks.cameras`; in pictures it is counted in
tests/edge_agent/vision/test_sight.py and test_connector.py.
"""

from __future__ import annotations

from pathlib import Path

from edge_agent.connectors.onvif.stream import is_offered
from tests.edge_agent.connectors.camera.faults_told import TOLD, seconds_until_told
from tests.edge_agent.connectors.camera.gstreamer import gst_server
from tests.edge_agent.connectors.camera.watching import camera_of, ffmpeg_children, watching


async def test_a_stream_of_h264_behind_a_digest_login_is_judged_and_a_wrong_password_refused(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("m@t/khau", encoding="utf-8")
    async with gst_server(["live"], login=("thacba", "m@t/khau")) as server:
        assert await is_offered(server.url("live"), 20)
        camera = camera_of(server.url("live"), tmp_path, username="thacba", password_file=password)
        async with watching(camera) as heard:
            row = await heard.row_with(online=True, frozen=False, black=False, moved=False, over_exposed=False)
            assert isinstance(row["motion"], float)
        password.write_text("another", encoding="utf-8")
        async with watching(camera) as heard:
            await heard.until(lambda heard: heard.lost is not None)
        assert heard.lost is not None
        assert heard.lost.fault == "refused"
    assert not await is_offered(server.url("live"), 1)


async def test_freeze_black_another_aim_loss_and_half_open_are_told(tmp_path: Path) -> None:
    for name in TOLD:  # one after another: five encoders at once starve a machine that does other things
        assert await seconds_until_told(tmp_path / name, [name], no_picture_s=3)
    assert ffmpeg_children() == []
