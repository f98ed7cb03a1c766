"""The simulated OPC UA server, heard by the connector itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from device_profiles.clock import SystemClock
from device_profiles.load import load_catalogue
from edge_agent.connector import Observation, Sample
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.opcua.connector import OpcUaDevice as Listener
from edge_agent.racing import ended
from simulators.devices.opcua import OpcUaDevice
from simulators.faults import FaultKind
from simulators.models import signal_of
from tests.waiting import eventually

GATE = load_catalogue()["canal_gate"]


async def test_a_model_is_heard_as_its_signal_says_and_so_are_its_faults(tmp_path: Path) -> None:
    heard: dict[str, Sample] = {}

    async def deliver(observations: Sequence[Observation]) -> None:
        heard.update({each.point: each for each in observations if isinstance(each, Sample)})

    signal = signal_of(GATE, 1)
    async with OpcUaDevice(GATE, signal, elapsed=lambda: 36_000.0) as server:
        connection = OpcUaConnection(url=server.url, security="none", publishing_s=0.1)
        listener = Listener("gate", connection, GATE, folder=tmp_path, clock=SystemClock())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(listener.listen(deliver))
            await eventually(lambda: set(heard) == {point.key for point in GATE.points})
            assert {key: sample.value for key, sample in heard.items()} == dict(signal(36_000.0))
            server.faults.start(FaultKind.SILENT)
            await eventually(lambda: {sample.fault for sample in heard.values()} == {"no_communication"})
            await ended([task])
