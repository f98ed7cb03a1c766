"""Modbus TCP devices that are not there: real frames (pymodbus builds and reads them), invented values, faults at will.

pymodbus brings a ready server, but it answers a slow request under the transaction number of the next one; here each
answer keeps its own, so that lateness is told from lying.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsResponse, ReadDiscreteInputsResponse, WriteSingleCoilResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
    WriteMultipleRegistersResponse,
    WriteSingleRegisterResponse,
)

from device_profiles.schema import DeviceProfile
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import Registers, registers_of
from simulators.faults import FaultKind, Faults

HEADER = 7  # transaction 2, protocol 2, length 2, unit 1
LONGEST_FRAME = 260
TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
BIT_ANSWERS = {1: ReadCoilsResponse, 2: ReadDiscreteInputsResponse}
WORD_ANSWERS = {3: ReadHoldingRegistersResponse, 4: ReadInputRegistersResponse}
WRITES = {5: "coil", 6: "holding", 16: "holding"}
GARBAGE = bytes.fromhex("dead beef 0bad")


class ModbusUnit:
    """One unit behind a Modbus address: a model's registers filled by a signal."""

    def __init__(self, profile: DeviceProfile, signal: Signal, *, unit: int = 1) -> None:
        self.unit = unit
        self.faults = Faults()
        self.heard = 0
        self.answered = 0
        self.written: Registers = {}
        self._profile = profile
        self._signal = signal

    def answer(self, request: ModbusPDU, elapsed_s: float) -> ModbusPDU:
        """The answer to a request, an exception where the device has no such register."""
        if FaultKind.EXCEPTION in self.faults.active(elapsed_s):
            return ExceptionResponse(request.function_code, self.faults.exception_code)
        table = TABLES.get(request.function_code)
        registers = (
            registers_of(self._profile, self.faults.distorted(self._signal(elapsed_s), elapsed_s)) | self.written
        )
        if request.function_code in WRITES:
            return self._write(request, registers)
        if table is None:
            return ExceptionResponse(request.function_code, ExcCodes.ILLEGAL_FUNCTION)
        words = _range(registers, table, request)
        if words is None:
            return ExceptionResponse(request.function_code, ExcCodes.ILLEGAL_ADDRESS)
        if request.function_code in BIT_ANSWERS:
            return BIT_ANSWERS[request.function_code](bits=[bool(word) for word in words])
        return WORD_ANSWERS[request.function_code](registers=words)

    def _write(self, request: ModbusPDU, registers: Registers) -> ModbusPDU:
        """What is set stays set, whatever the signal says; only what the model has can be set."""
        table = WRITES[request.function_code]
        words = [int(bit) for bit in request.bits[:1]] if table == "coil" else list(request.registers)
        spots = [(table, request.address + place) for place in range(len(words))]
        if any(spot not in registers for spot in spots):
            return ExceptionResponse(request.function_code, ExcCodes.ILLEGAL_ADDRESS)
        self.written.update(zip(spots, words, strict=True))
        if request.function_code == 5:
            return WriteSingleCoilResponse(address=request.address, bits=[bool(words[0])])
        if request.function_code == 6:
            return WriteSingleRegisterResponse(address=request.address, registers=words)
        return WriteMultipleRegistersResponse(address=request.address, count=len(words))


class ModbusHost:
    """A TCP host with one or more units, such as a gateway in front of a serial line."""

    def __init__(
        self, units: Sequence[ModbusUnit], *, host: str = "127.0.0.1", port: int = 0, elapsed: Elapsed | None = None
    ) -> None:
        self.host = host
        self.port = port
        self.units = {unit.unit: unit for unit in units}
        self.connections = 0  # ever made to it
        self._elapsed = elapsed or stopwatch()
        self._framer = FramerSocket(DecodePDU(True))
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None] | None] = set()
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            self._closing.set()
            self.disconnect()
            if serving := [task for task in self._serving if task]:
                await asyncio.wait(serving)
            await self._server.wait_closed()

    def disconnect(self) -> None:
        """Cuts every connection, as a device that loses power does."""
        for writer in tuple(self._clients):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        self.connections += 1
        serving = asyncio.current_task()
        self._serving.add(serving)
        try:
            async with asyncio.TaskGroup() as answers:  # a slow unit does not hold up the answers of another
                while frame := await _frame(reader):
                    answers.create_task(self._reply(frame, writer))
        finally:
            self._clients.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._serving.discard(serving)

    async def _reply(self, frame: bytes, writer: asyncio.StreamWriter) -> None:
        _, request = self._framer.handleFrame(frame, 0, 0)
        unit = self.units.get(request.dev_id) if request else None
        if request is None or unit is None:
            return  # as on a serial line: nobody feels addressed
        elapsed_s = self._elapsed()
        active = unit.faults.active(elapsed_s)
        unit.heard += 1
        if FaultKind.SILENT in active:
            return
        if FaultKind.SLOW in active:
            await self._dawdle(unit.faults.slow_s)
        unit.answered += 1
        if not writer.is_closing():
            writer.write(GARBAGE if FaultKind.GARBAGE in active else self._framed(unit, request, elapsed_s))

    async def _dawdle(self, seconds: float) -> None:
        """A pause that ends early when the device is taken away."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _framed(self, unit: ModbusUnit, request: ModbusPDU, elapsed_s: float) -> bytes:
        answer = unit.answer(request, elapsed_s)
        answer.dev_id, answer.transaction_id = request.dev_id, request.transaction_id
        return self._framer.buildFrame(answer)


class ModbusDevice:
    """A device with an address of its own: one unit, one host."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        unit: int = 1,
        host: str = "127.0.0.1",
        port: int = 0,
        elapsed: Elapsed | None = None,
    ) -> None:
        self._unit = ModbusUnit(profile, signal, unit=unit)
        self._host = ModbusHost([self._unit], host=host, port=port, elapsed=elapsed)

    async def __aenter__(self) -> Self:
        await self._host.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._host.__aexit__(kind, error, trace)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._host.port

    @property
    def unit(self) -> int:
        """Its unit address."""
        return self._unit.unit

    @property
    def faults(self) -> Faults:
        """What is wrong with it."""
        return self._unit.faults

    @property
    def answered(self) -> int:
        """How many requests it answered, in whatever way."""
        return self._unit.answered

    @property
    def heard(self) -> int:
        """How many requests reached it, answered or not."""
        return self._unit.heard

    def disconnect(self) -> None:
        """Cuts every connection."""
        self._host.disconnect()


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The next whole frame; empty when the other side has gone or does not speak Modbus."""
    try:
        header = await reader.readexactly(HEADER)
        length = int.from_bytes(header[4:6], "big")
        if not 2 <= length <= LONGEST_FRAME - HEADER + 1 or header[2:4] != b"\x00\x00":
            return b""
        return header + await reader.readexactly(length - 1)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def _range(registers: Registers, table: str, request: ModbusPDU) -> list[int] | None:
    """The words of a request; holes between points read as zero, addresses beyond all points do not exist."""
    known = [address for name, address in registers if name == table]
    wanted = range(request.address, request.address + request.count)
    if not known or wanted[0] < min(known) or wanted[-1] > max(known):
        return None
    return [registers.get((table, address), 0) for address in wanted]
