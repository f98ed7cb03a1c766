"""Simulated senders of logs, stations and probes say what their signal says, and fail as they are told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile
from device_profiles.sources.syslog import SyslogSource
from simulators.device import constant
from simulators.devices.sdi12 import Sdi12Sensor
from simulators.devices.station_file import FileStation
from simulators.devices.syslog import GARBAGE, LogSender
from simulators.faults import FaultKind
from tests.fakes import YAGI_MS, ManualClock
from tests.waiting import eventually

CATALOGUE = load_catalogue()
LOGS = [profile for profile in CATALOGUE.profiles.values() if profile.protocol == "syslog"]
SOIL = CATALOGUE["campbell_cs650"]


@pytest.mark.parametrize("profile", LOGS, ids=lambda profile: profile.profile)
def test_so_many_lines_as_the_points_count(profile: DeviceProfile) -> None:
    values = {point.key: 30 for point in profile.points}
    sender = LogSender(profile, constant(**values), where=("", 0), period_s=profile.period_s)
    spans = [point.source.window_s for point in profile.points if isinstance(point.source, SyslogSource)]
    wanted = sum(30 * profile.period_s / (span or profile.period_s) for span in spans)
    lines = sender.due(0.0)
    assert len(lines) == 1 + wanted, "and one that nothing counts"
    assert len(set(lines)) == len(lines), "each at its own time"


async def test_lines_arrive_over_udp_and_what_nobody_takes_over_tcp_is_counted() -> None:
    heard: list[bytes] = []
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()

    class Ear(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            heard.append(data)
            arrived.set()

    inlet, _ = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    port = inlet.get_extra_info("sockname")[1]
    async with LogSender(LOGS[0], constant(), where=("127.0.0.1", port), clock=ManualClock(YAGI_MS)):
        await arrived.wait()
    inlet.close()
    assert heard[0].startswith(b"<85>1 2024-09-10T00:00:00.000000+00:00 firewall - - - - session")
    async with LogSender(LOGS[0], constant(), where=("127.0.0.1", 1), transport="tcp", period_s=0.01) as unheard:
        await eventually(lambda: unheard.unsent)


def test_a_sender_falls_silent_or_talks_nonsense() -> None:
    sender = LogSender(LOGS[0], constant(), where=("", 0))
    sender.faults.start(FaultKind.SILENT)
    assert sender.due(0.0) == []
    sender.faults.stop()
    sender.faults.start(FaultKind.GARBAGE)
    assert sender.due(0.0) == [GARBAGE]


def test_a_station_writes_whole_files_and_is_cut_off_when_told(tmp_path: Path) -> None:
    profile = CATALOGUE["circular10_wastewater"]
    station = FileStation(profile, constant(ph=7.1), folder=tmp_path, station="NT01", clock=ManualClock(YAGI_MS))
    station.write()
    [file] = tmp_path.iterdir()
    assert (file.name, file.read_text()) == ("NT01_20240910070000.txt", "pH\t7.100\t-\t20240910070000\t00\n")
    for fault, said in (
        (FaultKind.EXCEPTION, "pH\t7.100\t-\t20240910070000\t02\n"),
        (FaultKind.SLOW, "pH\t7.100\t-\t2024"),
        (FaultKind.GARBAGE, "<html>"),
    ):
        station.faults.start(fault)
        station.write()
        station.faults.stop()
        assert file.read_text().startswith(said)
    station.faults.start(FaultKind.SILENT)
    station.write()
    assert station.written == 4


def test_a_probe_frames_its_values_and_gives_up_when_told() -> None:
    probe = Sdi12Sensor(SOIL, constant(soil_vwc_pct=28.65, soil_temp_c=-3.5), address="7")
    assert [probe.answer(command, 0.0) for command in ("", "M", "D0", "D1", "R0")] == [
        "7", "70003", "7+0.2865+0.0000-3.5000", "7", "7",
    ]  # fmt: skip
    assert probe.answer("MC", 0.0) == "70003"
    assert probe.answer("D0", 0.0)[:-3] == "7+0.2865+0.0000-3.5000"
    probe.faults.start(FaultKind.EXCEPTION)
    assert [probe.answer(command, 0.0) for command in ("M", "D0")] == ["70003", "7"]
