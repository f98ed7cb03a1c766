"""The connector against a simulated camera: login, clock, stream, events, presets, and what goes wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from edge_agent.connector import CommandError, Happening, LinkError, Observation, Sample
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.stream import stream_of
from edge_agent.connectors.onvif.config import OnvifConnection
from edge_agent.connectors.onvif.connector import OnvifCamera
from simulators.devices.onvif_service import SCHEMES, OnvifCameraService
from simulators.devices.rtsp.server import RtspCamera
from tests.readme_check import assert_documented
from tests.waiting import eventually

LOGIN = ("thacba", "m@t khẩu/7")
DAY_MS = 86_400_000
MOTION = "tns1:VideoSource/MotionAlarm"


class Heard:
    """Everything that was delivered."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.events: list[Happening] = []
        self.lost: LinkError | None = None

    async def deliver(self, observations: Sequence[Observation]) -> None:
        self.samples += [one for one in observations if isinstance(one, Sample)]
        self.events += [one for one in observations if isinstance(one, Happening)]

    def last(self, point: str) -> object:
        """Its newest value, or fault; None when nothing was said."""
        found = [one.fault or one.value for one in self.samples if one.point == point]
        return found[-1] if found else None


def camera_of(
    url: str, folder: Path, *, password: str = LOGIN[1], period_s: float = 30, **settings: object
) -> OnvifCamera:
    file = folder / "password"
    file.write_text(password, encoding="utf-8")
    connection = OnvifConnection.model_validate(
        {"url": url, "username": LOGIN[0], "password_file": file, "wait_s": 0.5, "timeout_s": 2, **settings}
    )
    profile = load_catalogue()["onvif_camera"]
    return OnvifCamera("cam-1", connection, profile, period_s=period_s, clock=SystemClock())


@asynccontextmanager
async def listening(camera: OnvifCamera) -> AsyncIterator[Heard]:
    heard = Heard()

    async def run() -> None:
        try:
            await camera.listen(heard.deliver)
        except LinkError as error:
            heard.lost = error

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run())
        yield heard
        task.cancel()


async def said(heard: Heard, condition: Callable[[Heard], bool]) -> None:
    await eventually(lambda: condition(heard) or heard.lost)
    assert condition(heard), heard.lost


@pytest.mark.parametrize("scheme", ["token", "digest"])
@pytest.mark.parametrize("offset_ms", [0, -20 * 365 * DAY_MS], ids=["right", "of 20 years ago"])
async def test_a_camera_whose_clock_is_wrong_lets_us_in_and_says_so(
    scheme: SCHEMES, offset_ms: int, tmp_path: Path
) -> None:
    async with (
        RtspCamera() as stream,
        OnvifCameraService(stream=stream.url, login=LOGIN, scheme=scheme, offset_ms=offset_ms) as device,
        listening(camera_of(device.url, tmp_path)) as heard,
    ):
        await said(heard, lambda heard: heard.last("online") is True)
        assert heard.last("clock_offset_s") == pytest.approx(offset_ms / 1000, abs=2)
        assert (heard.last("stream"), heard.last("width"), heard.last("height")) == (True, 640, 360)
        if scheme == "token":
            assert device.refused == 0
        device.say(MOTION, "State", "true", operation="Initialized")
        await said(heard, lambda heard: bool(heard.events))
    assert heard.last("motion") is True
    [event] = heard.events
    assert event.kind == "motion"
    assert event.observed_at == pytest.approx(SystemClock().now_ms(), abs=60_000)
    assert device.points == 0  # given back


