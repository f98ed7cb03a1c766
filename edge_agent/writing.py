"""Whether a command's value may be written, and whether the device shows it afterwards; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

from device_profiles.schema import Command, DeviceProfile
from device_profiles.writing import Write
from edge_agent.connector import CommandError, Scalar


def write_of(profile: DeviceProfile, verb: str) -> tuple[Command, Write]:
    """The command of this name with what it writes; CommandError when the profile names none."""
    for command in profile.commands:
        if command.verb == verb and command.write is not None:
            return command, command.write
    raise CommandError(f"a {profile.model} does not know the command {verb}")


def value_to_write(command: Command, write: Write, arguments: Mapping[str, Scalar]) -> Scalar:
    """The one value that the command writes; CommandError when its limits do not allow it."""
    if set(arguments) != set(command.arguments):
        raise CommandError(f"{command.verb} takes: {', '.join(command.arguments) or 'no arguments'}")
    if write.value is not None:
        return write.value
    value = arguments[command.arguments[0]]
    if write.allowed:
        if not any(type(value) is type(each) and value == each for each in write.allowed):
            raise CommandError(f"{value!r} is not one of {', '.join(map(str, write.allowed))}")
        return value
    if isinstance(value, bool | str) or not math.isfinite(value):
        raise CommandError(f"{value!r} is no number")
    if write.minimum is None or write.maximum is None or not write.minimum <= value <= write.maximum:
        raise CommandError(f"{value:g} is not within {write.minimum} and {write.maximum}")
    return value


def shows(write: Write, wanted: Scalar, shown: Scalar | None) -> bool:
    """Whether what the device shows is what was written."""
    if shown is None or isinstance(wanted, str) or isinstance(shown, str):
        return wanted == shown
    return abs(float(shown) - float(wanted)) <= write.tolerance + 1e-9 * abs(float(wanted))
