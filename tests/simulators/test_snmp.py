"""The simulated SNMP device, asked by Debian's snmpbulkwalk and by the connector itself."""

from __future__ import annotations

import asyncio
import subprocess

import pytest

from device_profiles.load import load_catalogue
from edge_agent.connector import LinkError
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.connector import SnmpDevice as Poller
from edge_agent.connectors.snmp.engine import Engine
from simulators.devices.snmp import SnmpDevice
from simulators.faults import FaultKind
from simulators.models import signal_of
from tests.servers import HOST, program

CATALOGUE = load_catalogue()
SNMP = sorted(name for name, profile in CATALOGUE.profiles.items() if profile.protocol == "snmp")


@pytest.mark.parametrize("name", SNMP)
async def test_each_model_is_read_as_its_signal_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMUNITY", "public")
    profile, seconds = CATALOGUE[name], iter(range(1000, 100_000, 60))
    signal = signal_of(profile, 1)
    async with SnmpDevice(profile, signal, elapsed=lambda: float(next(seconds))) as device:
        connection = SnmpConnection(
            host=HOST,
            port=device.port,
            version="2c",
            community_env="COMMUNITY",
            timeout_s=0.5,
            retries=0,
            rows={"uplink": 1, "outlet": 1},
            max_values=100,
        )
        poller = Poller("d", connection, profile, Engine())
        await poller.poll()
        samples = {sample.point: sample for sample in await poller.poll()}
        assert set(samples) == {point.key for point in profile.points}
        assert not [sample.fault for sample in samples.values() if sample.fault]
        device.faults.start(FaultKind.SILENT)
        with pytest.raises(LinkError):
            await poller.poll()
        await poller.close()


async def test_a_foreign_walker_finds_the_whole_tree() -> None:
    profile = CATALOGUE["generic_if_mib_switch"]
    async with SnmpDevice(profile, signal_of(profile, 1)) as device:
        asked = [program("snmpbulkwalk"), "-v2c", "-c", "public", "-On", f"{HOST}:{device.port}", "1.3.6.1.2.1"]
        walked = await asyncio.create_subprocess_exec(*asked, stdout=subprocess.PIPE, env={"MIBS": ""})
        said, _ = await walked.communicate()
    assert walked.returncode == 0
    assert said.count(b".1.3.6.1.2.1.2.2.1.8.") == 24
