"""OPC UA servers that are not there: asyncua's server, a profile's nodes by a signal, bad status codes at will."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any, Self

from asyncua import ua
from asyncua.server.server import Server
from asyncua.ua.status_codes import StatusCodes

from device_profiles.schema import DeviceProfile, PointType
from device_profiles.sources.opcua import OpcUaSource
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import Value
from simulators.faults import FaultKind, Faults

NAMESPACE = "urn:thacba:simulated"  # the first of its own, number 2, which profiles without a namespace mean
EVERY_S = 0.2
KINDS = {
    PointType.INT: ua.VariantType.Int64,
    PointType.ENUM: ua.VariantType.Int64,
    PointType.BOOL: ua.VariantType.Boolean,
    PointType.STRING: ua.VariantType.String,
}
FIRST: dict[PointType, Value] = {  # a node keeps the type of its first value
    PointType.INT: 0, PointType.ENUM: 0, PointType.BOOL: False, PointType.STRING: "",
}  # fmt: skip


class OpcUaDevice:
    """One server with one device; without security, as many stand in closed networks."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        elapsed: Elapsed | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.faults = Faults()
        self._profile = profile
        self._signal = signal
        self._elapsed = elapsed or stopwatch()
        self._nodes: dict[str, Any] = {}
        self._stack = AsyncExitStack()
        self._stopping = asyncio.Event()

    @property
    def url(self) -> str:
        """Where clients connect."""
        return f"opc.tcp://{self.host}:{self.port}/"

    async def __aenter__(self) -> Self:
        logging.getLogger("asyncua").setLevel(logging.ERROR)
        async with AsyncExitStack() as stack:
            server = await self._server()
            await self._fill(server)
            await self._tell()
            await stack.enter_async_context(server)
            self.port = server.bserver.port
            group = await stack.enter_async_context(asyncio.TaskGroup())
            stack.callback(self._stopping.set)
            group.create_task(self._live())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _server(self) -> Any:
        server = Server()
        await server.init()
        server.set_endpoint(self.url)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        return server

    async def _fill(self, server: Any) -> None:
        points = [point for point in self._profile.points if isinstance(point.source, OpcUaSource)]
        sources = {point.key: point.source for point in points if isinstance(point.source, OpcUaSource)}
        firsts = {point.key: FIRST.get(point.type, 0.0) for point in points}
        uris = [source.node[4:].split(";", 1)[0] for source in sources.values() if source.node.startswith("nsu=")]
        numbers = {uri: await server.register_namespace(uri) for uri in dict.fromkeys(uris or [NAMESPACE])}
        plant = await server.nodes.objects.add_object(ua.NodeId.from_string("ns=2;s=Plant"), "2:Plant")
        for key, source in sources.items():
            self._nodes[key] = await self._add(plant, source.node, numbers, firsts[key])
        for command in self._profile.commands:
            if command.write is not None and isinstance(command.write.source, OpcUaSource):
                node = await self._add(plant, command.write.source.node, numbers)
                await node.set_writable()

    async def _add(self, plant: Any, text: str, numbers: dict[str, int], first: Value = 0.0) -> Any:
        if text.startswith("nsu="):
            uri, rest = text[4:].split(";", 1)
            text = f"ns={numbers[uri]};{rest}"
        node = ua.NodeId.from_string(text)
        return await plant.add_variable(node, f"{node.NamespaceIndex}:{text[-40:]}", first)

    async def _live(self) -> None:
        """Tells the values of each moment until the device is taken away."""
        while not self._stopping.is_set():
            await self._tell()
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _tell(self) -> None:
        elapsed_s = self._elapsed()
        active = self.faults.active(elapsed_s)
        status = StatusCodes.Good
        if FaultKind.SILENT in active:
            status = StatusCodes.BadNoCommunication  # the server is there, and its field device does not answer
        elif FaultKind.EXCEPTION in active:
            status = StatusCodes.BadDeviceFailure
        values = self.faults.distorted(self._signal(elapsed_s), elapsed_s)
        for point in self._profile.points:
            if point.key in values and isinstance(point.source, OpcUaSource):
                value = ua.Variant(_raw(point.source, values[point.key]), KINDS.get(point.type, ua.VariantType.Double))
                await self._nodes[point.key].write_value(ua.DataValue(value, ua.StatusCode(ua.UInt32(status))))


def _raw(source: OpcUaSource, value: Value) -> Any:
    if isinstance(value, bool | str):
        return value
    raw = (value - source.offset) / (source.scale or 1.0)
    return round(raw) if isinstance(value, int) else raw
