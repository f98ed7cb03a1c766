"""Real ffmpeg against the simulated camera: what a camera that works, fails, lies or hangs is told to be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import numpy as np
import psutil
import pytest
from PIL import Image

from device_profiles.load import load_catalogue
from edge_agent.connector import LinkError, Observation
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.connector import REPORT_EVERY_S
from simulators.devices.rtsp.server import RtspCamera
from tests.edge_agent.connectors.camera.watching import Heard, camera_of, ffmpeg_children, watching
from tests.waiting import eventually

PASSWORD = "p@ss:w/rd'%\"x #"
USER = "op er@"
LOSS_LIMIT_S = 10.0
FRAMES_PER_S = 5.0
PICTURE_POINTS = (
    "fps", "frozen", "black", "over_exposed", "blurred", "moved", "rain_on_lens", "motion", "brightness",
)  # fmt: skip


@pytest.fixture
async def device() -> AsyncIterator[RtspCamera]:
    async with RtspCamera(frames_per_s=FRAMES_PER_S) as camera:
        yield camera


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", encoding="utf-8")
    return path


async def healthy(heard: Heard) -> None:
    """The camera has learnt its place and has no fault."""
    await heard.row_with(online=True, frozen=False, black=False, blurred=False, moved=False)


@pytest.mark.parametrize("program", ["system", "packaged"])
@pytest.mark.parametrize("scheme", ["digest", "basic"])
async def test_the_password_opens_the_camera_and_stands_nowhere_else(
    program: str,
    scheme: Literal["basic", "digest"],
    password_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CAMERA_PASSWORD", PASSWORD)  # the agent may have it in its environment, the child must not
    if program == "packaged":
        monkeypatch.setenv("PATH", "")
    async with RtspCamera(username=USER, password=PASSWORD, scheme=scheme) as device:
        camera = camera_of(device.url, tmp_path, username=USER, password_file=password_file)
        async with watching(camera) as heard:
            row = await heard.row_with(online=True)
            children = ffmpeg_children()
            assert len(children) == 1
            # psutil reads /proc/<pid>/cmdline and /proc/<pid>/environ, as everybody on the machine can
            told = " ".join([*children[0].cmdline(), *children[0].environ(), *children[0].environ().values()])
            open_to_all = told + caplog.text
    for secret in (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), USER, quote(USER, safe=""), "password"):
        assert secret not in open_to_all
    assert "imageio" in told if program == "packaged" else "imageio" not in told
    assert row["frozen"] is False
    assert device.requests["PLAY"] == 1


async def test_a_healthy_camera_reports_every_second(device: RtspCamera, tmp_path: Path) -> None:
    async with watching(camera_of(device.url, tmp_path)) as heard:
        await heard.until(lambda heard: sum("fps" in row for row in heard.rows) >= 4)
        row = heard.rows[-1]
    assert row["online"] is True
    assert isinstance(row["fps"], float)
    assert row["fps"] == pytest.approx(5, abs=1)  # the machine may be busy
    assert isinstance(row["motion"], float)
    assert 0 < row["motion"] < 0.5
    assert isinstance(row["brightness"], float)
    assert 60 < row["brightness"] < 200
    assert heard.kinds() == []


async def test_a_frozen_or_black_picture_is_found_and_hides_no_zero(device: RtspCamera, tmp_path: Path) -> None:
    async with watching(camera_of(device.url, tmp_path)) as heard:
        await healthy(heard)
        device.faults.freeze = True
        frozen = await heard.row_with(frozen=True)
        device.faults.freeze, device.faults.black = False, True
        black = await heard.row_with(black=True)
        device.faults.black = False
        await healthy(heard)
    assert frozen["motion"] == frozen["blurred"] == frozen["moved"] == "frozen"
    assert black["motion"] == black["frozen"] == "black"
    assert heard.kinds() == ["frozen", "black"]


async def test_freeze_is_told_within_ten_seconds_by_the_usual_limits(device: RtspCamera, tmp_path: Path) -> None:
    async with watching(camera_of(device.url, tmp_path, sight={})) as heard:
        await heard.row_with(online=True)
        device.faults.freeze = True
        sent = device.frames_sent
        await heard.row_with(frozen=True)
    # counted by the camera's own pictures: a machine that is busy delays both of us
    assert (device.frames_sent - sent) / FRAMES_PER_S <= LOSS_LIMIT_S


async def test_blur_and_aim_are_judged_against_a_reference_that_survives_a_restart(
    device: RtspCamera, tmp_path: Path
) -> None:
    async with watching(camera_of(device.url, tmp_path)) as heard:
        await healthy(heard)
        device.faults.blurred = True
        await heard.row_with(blurred=True)
        device.faults.blurred, device.faults.turned = False, True
        await heard.row_with(moved=True, blurred=False)
    assert heard.kinds() == ["blurred", "moved"]
    for event in heard.events:
        with Image.open(tmp_path / str(event.facts["snapshot"])) as picture:
            assert picture.size == (320, 180)
    async with watching(camera_of(device.url, tmp_path)) as after_restart:
        await after_restart.row_with(moved=True)


async def test_a_camera_that_is_cut_off_goes_offline_once_and_comes_back(device: RtspCamera, tmp_path: Path) -> None:
    camera = camera_of(device.url, tmp_path)
    async with watching(camera) as heard:
        await heard.row_with(online=True)
        device.faults.cut = True
        await heard.until(lambda heard: heard.lost is not None)
    assert heard.lost is not None
    assert heard.rows[-1] == {"online": False} | dict.fromkeys(PICTURE_POINTS, "no_picture")
    assert heard.kinds() == ["camera_offline"]
    assert heard.events[-1].facts["reason"] == heard.lost.fault
    async with watching(camera) as again:
        await again.until(lambda heard: heard.lost is not None)
    assert again.rows[-1]["online"] is False
    assert again.kinds() == []
    device.faults.cut = False
    async with watching(camera) as back:
        await back.row_with(online=True)
    assert back.kinds() == ["camera_online"]
    assert ffmpeg_children() == []


async def test_an_open_connection_without_pictures_is_given_up_within_ten_seconds(
    device: RtspCamera, tmp_path: Path
) -> None:
    usual = CameraConnection(url=device.url)
    assert usual.no_picture_s + REPORT_EVERY_S < LOSS_LIMIT_S
    async with watching(camera_of(device.url, tmp_path, no_picture_s=2)) as heard:
        await heard.row_with(online=True)
        device.faults.silent = True
        await heard.until(lambda heard: heard.lost is not None)
        assert ffmpeg_children() == []
    assert heard.lost is not None
    assert heard.lost.fault == "timeout"
    assert heard.rows[-1]["online"] is False
    assert "snapshot" in heard.events[-1].facts


async def test_a_server_that_accepts_and_never_answers_is_given_up(device: RtspCamera, tmp_path: Path) -> None:
    device.faults.silent = True
    async with watching(camera_of(device.url, tmp_path, no_picture_s=2)) as heard:
        await heard.until(lambda heard: heard.lost is not None)
    assert heard.rows == [{"online": False} | dict.fromkeys(PICTURE_POINTS, "no_picture")]
    assert heard.kinds() == ["camera_offline"]
    assert "snapshot" not in heard.events[-1].facts
    assert ffmpeg_children() == []
    await eventually(lambda: device.connections == 0)


async def test_a_wrong_password_is_refused_and_a_new_one_needs_no_restart(
    password_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with RtspCamera(username=USER, password="other/than#before") as device:
        camera = camera_of(device.url, tmp_path, username=USER, password_file=password_file)
        async with watching(camera) as heard:
            await heard.until(lambda heard: heard.lost is not None)
        assert isinstance(heard.lost, LinkError)
        assert heard.lost.fault == "refused"
        assert "401" in str(heard.lost)
        for secret in (PASSWORD, quote(PASSWORD, safe=""), USER, quote(USER, safe="")):
            assert secret not in str(heard.lost) + caplog.text + repr(heard.events)
        password_file.write_text("other/than#before", encoding="utf-8")  # noqa: ASYNC240 -- a few bytes, in a test
        async with watching(camera) as heard:
            await heard.row_with(online=True)


async def test_nobody_at_the_address_is_no_answer(unused_tcp_port: int, tmp_path: Path) -> None:
    async with watching(camera_of(f"rtsp://127.0.0.1:{unused_tcp_port}/live", tmp_path)) as heard:
        await heard.until(lambda heard: heard.lost is not None)
    assert heard.lost is not None
    assert heard.lost.fault == "no_answer"
    assert heard.rows[-1]["online"] is False


async def test_a_server_that_speaks_no_rtsp_is_no_answer(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail ready\r\n" * 4)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with watching(camera_of(f"rtsp://127.0.0.1:{port}/live", tmp_path)) as heard:
            await heard.until(lambda heard: heard.lost is not None)
    assert heard.rows[-1]["online"] is False


async def test_without_its_password_the_camera_is_offline(
    device: RtspCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    for where in ({"password_env": "NO_SUCH_PASSWORD"}, {"password_file": tmp_path / "none"}):
        async with watching(camera_of(device.url, tmp_path, username=USER, **where)) as heard:
            await heard.until(lambda heard: heard.lost is not None)
        assert heard.lost is not None
        assert heard.lost.fault == "missing"
        assert heard.rows[-1]["online"] is False


async def test_a_missing_ffmpeg_is_a_fault_of_the_link(
    device: RtspCamera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "none"))
    async with watching(camera_of(device.url, tmp_path)) as heard:
        await heard.until(lambda heard: heard.lost is not None)
    assert heard.lost is not None
    assert heard.lost.fault == "device"


async def test_a_switch_of_the_picture_size_in_mid_stream_is_survived(device: RtspCamera, tmp_path: Path) -> None:
    async with watching(camera_of(device.url, tmp_path)) as heard:
        await heard.row_with(online=True)
        [before] = ffmpeg_children()
        device.faults.small = True
        sent = device.frames_sent
        await heard.until(lambda _: device.frames_sent >= sent + 15)
        await heard.row_with(online=True, frozen=False)
        assert [child.pid for child in ffmpeg_children()] == [before.pid]
    assert heard.lost is None


async def test_a_switch_of_the_codec_in_mid_stream_ends_the_child_and_is_survived(
    device: RtspCamera, tmp_path: Path
) -> None:
    camera = camera_of(device.url, tmp_path, no_picture_s=3)
    async with watching(camera) as heard:
        await heard.row_with(online=True)
        device.faults.other_codec = True
        await heard.until(lambda heard: heard.lost is not None)
        assert ffmpeg_children() == []
    assert heard.rows[-1]["online"] is False
    device.faults.other_codec = False
    async with watching(camera) as again:
        await again.row_with(online=True)


async def test_cancelling_leaves_no_child_and_no_connection(device: RtspCamera, tmp_path: Path) -> None:
    async with watching(camera_of(device.url, tmp_path)) as heard:
        await heard.row_with(online=True)
        [child] = ffmpeg_children()
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE
    await eventually(lambda: device.connections == 0)


async def test_masks_are_burnt_into_every_picture_that_is_kept(device: RtspCamera, tmp_path: Path) -> None:
    masks = [{"left": 0.5, "top": 0.25, "width": 0.25, "height": 0.5}]
    async with watching(camera_of(device.url, tmp_path, masks=masks)) as heard:
        await healthy(heard)
        device.faults.blurred = True
        await heard.row_with(blurred=True)
        device.faults.blurred, device.faults.turned = False, True
        await heard.row_with(moved=True)
    told = {event.kind: event for event in heard.events}
    with Image.open(tmp_path / str(told["blurred"].facts["snapshot"])) as picture:
        levels = np.asarray(picture)
    assert levels[48:132, 163:237].max() < 16  # but for what JPEG smears over the edge
    assert levels[48:132, :150].mean() > 40
    assert "snapshot" not in told["moved"].facts  # the masks hide the wrong part now


async def test_a_folder_that_cannot_be_written_costs_the_picture_but_not_the_event(
    device: RtspCamera, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "file"
    folder.touch()
    async with watching(camera_of(device.url, folder)) as heard:
        await healthy(heard)
        device.faults.black = True
        await heard.row_with(black=True)
    told = {event.kind: event.facts for event in heard.events}
    assert "snapshot" not in told["black"]
    assert "snapshot not kept" in caplog.text
    assert "camera reference not kept" in caplog.text


async def test_while_the_outbox_is_slow_the_newest_pictures_are_judged_and_the_reports_keep_their_order(
    device: RtspCamera, tmp_path: Path
) -> None:
    heard, may_go_on, times = Heard(), asyncio.Event(), []

    async def deliver(observations: Sequence[Observation]) -> None:
        await may_go_on.wait()
        times.append(max(one.observed_at or 0 for one in observations))
        await heard.deliver(observations)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(camera_of(device.url, tmp_path).listen(deliver))
        await eventually(lambda: device.frames_sent > 15, 10)
        may_go_on.set()
        await heard.until(lambda heard: len(heard.rows) >= 4)
        task.cancel()
    assert times == sorted(set(times))
    assert all(row["online"] is True for row in heard.rows)


async def test_a_camera_before_a_staff_gauge_delivers_its_level_and_says_what_it_cannot(tmp_path: Path) -> None:
    board = {"name": "board", "top": (0.5, 0.1), "top_m": 4.0, "bottom": (0.5, 0.9), "bottom_m": 1.0, "settle_s": 2}
    sizes = {"width": 640, "height": 360, "gauges": [board]}
    catalogue = load_catalogue()
    async with RtspCamera(scene="board", signal=lambda _: {"water": 0.5}) as device:
        gauge = camera_of(device.url, tmp_path, profile=catalogue["camera_gauge_board"], **sizes)
        async with watching(gauge) as heard:
            row = await heard.row_with(level_m=pytest.approx(2.5, abs=0.02))  # type: ignore[arg-type]
            assert set(row) == {"level_m"}
        counter = camera_of(device.url, tmp_path, profile=catalogue["camera_people_counter"], **sizes)
        async with watching(counter) as heard:
            await heard.row_with(people_in="not_configured", people_out="not_configured")
