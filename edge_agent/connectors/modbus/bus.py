"""One wire with Modbus units on it: one request at a time, and a silent unit cannot keep the others waiting.

```
 unit A ──┐
 unit B ──┼─ lock ── request ── wire ── answer: unit, transaction, function and length must be those asked for
 unit C ──┘                              └─ none within timeout_s: A is left alone for 2, 4, 8, 16 x timeout_s
```

Leaving a silent unit alone serves two ends. On a serial line a frame carries no transaction number, so that a late
answer could pass for the answer to the next request: the pause lets it arrive while nobody waits for it. And it
bounds the share of the wire that a dead unit takes from its neighbours: one part in 17.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from edge_agent.connector import EdgeError, LinkError
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.modbus.plan import BIT_TABLES, Block, Table

Client: TypeAlias = AsyncModbusTcpClient | AsyncModbusSerialClient
Connected: TypeAlias = Callable[[bool], None]
_Ask: TypeAlias = Callable[[Client], Awaitable[ModbusPDU]]

FUNCTIONS = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
PAUSES = (2, 4, 8, 16)  # x timeout_s, after the first, second ... silence in a row
SILENCES_UNTIL_RECONNECT = 3  # nobody on the wire answered so often in a row: the connection itself may be dead
BITS_PER_CHARACTER = 11  # start bit, 8 data bits, parity or second stop bit, stop bit
SHORTEST_GAP_S = 0.00175  # the standard's fixed 3.5 characters above 19,200 baud
VENDOR_LOG = "pymodbus.logging"

log = logging.getLogger(__name__)


class RefusedError(EdgeError):
    """The unit answered with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code:02X}")
        self.code = code

    @property
    def fault(self) -> str:
        """The code as samples carry it."""
        return f"exception_{self.code:02X}"


@dataclass(slots=True)
class _Silence:
    """How often in a row a unit did not answer, and until when it is left alone."""

    times: int
    until: float


