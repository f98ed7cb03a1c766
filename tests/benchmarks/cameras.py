"""`python -m tests.benchmarks.cameras`: many cameras on one gateway, counting against the truth, faults told in time.

Each stream is H.264 640 x 360 from GStreamer's RTSP server, judged twice a second, with crossings counted over
a line and a zone watched. CPU is that of the agent's process and of its ffmpeg children; the server's is not counted.
The last line is JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import psutil

from device_profiles.clock import SystemClock
from device_profiles.load import load_profile
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.camera.connector import Camera, build_camera
from edge_agent.vision import counting
from edge_agent.vision.config import CountConfig, Line
from edge_agent.vision.picture import brightness, view_of
from simulators.devices.rtsp.street import DAY, HEIGHT, NIGHT, PX_PER_M, WIDTH, Street, Weather
from tests.edge_agent.connectors.camera.faults_told import kept_watched, seconds_until_told
from tests.edge_agent.connectors.camera.gstreamer import gst_server
from tests.edge_agent.connectors.camera.watching import Heard, ffmpeg_children

STREAMS = int(os.environ.get("BENCH_CAMERAS", "10"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
SENT_PER_S = 10  # of each camera; ffmpeg decodes them all and passes on two
JUDGED_PER_S = 2.0
SERVERS = 2
STREET_S = 300
LINE = Line(name="gate", start=(0.5, 1.0), end=(0.5, 0.3), metre=PX_PER_M / WIDTH)
PROFILE = Path(__file__).parents[2] / "device_profiles/catalogue/generic_ip_camera.toml"


def main() -> None:
    """Counting first, for it needs no clock; then the streams; then the faults."""
    with tempfile.TemporaryDirectory(prefix="thacba-cameras-") as name:
        counted = {
            "by_day": [_count(seed, DAY) for seed in (1, 2, 3)],
            "by_night": [_count(seed, NIGHT) for seed in (1,)],
        }
        sys.stderr.write(f"{json.dumps(counted)}\n")
        watched = asyncio.run(_watch(Path(name)))
        sys.stderr.write(f"{json.dumps(watched)}\n")
        told = asyncio.run(seconds_until_told(Path(name), sight={"learn_s": 1.5}))
    figures = {**watched, "counting": counted, "fault_told_s": {fault: round(s, 2) for fault, s in told.items()}}
    sys.stdout.write(json.dumps(figures) + "\n")


async def _watch(folder: Path) -> dict[str, float]:
    async with AsyncExitStack() as stack:
        heard: list[Heard] = []
        cameras: list[Camera] = []
        for number in range(SERVERS):
            mounts = [f"c{place}" for place in range(number, STREAMS, SERVERS)]
            server = await stack.enter_async_context(gst_server(mounts, frames_per_s=SENT_PER_S))
            for mount in mounts:
                cameras.append(_camera(server.url(mount), folder / mount))
                heard.append(await stack.enter_async_context(kept_watched(cameras[-1])))
        async with asyncio.timeout(180), asyncio.TaskGroup() as group:
            for one in heard:
                group.create_task(one.row_with(180.0, online=True))
        return await _measured(heard, cameras)


def _camera(url: str, folder: Path) -> Camera:
    connection = CameraConnection.model_validate(
        {
            "url": url,
            "width": WIDTH,
            "height": HEIGHT,
            "frames_per_s": JUDGED_PER_S,
            "lines": [LINE.model_dump()],
            "zones": [{"name": "door", "outline": [(0.1, 0.1), (0.4, 0.1), (0.4, 0.6)]}],
        }
    )
    return build_camera("cam", connection, load_profile(PROFILE), snapshots=folder, clock=SystemClock())


async def _measured(heard: list[Heard], cameras: list[Camera]) -> dict[str, float]:
    """Pictures judged meanwhile, and the time of the cores."""
    clock, own = SystemClock(), psutil.Process()
    judged, began, cpu, children = sum(one.judged for one in cameras), clock.monotonic(), _cpu(own), _children_cpu()
    await asyncio.sleep(SECONDS)
    passed = clock.monotonic() - began
    agent, decoding = _cpu(own) - cpu, _children_cpu() - children
    return {
        "streams": len(heard),
        "still_online": sum(one.rows[-1].get("online") is True for one in heard),
        "seconds": round(passed, 1),
        "judged_per_stream_and_s": round((sum(one.judged for one in cameras) - judged) / len(cameras) / passed, 2),
        "agent_cores": round(agent / passed, 3),
        "ffmpeg_cores": round(decoding / passed, 3),
        "cores_of_two": round((agent + decoding) / passed / 2, 3),
        "agent_rss_mb": round(own.memory_info().rss / 1e6),
        "ffmpeg_rss_mb": round(sum(child.memory_info().rss for child in ffmpeg_children()) / 1e6),
    }


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _children_cpu() -> float:
    return sum(_cpu(child) for child in ffmpeg_children())


def _count(seed: int, weather: Weather) -> dict[str, float]:
    """What is counted at two pictures a second, against the truth."""
    street = Street(seed, duration_s=STREET_S + 5)
    view = view_of((), width=WIDTH, height=HEIGHT)
    lines = counting.counting_of(CountConfig.model_validate({"interval_s": 3600, "least_quality": 0}), [LINE], view)
    state, began, at = None, 0.0, 0.0
    for number in range(int(STREET_S * JUDGED_PER_S)):
        at = number / JUDGED_PER_S
        frame = street.picture(at, weather)
        state = counting.step(lines, state, frame, at, doubt="", light=brightness(frame, view) or 0.0)
        if not began and state.ground is not None and state.ground.usual is not None:
            began, state = at, counting.begun_anew(state, at)
    assert state is not None
    values, _ = counting.told(lines, state, at)
    found = {"quality": float(values["count_quality.gate"])}
    truth = street.crossings(began, at)
    for what in ("vehicles", "people"):
        found[f"{what}_true"] = truth[f"{what}_forth"] + truth[f"{what}_back"]
        found[f"{what}_counted"] = float(values[f"{what}_forth.gate"]) + float(values[f"{what}_back.gate"])
    return found


if __name__ == "__main__":
    main()
