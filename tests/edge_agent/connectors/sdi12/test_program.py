"""The whole program reads a sensor on a serial line, as a technician would try it."""

from __future__ import annotations

import asyncio
import sys

from device_profiles.load import load_catalogue
from simulators.device import constant
from simulators.devices.sdi12 import Sdi12Line, Sdi12Sensor


async def test_try_reads_a_sensor_by_its_address() -> None:
    probe = Sdi12Sensor(
        load_catalogue()["campbell_cs650"], constant(soil_vwc_pct=28.65, soil_temp_c=23.9), address="3", measures_s=1
    )
    async with Sdi12Line([probe]) as line:
        url = f"sdi12://{line.port}?address=3&crc=true&profile=campbell_cs650"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "edge_agent", "try", url, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
    assert process.returncode == 0
    assert "28.65" in said.decode()
    assert "23.9" in said.decode()
    assert probe.heard == ["MC", "D0"]
