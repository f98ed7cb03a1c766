"""F58 on the wire: late, torn, foreign and senseless answers are never taken for the answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from edge_agent.connector import LinkError
from edge_agent.connectors.modbus.bus import Bus, RefusedError
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.plan import Block, plan
from tests.edge_agent.connectors.modbus.awkward import framed, serial_device, serial_frame, tcp_device, wanted
from tests.edge_agent.connectors.modbus.test_plan import point
from tests.waiting import eventually

Send = Callable[[bytes], None]
Respond = Callable[[bytes, Send], Awaitable[None]]
TIMEOUT_S = 0.15


def block(address: int = 0, count: int = 2) -> Block:
    points = [point(f"p{place}", address=address + place) for place in range(count)]
    return plan(points, max_registers=100, max_gap=0)[0]


def tcp_bus(port: int) -> Bus:
    return Bus(ModbusConnection(host="127.0.0.1", port=port))


async def read(bus: Bus, unit: int = 1, address: int = 0, count: int = 2, timeout_s: float = TIMEOUT_S) -> list[int]:
    return list(await bus.read(unit, block(address, count), timeout_s=timeout_s))


async def later(bus: Bus, **fields: Any) -> list[int]:
    """What the bus reads once the unit is asked again."""

    async def answer() -> list[int]:
        try:
            return await read(bus, **fields)
        except LinkError:
            return []

    return await eventually(answer)


async def test_a_late_answer_over_tcp_is_not_the_answer_to_the_next_request() -> None:
    held: list[bytes] = []

    async def respond(request: bytes, send: Send) -> None:
        if not held:
            held.append(request)
            return
        send(framed(held[0], [666, 666]))  # the late answer comes right before the true one
        send(framed(request, [1, 2]))

    async with tcp_device(respond) as (port, connections):
        bus = tcp_bus(port)
        with pytest.raises(LinkError, match="timeout"):
            await read(bus)
        assert await read(bus, unit=2) == [1, 2]  # another unit goes on at once, over the same connection
        assert await later(bus, address=8) == [1, 2]
        assert len(connections) == 1
        await bus.close()


async def wrong_unit(request: bytes, send: Send) -> None:
    send(framed(request, [666, 666], unit=9))


async def wrong_transaction(request: bytes, send: Send) -> None:
    send(framed(request, [666, 666], transaction=4711))


async def no_transaction(request: bytes, send: Send) -> None:
    send(framed(request, [666, 666], transaction=0))


async def too_short(request: bytes, send: Send) -> None:
    send(framed(request, [666]))


async def other_function(request: bytes, send: Send) -> None:
    send(framed(request[:7] + b"\x03" + request[8:], [666, 666]))


async def unknown_function(request: bytes, send: Send) -> None:
    send(framed(request[:7] + b"\x63" + request[8:], [666, 666]))


async def half_frame(request: bytes, send: Send) -> None:
    send(framed(request, [666, 666])[:9])


async def noise(_request: bytes, send: Send) -> None:
    send(bytes(range(1, 200)))


async def nothing(_request: bytes, _send: Send) -> None:
    return


@pytest.mark.parametrize(
    "wrong",
    [
        wrong_unit,
        wrong_transaction,
        no_transaction,
        too_short,
        other_function,
        unknown_function,
        half_frame,
        noise,
        nothing,
    ],
)
async def test_a_wrong_answer_is_no_answer_and_the_bus_recovers(wrong: Respond) -> None:
    well = asyncio.Event()

    async def respond(request: bytes, send: Send) -> None:
        await (wrong(request, send) if not well.is_set() else _right(request, send))

    async with tcp_device(respond) as (port, _):
        bus = tcp_bus(port)
        with pytest.raises(LinkError):
            await read(bus)
        well.set()
        assert await later(bus) == [1, 2]
        await bus.close()


async def _right(request: bytes, send: Send) -> None:
    send(framed(request, [1, 2]))


async def test_half_a_frame_does_not_spoil_the_neighbours() -> None:
    async def respond(request: bytes, send: Send) -> None:
        await (half_frame(request, send) if request[6] == 1 else _right(request, send))

    async with tcp_device(respond) as (port, connections):
        bus = tcp_bus(port)
        with pytest.raises(LinkError):
            await read(bus)
        assert await read(bus, unit=2) == [1, 2]
        assert len(connections) == 2  # nobody could know where the next frame begins
        await bus.close()


async def test_a_half_open_connection_is_given_up() -> None:
    async with tcp_device(nothing) as (port, connections):
        bus = tcp_bus(port)
        for unit in (1, 2, 3, 4):
            with pytest.raises(LinkError, match="timeout"):
                await read(bus, unit=unit, timeout_s=0.05)
        assert len(connections) == 2
        await bus.close()


async def test_impatience_of_the_caller_counts_as_silence() -> None:
    async with tcp_device(nothing) as (port, _):
        bus = tcp_bus(port)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await read(bus, timeout_s=1)
        with pytest.raises(LinkError, match="was silent"):
            await read(bus, timeout_s=1)
        await bus.close()


async def test_an_unreachable_host_is_tried_once_for_all_its_units() -> None:
    async with tcp_device(nothing) as (port, _):
        pass
    bus = tcp_bus(port)
    for unit in (1, 2, 3):
        with pytest.raises(LinkError, match="refused"):
            await read(bus, unit=unit, timeout_s=5)
    await bus.close()


async def test_a_host_that_swallows_connections_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:  # its queue holds one; the next hangs
        address = full.getsockname()
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(address)
            bus = tcp_bus(address[1])
            with pytest.raises(LinkError, match="timeout"):
                await read(bus, timeout_s=0.2)
            await bus.close()


def serial_bus(name: str) -> Bus:
    return Bus(ModbusConnection(transport="rtu", serial_port=name, baud_rate=115_200))


async def test_a_serial_line_is_read() -> None:
    async def respond(request: bytes, send: Send) -> None:
        send(serial_frame(request, [request[0], request[3]]))

    async with serial_device(respond) as line:
        bus = serial_bus(line)
        assert await read(bus, unit=7, address=3) == [7, 3]
        assert await read(bus, unit=8, address=4) == [8, 4]
        await bus.close()


async def test_a_serial_exception_is_a_refusal() -> None:
    async def respond(request: bytes, send: Send) -> None:
        refusal = serial_frame(request[:1] + bytes([request[1] | 0x80]), [])[:2] + b"\x06"
        send(refusal + _crc(refusal))

    async with serial_device(respond) as line:
        bus = serial_bus(line)
        with pytest.raises(RefusedError, match="06"):
            await read(bus)
        await bus.close()


async def test_a_late_serial_answer_is_not_the_answer_to_the_next_request() -> None:
    asked: list[int] = []

    async def respond(request: bytes, send: Send) -> None:
        asked.append(request[3])
        if request[3] == 0:
            await asyncio.sleep(TIMEOUT_S * 1.5)  # after the time-out, before the unit is asked again
            send(serial_frame(request, [666, 666]))
        else:
            send(serial_frame(request, [1, 2]))

    async with serial_device(respond) as line:
        bus = serial_bus(line)
        with pytest.raises(LinkError, match="timeout"):
            await read(bus, address=0)
        assert await later(bus, address=8) == [1, 2]
        assert asked == [0, 8]
        await bus.close()


@pytest.mark.parametrize("spoil", ["crc", "half", "foreign", "noise before"])
async def test_serial_noise_costs_one_request_only(spoil: str) -> None:
    first = asyncio.Event()

    async def respond(request: bytes, send: Send) -> None:
        good = serial_frame(request, [1, 2])
        bad = {
            "crc": good[:-1] + bytes([good[-1] ^ 1]),
            "half": good[:4],
            "foreign": serial_frame(request, [666, 666], unit=9),
            "noise before": b"\xff\x00\x55",
        }[spoil]
        send(good if first.is_set() else bad)
        first.set()

    async with serial_device(respond) as line:
        bus = serial_bus(line)
        with pytest.raises(LinkError):
            await read(bus)
        assert await read(bus, unit=2) == [1, 2]  # the neighbour keeps its turn
        assert await later(bus) == [1, 2]
        await bus.close()


async def test_f61_a_serial_port_that_is_gone_is_found_again(tmp_path: Any) -> None:
    name = tmp_path / "by-id"
    bus = serial_bus(str(name))
    with pytest.raises(LinkError, match="refused"):
        await read(bus)
    async with serial_device(_serial_right) as line:
        name.symlink_to(line)
        assert await later(bus) == [1, 2]
        await bus.close()


async def _serial_right(request: bytes, send: Send) -> None:
    send(serial_frame(request, [1, 2]))


def _crc(body: bytes) -> bytes:
    from pymodbus.framer import FramerRTU

    return FramerRTU.compute_CRC(body).to_bytes(2, "big")


def test_the_awkward_devices_read_the_request() -> None:
    assert wanted(bytes([0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 5])) == 5
