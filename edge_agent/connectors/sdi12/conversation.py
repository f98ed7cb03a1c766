"""What is said to a sensor and what its answers mean: a dialogue that knows no line; pure.

```
 we      0M!                       measure                       0C!   measure, others may speak meanwhile
 sensor  00053                     3 values, within 5 s          000503
         0                         ready (service request)
 we      0D0!                      the first values              0D0!
 sensor  0+12.3-0.2                two of them
 we      0D1!                      the next ones
 sensor  0+7.11                    all three
```
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from edge_agent.connector import EdgeError
from edge_agent.connectors.sdi12.checksum import LENGTH, checksum

T = TypeVar("T")

VALUE = re.compile(r"[+-](?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})", re.ASCII)
VALUES = re.compile(rf"(?:{VALUE.pattern})*", re.ASCII)
FRAMES = 10  # D0 to D9
NOISE = "\0\x7f \t\r\n"
LONGEST = 100  # characters of an answer; the standard's are 75 and a checksum


class GarbledError(EdgeError):
    """The sensor said nothing, or what it said cannot be right; it may be asked again. `fault` is a short code."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Ask:
    """Say this, and give back the line that the sensor answers; empty when there is none."""

    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Let the sensor measure. `request` is the line by which it may say that it is ready before; empty: it says none.

    While it may say so, nobody else may speak on the line.
    """

    seconds: float
    request: str = ""


Step: TypeAlias = "Ask | Wait"
Dialogue: TypeAlias = Generator[Step, str, T]


@dataclass(frozen=True, slots=True)
class Manners:
    """How a sensor is asked."""

    address: str
    attempts: int = 3
    crc: bool = False
    longest_s: float = 120.0


def measure(command: str, manners: Manners) -> Dialogue[list[float]]:
    """The values of a measurement: all that the sensor announced, or fewer when it gave up; GarbledError at last."""
    address, mark = manners.address, "C" if manners.crc else ""
    spoken = f"{address}{command[0]}{mark}{command[1:]}!"
    if command[0] == "R":
        return (yield from _asked(spoken, lambda line: values_in(line, manners), manners))
    digits = 2 if command[0] == "C" else 1
    seconds, count = yield from _asked(spoken, lambda line: _start(line, address, digits=digits), manners)
    if seconds > manners.longest_s:
        raise GarbledError("too_slow", f"{spoken} takes {seconds} s")
    if seconds:
        yield Wait(seconds, request="" if command[0] == "C" else address)
    values: list[float] = []
    for number in range(FRAMES):
        if len(values) >= count:
            break
        more = yield from _asked(f"{address}D{number}!", lambda line: values_in(line, manners), manners)
        if not more:
            break  # it gave the measurement up
        values += more
    return values[:count]


def identity(manners: Manners) -> Dialogue[str]:
    """Who the sensor says it is: version of SDI-12, maker, model, its own version."""
    return (yield from _asked(f"{manners.address}I!", lambda line: _own(line, manners.address), manners))


def values_in(line: str, manners: Manners) -> list[float]:
    """The numbers of an answer; GarbledError when it is another one's, is torn, or its checksum does not fit."""
    said = _own(line, manners.address)
    if manners.crc:
        whole = line[:-LENGTH]
        if len(line) <= LENGTH or checksum(whole) != line[-LENGTH:]:
            raise GarbledError("checksum", f"{line!r} does not fit its checksum")
        said = whole[1:]
    if not VALUES.fullmatch(said):
        raise GarbledError("garbled", f"{line!r} holds no numbers")
    numbers = [float(text) for text in VALUE.findall(said)]
    if not all(map(math.isfinite, numbers)):
        raise GarbledError("garbled", f"{line!r} holds no numbers")
    return numbers


def replay(dialogue: Dialogue[T], lines: Callable[[str], str]) -> T:
    """What comes of a dialogue when the sensor answers each question with these lines, at once."""
    step = next(dialogue)
    while True:
        try:
            step = dialogue.send(lines(step.text) if isinstance(step, Ask) else "")
        except StopIteration as end:
            result: T = end.value
            return result


def _asked(text: str, understood: Callable[[str], T], manners: Manners) -> Dialogue[T]:
    """Asks until an answer can be understood, a few times."""
    for attempt in range(1, manners.attempts + 1):
        line = yield Ask(text)
        try:
            return understood(_clean(line, text))
        except GarbledError:
            if attempt == manners.attempts:
                raise
    raise GarbledError("timeout", f"{text} was never said")


def _clean(line: str, asked: str) -> str:
    """The answer without the echo of a two-wire adapter, and without noise in front of it that is no letter."""
    return line.strip(NOISE).removeprefix(asked).strip(NOISE)


def _own(line: str, address: str) -> str:
    if not line:
        raise GarbledError("timeout", "no answer")
    if line[0] != address or len(line) > LONGEST:
        raise GarbledError("garbled", f"{line[:LONGEST]!r} is no answer of sensor {address}")
    return line[1:]


def _start(line: str, address: str, *, digits: int) -> tuple[int, int]:
    """Seconds until the values are ready, and how many there will be."""
    said = _own(line, address)
    if not re.fullmatch(rf"\d{{{3 + digits}}}", said, re.ASCII):
        raise GarbledError("garbled", f"{line!r} announces no measurement")
    return int(said[:3]), int(said[3:])