async def test_names_behind_nat_are_not_called_and_a_missing_stream_is_said(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with OnvifCameraService(stream=f"rtsp://127.0.0.1:{unused_tcp_port}/x", login=LOGIN) as device:
        device.faults.other_host = True
        async with listening(camera_of(device.url, tmp_path)) as heard:
            await said(heard, lambda heard: heard.last("online") is True)
    assert heard.last("stream") is False


async def test_a_camera_without_events_is_still_watched(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with OnvifCameraService(login=LOGIN) as device:
        device.faults.no_events = True
        async with listening(camera_of(device.url, tmp_path, period_s=0.2)) as heard:
            await said(heard, lambda heard: sum(one.point == "online" for one in heard.samples) >= 3)
    assert heard.last("motion") == heard.last("tamper") == "no_events"
    assert caplog.text.count("camera gives no events") == 1


async def test_a_wrong_password_is_refused_and_stands_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with OnvifCameraService(login=LOGIN) as device:
        camera = camera_of(device.url, tmp_path, password="another#secret")
        async with listening(camera) as heard:
            await eventually(lambda: heard.lost)
        assert heard.lost is not None
        assert heard.lost.fault == "refused"
        assert heard.last("online") is False
        assert heard.last("motion") == "refused"
        assert [one.kind for one in heard.events] == ["camera_offline"]
        (tmp_path / "password").write_text(LOGIN[1], encoding="utf-8")
        async with listening(camera) as heard:
            await said(heard, lambda heard: [one.kind for one in heard.events] == ["camera_online"])
    assert "another#secret" not in caplog.text + repr(heard.lost)


@pytest.mark.parametrize(("fault", "code"), [("silent", "timeout"), ("garbage", "device")])
async def test_a_camera_that_falls_silent_or_mad_is_offline_within_ten_seconds(
    fault: str, code: str, tmp_path: Path
) -> None:
    async with (
        OnvifCameraService(login=LOGIN) as device,
        listening(camera_of(device.url, tmp_path, timeout_s=1)) as heard,
    ):
        await said(heard, lambda heard: heard.last("online") is True)
        setattr(device.faults, fault, True)
        await eventually(lambda: heard.lost, 10)
    assert heard.lost is not None
    assert heard.lost.fault == code
    assert heard.last("online") is False


async def test_a_preset_is_looked_at_by_its_name_and_no_other(tmp_path: Path) -> None:
    async with OnvifCameraService(login=LOGIN) as device:
        camera = camera_of(device.url, tmp_path)
        assert await camera.write("goto_preset", {"preset": "Bến xe"}) == "looks at Bến xe"
        assert device.looks_at == "3"
        for wanted in ("", "Nhà riêng"):
            with pytest.raises(CommandError, match="Cầu Yên Bái"):
                await camera.write("goto_preset", {"preset": wanted})
        with pytest.raises(CommandError, match="does not know"):
            await camera.write("reboot", {})
        assert device.looks_at == "3"
    with pytest.raises(LinkError):
        await camera.write("goto_preset", {"preset": "3"})


async def test_a_picture_stream_is_found_through_the_camera_itself(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(LOGIN[1], encoding="utf-8")
    async with OnvifCameraService(stream="rtsp://127.0.0.1:8554/live", login=LOGIN, offset_ms=DAY_MS) as device:
        connection = CameraConnection(
            url=f"onvif://127.0.0.1:{device.port}", username=LOGIN[0], password_file=tmp_path / "password", width=640
        )
        found = await stream_of(connection, connection.login(), SystemClock())
        assert found == "rtsp://127.0.0.1:8554/live?profile=sub"
        wide = connection.model_copy(update={"media_profile": "mainStream"})
        assert (await stream_of(wide, wide.login(), SystemClock())).endswith("profile=main")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"url": "rtsp://10.0.0.9/"}, "reads http://"),
        ({"url": "http://a:b@10.0.0.9/"}, "do not belong"),
        ({"username": "user"}, "goes with one of"),
        ({"timeout_s": 7}, "told too late"),
    ],
    ids=["no http", "a login in it", "no password", "too patient"],
)
def test_what_is_wrong_is_refused_with_a_reason(settings: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        OnvifConnection.model_validate({"url": "http://10.0.0.9/onvif/device_service", **settings})


def test_every_field_stands_in_the_readme() -> None:
    assert OnvifConnection(url="http://10.0.0.9").url == "http://10.0.0.9/onvif/device_service"
    assert_documented("edge_agent/connectors/onvif", OnvifConnection)
