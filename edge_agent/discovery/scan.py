"""The search: every wanted room at once, one stream of findings and progress, over within the scope's time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress

from device_profiles.load import Catalogue
from edge_agent.discovery.finding import Kind, News, Progress, Room, Scope
from edge_agent.discovery.http import HttpRoom
from edge_agent.discovery.modbus_rtu import ModbusRtuRoom
from edge_agent.discovery.modbus_tcp import ModbusTcpRoom
from edge_agent.discovery.onvif import OnvifRoom
from edge_agent.discovery.serial_ports import SerialRoom
from edge_agent.discovery.snmp import SnmpRoom

WAITING_NEWS = 64  # a reader that looks away stops the search, not the memory


async def scan(
    scope: Scope, catalogue: Catalogue, *, rooms: Mapping[Kind, Room] | None = None
) -> AsyncGenerator[News, None]:
    """Findings and progress as they come; ends when every room has.

    Read it under `contextlib.aclosing`: leaving early then ends the search at once, with every socket closed.
    """
    wanted = {kind: room for kind, room in (rooms or rooms_for(catalogue)).items() if kind in scope.kinds}
    news: asyncio.Queue[News | None] = asyncio.Queue(WAITING_NEWS)
    async with asyncio.TaskGroup() as group:
        working = [group.create_task(_search(kind, room, scope, news)) for kind, room in wanted.items()]
        left = len(working)
        with suppress(GeneratorExit):  # the reader has left; a task group would make an error of it
            while left:
                item = await news.get()
                if item is None:
                    left -= 1
                else:
                    yield item
        for task in working:
            task.cancel()


def rooms_for(catalogue: Catalogue) -> Mapping[Kind, Room]:
    """Every room that we have."""
    return {
        "serial": SerialRoom(),
        "onvif": OnvifRoom(),
        "snmp": SnmpRoom(),
        "http": HttpRoom(catalogue),
        "modbus_tcp": ModbusTcpRoom(catalogue),
        "modbus_rtu": ModbusRtuRoom(catalogue),
    }


async def _search(kind: Kind, room: Room, scope: Scope, news: asyncio.Queue[News | None]) -> None:
    try:
        async with asyncio.timeout(scope.limit_s), aclosing(room(scope)) as found:
            async for item in found:
                await news.put(item)
    except TimeoutError:
        await news.put(Progress(kind, 0, 0, note="time up"))
    await news.put(None)
