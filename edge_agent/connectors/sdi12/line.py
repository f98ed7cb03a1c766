"""A serial line with SDI-12 sensors on it: one dialogue at a time, and what comes too late is thrown away.

```
 sensor 1 ──┐
 sensor 2 ──┼─ lock ── break? ── command ── answer within timeout_s: a line that ends with a line feed
 sensor 3 ──┘                                └─ none: the line is listened to for a while, then it is said again
```

A measurement with `M` keeps the line until the sensor is ready, because any break would end it; one with `C` lets the
others speak meanwhile. An answer carries no number: after a silence what still comes is waited for and thrown away.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Generic, TypeVar

import serial

from edge_agent.connector import LinkError
from edge_agent.connectors.sdi12.config import Sdi12Connection
from edge_agent.connectors.sdi12.conversation import Ask, Dialogue, Wait

log = logging.getLogger(__name__)

T = TypeVar("T")

BREAK_S, MARK_S = 0.015, 0.010  # at least 12 and 8.33 ms, section 7 of the standard
MOST_WAITING = 4096  # characters of noise without a line feed
PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}
REFUSED, LOST = "refused", "no_answer"


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    """What a dialogue came to."""

    result: T


class SerialLine:
    """The line and the lock around it; opens when it is first used, and again when it was lost."""

    def __init__(self, connection: Sdi12Connection) -> None:
        self.generation = 0  # of openings: whoever was asked for his name before may be somebody else now
        self._path, wiring, self._baud_rate, self._data_bits, self._parity = connection.line
        self._breaks = wiring == "direct"
        self._lock = asyncio.Lock()
        self._port: serial.Serial | None = None
        self._heard = bytearray()
        self._news = asyncio.Event()
        self._unsettled_s = 0.0  # somebody may still answer what nobody waits for any more
        self._users: set[object] = set()

    @property
    def in_use(self) -> bool:
        """Whether some sensor is still read over this line."""
        return bool(self._users)

    def join(self, user: object) -> None:
        """Somebody reads over this line, until he leaves."""
        self._users.add(user)

    def leave(self, user: object) -> None:
        """The last one to leave lets go of the line; whoever asks later opens it again."""
        self._users.discard(user)
        if not self._users:
            self._drop()

    async def converse(self, dialogue: Dialogue[T], *, timeout_s: float) -> T:
        """What comes of the dialogue; LinkError when the line is lost, and what the dialogue itself raises."""
        answer: str | None = None
        while True:
            async with self._lock:
                outcome = await self._turn(dialogue, answer, timeout_s)
            if isinstance(outcome, _Done):
                result: T = outcome.result
                return result
            await asyncio.sleep(outcome.seconds)
            answer = ""

    async def _turn(self, dialogue: Dialogue[T], answer: str | None, timeout_s: float) -> _Done[T] | Wait:
        """Speaks until the end of the dialogue, or until others may speak."""
        self._open()
        try:
            while True:
                step = next(dialogue) if answer is None else dialogue.send(answer)
                if isinstance(step, Ask):
                    answer = await self._exchange(step.text, timeout_s)
                elif step.request:
                    await self._ready(step)
                    answer = ""
                else:
                    return step
        except StopIteration as end:
            return _Done(end.value)
        except OSError as error:  # also SerialException
            self._drop()
            raise LinkError(LOST, f"{self._path}: {error}") from error

    async def _exchange(self, text: str, timeout_s: float) -> str:
        await self._settle()
        port = self._open()
        self._unsettled_s = timeout_s
        if self._breaks:
            port.break_condition = True
            await asyncio.sleep(BREAK_S)
            port.break_condition = False
            await asyncio.sleep(MARK_S)
        port.write(text.encode("ascii"))
        line = await self._line(timeout_s)
        if line:
            self._unsettled_s = 0.0
        return line

    async def _ready(self, wait: Wait) -> None:
        """Returns when the sensor says that it is ready, or the time is over; others' noise changes nothing."""
        self._unsettled_s = 0.5  # when nobody waits any more, the request may still come
        loop = asyncio.get_running_loop()
        end = loop.time() + wait.seconds
        while (left := end - loop.time()) > 0:
            if (await self._line(left)).strip("\0 \r\n") == wait.request:
                self._unsettled_s = 0.0
                return

    async def _settle(self) -> None:
        """Throws away what came, and what still comes when somebody may be late."""
        if self._unsettled_s:
            await asyncio.sleep(self._unsettled_s)
        self._unsettled_s = 0.0
        self._heard.clear()

    async def _line(self, within_s: float) -> str:
        """The next line, empty when there is none in time; LinkError when the port is gone."""
        try:
            async with asyncio.timeout(within_s):
                while b"\n" not in self._heard:
                    self._news.clear()
                    await self._news.wait()
                    if self._port is None:
                        raise LinkError(LOST, f"{self._path} is gone")
        except TimeoutError:
            return ""
        line, _, rest = bytes(self._heard).partition(b"\n")
        self._heard[:] = rest
        return bytes(byte & 0x7F for byte in line).decode("ascii")  # adapters of eight bits pass the parity on

    def _open(self) -> serial.Serial:
        if self._port is not None:
            return self._port
        try:
            port = serial.Serial(
                self._path,
                baudrate=self._baud_rate,
                bytesize=self._data_bits,
                parity=PARITIES[self._parity],
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
        except (OSError, ValueError) as error:
            raise LinkError(REFUSED, f"{self._path} cannot be opened: {error}") from error
        self._port = port
        self.generation += 1
        self._heard.clear()
        asyncio.get_running_loop().add_reader(port.fileno(), self._hear)
        return port

    def _hear(self) -> None:
        """Some characters came, or the port is gone."""
        port = self._port
        if port is None:
            return
        try:
            heard = port.read(1024)
        except OSError:
            heard = b""
        if not heard:
            self._drop()
        self._heard += heard
        if len(self._heard) > MOST_WAITING:
            del self._heard[:-MOST_WAITING]
        self._news.set()

    def _drop(self) -> None:
        port, self._port = self._port, None
        self._heard.clear()
        self._news.set()
        if port is not None:
            asyncio.get_running_loop().remove_reader(port.fileno())
            port.close()
