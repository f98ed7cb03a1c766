"""What a command sets in a device, held against what its profile allows, and whether the device shows it; pure."""

from __future__ import annotations

from collections.abc import Mapping

from device_profiles.schema import Command, DeviceProfile
from device_profiles.writing import Write
from edge_agent.connector import CommandError, Scalar

ROUNDING = 1e-6  # of a value


def ordered(profile: DeviceProfile, verb: str, arguments: Mapping[str, Scalar]) -> tuple[Write, Scalar]:
    """Where the value goes, and the value; CommandError when the model has no such command, or not with this value."""
    command = next((each for each in profile.commands if each.verb == verb), None)
    if command is None or command.write is None:
        raise CommandError(f"a {profile.profile} does not know the command {verb}")
    return command.write, value_of(command, command.write, arguments)


def value_of(command: Command, write: Write, arguments: Mapping[str, Scalar]) -> Scalar:
    """The one value that the command sets; CommandError when its limits do not allow it."""
    if set(arguments) != set(command.arguments):
        raise CommandError(f"{command.verb} takes: {', '.join(command.arguments) or 'no arguments'}")
    value = write.value if write.value is not None else arguments[command.arguments[0]]
    if write.value is None and not _is_allowed(write, value):
        raise CommandError(f"{command.verb} takes {_allowed(write)}, not {value!r}")
    return value


def shows(write: Write, ordered_value: Scalar, shown: Scalar | None) -> bool:
    """Whether what the device shows is what was ordered."""
    if shown is None or isinstance(shown, str) or isinstance(ordered_value, str):
        return shown == ordered_value
    #  a register of 32 bits shows 62.4 as 62.400001: that is what was ordered
    return abs(shown - ordered_value) <= write.tolerance + ROUNDING * abs(ordered_value)


def _is_allowed(write: Write, value: Scalar) -> bool:
    if write.allowed:
        #  1 == True, but a device that takes numbers may not take a yes
        return any(type(value) is type(each) and value == each for each in write.allowed)
    if isinstance(value, bool | str) or write.minimum is None or write.maximum is None:
        return False
    return write.minimum <= value <= write.maximum  # NaN compares false


def _allowed(write: Write) -> str:
    if write.allowed:
        return " or ".join(repr(each) for each in write.allowed)
    return f"{write.minimum:g} to {write.maximum:g}"
