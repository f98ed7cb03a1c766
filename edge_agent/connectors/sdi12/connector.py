"""The SDI-12 connector: one poller per sensor, one line per serial port."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import LinkError, Sample
from edge_agent.connectors.sdi12.config import Sdi12Connection
from edge_agent.connectors.sdi12.conversation import GarbledError, Manners, identity, measure
from edge_agent.connectors.sdi12.line import SerialLine
from edge_agent.connectors.sdi12.readout import Answer, commands_for, read_out

WRONG = "wrong_device"
LONGEST_POLL_S = 600.0  # a line with many slow sensors; never longer than the sensor's own period


class Sdi12Sensor:
    """One sensor. `longest_poll_s` tells the supervisor that its turn on the line may be late."""

    def __init__(
        self, device: str, connection: Sdi12Connection, profile: DeviceProfile, line: SerialLine, *, period_s: float
    ) -> None:
        self.longest_poll_s = min(period_s, LONGEST_POLL_S)
        self._device = device
        self._connection = connection
        self._profile = profile
        self._line = line
        self._known_at = -1  # the opening of the line at which it said who it is
        self._manners = Manners(
            connection.address, connection.attempts, crc=connection.crc, longest_s=connection.longest_s
        )

    async def poll(self) -> Sequence[Sample]:
        """Every point once; points whose command failed say why. LinkError when the sensor answers nothing."""
        self._line.join(self)
        await self._recognise()
        answers: dict[str, Answer] = {}
        for command in commands_for(self._profile):
            answers[command] = await self._measured(command)
        faults = {answer for answer in answers.values() if isinstance(answer, str)}
        if len(faults) == 1 and all(isinstance(answer, str) for answer in answers.values()):
            raise LinkError(faults.pop(), f"sensor {self._connection.address} of {self._connection.serial_port}")
        return read_out(self._device, self._profile, answers)

    async def close(self) -> None:
        """Lets go of the line; it goes on for the sensors that still need it."""
        self._line.leave(self)

    async def _measured(self, command: str) -> Answer:
        try:
            return await self._line.converse(measure(command, self._manners), timeout_s=self._connection.timeout_s)
        except GarbledError as error:
            return error.fault

    async def _recognise(self) -> None:
        """Makes sure that it is the sensor that the configuration means, once for each opening of the line."""
        if not self._connection.identity or self._known_at == self._line.generation:
            return
        try:
            name = await self._line.converse(identity(self._manners), timeout_s=self._connection.timeout_s)
        except GarbledError as error:
            raise LinkError(error.fault, str(error)) from error
        if self._connection.identity not in name:
            raise LinkError(WRONG, f"sensor {self._connection.address} says that it is {name!r}")
        self._known_at = self._line.generation