class Bus:
    """A wire and the lock around it; connects when first used, and again when the connection was lost."""

    def __init__(self, connection: ModbusConnection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()
        self._client: Client | None = None
        self._deadline: asyncio.Timeout | None = None
        self._silent: dict[int, _Silence] = {}
        self._silences = 0
        self._down: _Down | None = None
        self._users: set[object] = set()

    async def read(self, unit: int, block: Block, *, timeout_s: float) -> Sequence[int]:
        """The registers or bits of this block; RefusedError when the unit says no, LinkError when it says nothing."""
        answer = await self._request(unit, lambda client: _ask(client, unit, block), timeout_s)
        return _contents(answer, unit, block)

    async def write(self, unit: int, table: Table, address: int, words: Sequence[int], *, timeout_s: float) -> None:
        """Sets one coil, or registers that belong together in one request; errors as of `read`."""
        answer = await self._request(unit, lambda client: _set(client, unit, table, address, words), timeout_s)
        if answer.isError():
            raise RefusedError(answer.exception_code)

    async def _request(self, unit: int, ask: _Ask, timeout_s: float) -> ModbusPDU:
        """One request in its turn, and the answer to it."""
        self._leave_alone(unit)
        async with self._lock:
            self._leave_alone(unit)  # it may have fallen silent while this request waited for its turn
            client = await self._connected(timeout_s)
            if self._connection.transport == "rtu":
                await asyncio.sleep(_gap_s(self._connection.baud_rate))
            answer = await self._exchange(client, unit, ask, timeout_s)
        if self._connection.transport == "tcp" and answer.transaction_id == 0:  # ours begin at 1
            raise LinkError("no_answer", f"unit {unit} of {self._connection.bus} does not repeat transaction numbers")
        return answer

    @property
    def in_use(self) -> bool:
        """Whether some unit is still read over this wire."""
        return bool(self._users)

    def join(self, user: object) -> None:
        """Somebody reads over this wire, until he leaves."""
        self._users.add(user)

    async def leave(self, user: object) -> None:
        """The last one to leave lets go of the wire, once nobody waits for an answer; whoever asks later connects."""
        self._users.discard(user)
        if not self._users:
            await self.close()

    async def close(self) -> None:
        """Lets go of the wire once nobody waits for an answer; whoever asks later connects again."""
        async with self._lock:
            self._drop()

    def _leave_alone(self, unit: int) -> None:
        silence = self._silent.get(unit)
        if silence and (left := silence.until - _now()) > 0:
            raise LinkError("timeout", f"unit {unit} of {self._connection.bus} was silent, asked again in {left:.1f} s")

    async def _connected(self, timeout_s: float) -> Client:
        if self._client and self._client.connected:
            return self._client
        self._drop()
        if self._down and _now() < self._down.until:
            raise self._down.error()
        client = _client_for(self._connection, timeout_s, self._connection_changed)
        self._client = client
        fault = ""
        try:
            async with asyncio.timeout(timeout_s):
                fault = "" if await client.connect() else "refused"
        except TimeoutError:
            fault = "timeout"
        if fault:
            self._drop()
            self._down = _Down(self._connection.bus, fault, _now() + timeout_s)
            raise self._down.error()
        self._down = None
        return client

    async def _exchange(self, client: Client, unit: int, ask: _Ask, timeout_s: float) -> ModbusPDU:
        answered = False
        try:
            async with asyncio.timeout(timeout_s) as self._deadline:
                answer = await ask(client)
            answered = True
        except TimeoutError:
            fault, what = ("timeout", "no answer") if client.connected else ("no_answer", "connection closed")
            raise LinkError(fault, f"{what} from unit {unit} of {self._connection.bus}") from None
        except ModbusException as error:
            raise LinkError("no_answer", f"unit {unit} of {self._connection.bus}: {error}") from error
        finally:  # also when the caller's patience ended first: the answer may still come
            self._deadline = None
            self._note(unit, client, timeout_s, answered=answered)
        return answer

    def _note(self, unit: int, client: Client, timeout_s: float, *, answered: bool) -> None:
        if answered or not client.connected:  # a closed connection is no silence: nothing can come late over it
            self._silent.pop(unit, None)
            self._silences = 0
            return
        before = self._silent.get(unit)
        times = before.times + 1 if before else 1
        pause_s = PAUSES[min(times, len(PAUSES)) - 1] * timeout_s
        self._silent[unit] = _Silence(times, _now() + pause_s)
        self._silences += 1
        torn = self._connection.transport == "tcp" and client.ctx.recv_buffer  # half a frame: nobody knows the rest
        if torn or self._silences >= SILENCES_UNTIL_RECONNECT:
            self._drop()

    def _connection_changed(self, up: bool) -> None:
        """A lost connection ends the wait for an answer at once."""
        if not up and self._deadline is not None and not self._deadline.expired():
            self._deadline.reschedule(_now())

    def _drop(self) -> None:
        client, self._client = self._client, None
        self._silences = 0
        if client is not None:
            client.close()  # never connected again: pymodbus would mistake the old socket's end for the new one's


@dataclass(frozen=True, slots=True)
class _Down:
    """The wire could not be reached; whoever asks before `until` hears so without another attempt."""

    bus: str
    fault: str
    until: float

    def error(self) -> LinkError:
        return LinkError(self.fault, f"{self.bus} cannot be reached")


def quiet_vendor_log() -> None:
    """Silences pymodbus, which logs each skipped frame as an error; what matters comes to us as LinkError."""
    logging.getLogger(VENDOR_LOG).setLevel(logging.CRITICAL)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _gap_s(baud_rate: int) -> float:
    """Silence of 3.5 characters that separates frames on a serial line."""
    return max(SHORTEST_GAP_S, 3.5 * BITS_PER_CHARACTER / baud_rate)


def _client_for(connection: ModbusConnection, timeout_s: float, changed: Connected) -> Client:
    #  retries and reconnecting are ours: a time-out of pymodbus must never come before our own
    patience_s = timeout_s * 2
    if connection.transport == "tcp":
        return AsyncModbusTcpClient(
            connection.host,
            port=connection.port,
            timeout=patience_s,
            retries=0,
            reconnect_delay=0,
            trace_connect=changed,
        )
    return AsyncModbusSerialClient(
        connection.serial_port,
        baudrate=connection.baud_rate,
        parity=connection.parity[0].upper(),
        stopbits=connection.stop_bits,
        timeout=patience_s,
        retries=0,
        reconnect_delay=0,
        trace_connect=changed,
    )


async def _ask(client: Client, unit: int, block: Block) -> ModbusPDU:
    read = {
        "coil": client.read_coils,
        "discrete": client.read_discrete_inputs,
        "holding": client.read_holding_registers,
        "input": client.read_input_registers,
    }[block.table]
    return await read(block.address, count=block.count, device_id=unit)


async def _set(client: Client, unit: int, table: Table, address: int, words: Sequence[int]) -> ModbusPDU:
    if table in BIT_TABLES:
        return await client.write_coil(address, bool(words[0]), device_id=unit)
    if len(words) == 1:
        return await client.write_register(address, words[0], device_id=unit)
    return await client.write_registers(address, list(words), device_id=unit)


def _contents(answer: ModbusPDU, unit: int, block: Block) -> Sequence[int]:
    """What was asked for, or the reason why this is not it."""
    function = FUNCTIONS[block.table]
    if answer.isError() and answer.function_code == function | 0x80:
        raise RefusedError(answer.exception_code)
    contents: Sequence[int] = answer.bits if block.table in BIT_TABLES else answer.registers
    whole = -(-block.count // 8) * 8 if block.table in BIT_TABLES else block.count  # bits travel in whole bytes
    if answer.function_code != function or len(contents) != whole:
        raise LinkError("no_answer", f"unit {unit} answers something else: function {answer.function_code}")
    return contents[: block.count]
