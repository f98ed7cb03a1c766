"""The only door to bacpypes3: asks one device, answers nobody.

Its errors are no `Exception`, so each is caught here by name.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Self

from bacpypes3.apdu import AbortPDU, ErrorRejectAbortNack, RejectPDU
from bacpypes3.basetypes import ErrorType, StatusFlags
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import Address, IPv4Address
from bacpypes3.primitivedata import (
    Boolean,
    CharacterString,
    Double,
    Enumerated,
    Integer,
    ObjectIdentifier,
    Real,
    Unsigned,
)

from edge_agent.connector import CommandError, EdgeError, LinkError, Scalar
from edge_agent.connectors.bacnet.config import BacnetConnection
from edge_agent.connectors.bacnet.readout import BROKEN, NO_SUCH_OBJECT, Told

US = 4_194_302  # our own instance: nobody asks us, so that it need not be unique
ANY_ADDRESS = "0.0.0.0:0"  # a free port, no broadcasts
VALUE, FLAGS, RELIABILITY = "present-value", "status-flags", "reliability"
SILENCE = ("no-response", "tsm-timeout", "apdu-timeout")
NOT_THERE = ("unknown-object", "unknown-property", "property-is-not-a-list")
logging.getLogger("bacpypes3").setLevel(logging.CRITICAL)  # it writes a traceback for every datagram of a stranger


class TooBigError(EdgeError):
    """The device cannot answer so much at once."""


class NoSuchServiceError(EdgeError):
    """The device knows no ReadPropertyMultiple."""


class _Asking(NormalApplication):  # type: ignore[misc]  # without types
    """Their application without its services: a gateway is nobody's BACnet device."""

    async def indication(self, apdu: Any) -> None:
        """What others ask of us ends here."""


class Asker:
    """A socket of its own for one device; `close` ends it."""

    def __init__(self, connection: BacnetConnection, host: str) -> None:
        """`host` is an IPv4 address. Needs a running loop."""
        wait_ms = round(connection.timeout_s * 1000)
        ourselves = DeviceObject(
            objectName="gateway",
            objectIdentifier=f"device,{US}",
            vendorIdentifier=0,
            apduTimeout=wait_ms,
            numberOfApduRetries=connection.retries,
        )
        self._application = _Asking(ourselves, IPv4Address(ANY_ADDRESS))
        self._there = Address(f"{host}:{connection.port}")
        self._device = connection.device

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the socket."""
        self._application.close()

    @property
    def local_port(self) -> int:
        """Where answers come back to; 0 before the first question."""
        transport = self._application.normal.server.local_transport
        return int(transport.get_extra_info("socket").getsockname()[1]) if transport is not None else 0

    async def meet(self) -> None:
        """LinkError `wrong_device` when it is not the device that was configured."""
        wanted = f"device,{self._device}"
        try:
            await self._application.read_property(self._there, wanted, "object-identifier")
        except ErrorRejectAbortNack as error:
            _give_up_when_silent(error)
            if _word(error) == "unknown-object":
                raise LinkError("wrong_device", f"whoever answers there is not {wanted}") from None
            raise LinkError("device", f"asked who it is, it answers {_word(error)}") from None

    async def several(self, objects: Sequence[str]) -> Mapping[str, Told]:
        """Value, flags and reliability of each object, in one question."""
        asked = [part for each in objects for part in (each, [VALUE, FLAGS, RELIABILITY])]
        try:
            answers = await self._application.read_property_multiple(self._there, asked)
        except ErrorRejectAbortNack as error:
            _give_up_when_silent(error)
            if isinstance(error, RejectPDU) or _word(error) == "service-not-supported":
                raise NoSuchServiceError from None
            raise TooBigError from None
        except (ValueError, TypeError, AttributeError) as error:  # octets that are no BACnet
            raise TooBigError from error
        found: dict[str, dict[str, Any]] = {each: {} for each in objects}
        for name, what, _, value in answers or ():
            found.setdefault(_name(name), {})[str(what)] = value
        return {each: _told(found[each]) for each in objects}

    async def one(self, name: str) -> Told:
        """Value and flags of an object of a device that answers one question at a time."""
        properties: dict[str, Any] = {VALUE: await self._property(name, VALUE)}
        if properties[VALUE] is not None:
            properties[FLAGS] = await self._property(name, FLAGS)
        flags = properties.get(FLAGS)
        if flags is not None and "fault" in _flags(flags):
            properties[RELIABILITY] = await self._property(name, RELIABILITY)
        return _told(properties)

    async def put(self, name: str, value: Scalar, *, priority: int) -> None:
        """Writes the present value; CommandError when the device refuses it."""
        raw = ("active" if value else "inactive") if isinstance(value, bool) else value
        try:
            await self._application.write_property(self._there, name, VALUE, raw, priority=priority)
        except ErrorRejectAbortNack as error:
            _give_up_when_silent(error)
            raise CommandError(f"the device refuses it: {_word(error)}") from None
        except (ValueError, TypeError) as error:
            raise CommandError(f"{value} is no value of {name}") from error

    async def _property(self, name: str, what: str) -> Any:
        try:
            return await self._application.read_property(self._there, name, what)
        except ErrorRejectAbortNack as error:
            _give_up_when_silent(error)
            return None if _word(error) in NOT_THERE else error
        except (ValueError, TypeError, AttributeError):
            return BROKEN


def _give_up_when_silent(error: ErrorRejectAbortNack) -> None:
    if isinstance(error, AbortPDU) and _word(error) in SILENCE:
        raise LinkError("timeout", "no answer") from None


def _word(error: Any) -> str:
    return str(getattr(error, "errorCode", None) or getattr(error, "apduAbortRejectReason", "") or error)


def _name(identifier: ObjectIdentifier) -> str:
    return f"{identifier[0]},{identifier[1]}"


def _told(properties: Mapping[str, Any]) -> Told:
    value = properties.get(VALUE)
    if value is None or isinstance(value, ErrorType):
        return NO_SUCH_OBJECT
    if isinstance(value, ErrorRejectAbortNack) or value is BROKEN:
        return BROKEN
    reliability = properties.get(RELIABILITY)
    said = "" if reliability is None or isinstance(reliability, ErrorType) else str(reliability)
    return Told(_scalar(value), _flags(properties.get(FLAGS)), said)


def _flags(raw: Any) -> frozenset[str]:
    if not isinstance(raw, StatusFlags):
        return frozenset()
    return frozenset(word for word in str(raw).split(";") if word)


def _scalar(raw: Any) -> Scalar | None:
    if isinstance(raw, Real | Double):
        return float(raw)
    if isinstance(raw, Boolean):
        return bool(raw)
    if isinstance(raw, Enumerated):
        return bool(int(raw)) if str(raw) in ("active", "inactive") else int(raw)
    if isinstance(raw, Unsigned | Integer):
        return int(raw)
    return str(raw) if isinstance(raw, CharacterString) else None
