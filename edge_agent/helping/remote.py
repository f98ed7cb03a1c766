"""Does what the centre asks of this gateway: verbs of remote help over those of the control socket.

signed command ─▶ uplink/commands.py ─▶ RemoteHelp.help ─▶ a control verb, or one of our own ─▶ JSON in the result
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import msgspec

from device_profiles.clock import Clock
from device_profiles.wire.helping import ITSELF, LONGEST_ANSWER, MOST_LINES
from edge_agent.connector import CommandError, Shot
from edge_agent.control.protocol import ControlError, Verb
from edge_agent.helping.knocking import door_of, knock
from edge_agent.helping.log_ring import LogRing

USUAL_LINES = 50
MOST_PICTURE = 128 * 1024


@runtime_checkable
class Photographer(Protocol):
    """A connector that has a picture of this moment."""

    def picture_now(self) -> Shot:
        """The newest picture, with masks burnt in; CommandError when there is none that may be shown."""


class Connections(Protocol):
    """The devices at work."""

    def connection_of(self, device: str) -> Mapping[str, object]:
        """The table of its connection; CommandError when there is no such device."""

    def connector_of(self, device: str) -> object:
        """What reads it; None when nothing does."""

    async def begin_again(self, device: str) -> None:
        """Makes its connection anew."""


class RemoteHelp:
    """Owns nothing but the way to those who do it."""

    def __init__(self, control: Mapping[str, Verb], connections: Connections, *, ring: LogRing, clock: Clock) -> None:
        self._control = control
        self._connections = connections
        self._ring = ring
        self._clock = clock
        self._own: Mapping[str, Verb] = {
            "read_now": self.read_now,
            "snapshot": self.snapshot,
            "ping_device": self.ping_device,
            "restart_connector": self.restart_connector,
            "log_tail": self.log_tail,
            "plan": self.plan,
        }

    def verbs(self) -> Mapping[str, Verb]:
        """Those of our own that the control socket offers as well."""
        offered = ("snapshot", "ping_device", "restart_connector", "log_tail")
        return {name: self._own[name] for name in offered}

    async def help(self, device: str, verb: str, arguments: Mapping[str, object]) -> str:
        """The answer as JSON; CommandError when it cannot be done, LinkError when the device does not answer."""
        work = self._own.get(verb) or self._control.get(verb)
        if work is None:
            raise CommandError(f"this gateway cannot {verb}")
        try:
            said = await work({**arguments, "device": device} if device not in ("", ITSELF) else arguments)
        except ControlError as error:
            raise CommandError(str(error)) from error
        return _fitting(dict(said))

    async def read_now(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Reads {device} once more."""
        return await self._control["read"](arguments)

    async def ping_device(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Whether anybody is at the door of {device}."""
        return await knock(door_of(self._connections.connection_of(_device(arguments))), self._clock)

    async def restart_connector(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """Makes the connection to {device} anew; the others go on."""
        device = _device(arguments)
        self._connections.connection_of(device)
        await self._connections.begin_again(device)
        return {"restarted": device}

    async def snapshot(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """The picture that the camera {device} has now, as base64, and what it may be kept for."""
        device = _device(arguments)
        self._connections.connection_of(device)
        camera = self._connections.connector_of(device)
        if not isinstance(camera, Photographer):
            raise CommandError(f"{device} is no camera")
        shot = camera.picture_now()
        if len(shot.jpeg) > MOST_PICTURE:
            raise CommandError(f"the picture has {len(shot.jpeg)} bytes, limit {MOST_PICTURE}")
        packed = base64.b64encode(shot.jpeg).decode()
        terms = {"purpose": shot.purpose, "keep_h": shot.keep_h}
        return {"at": shot.at_ms, "kind": "image/jpeg", "picture": packed, **terms}

    async def log_tail(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """The newest {lines} of the log, those that {contains} a word; secrets are taken out."""
        lines = arguments.get("lines", USUAL_LINES)
        if not isinstance(lines, int) or not 1 <= lines <= MOST_LINES:
            raise CommandError(f"lines: 1 to {MOST_LINES}")
        return {"lines": self._ring.tail(lines, contains=str(arguments.get("contains", "")))}

    async def plan(self, arguments: Mapping[str, object]) -> Mapping[str, object]:
        """What a {configuration}, given as JSON text, would change here."""
        try:
            document = msgspec.json.decode(str(arguments.get("configuration", "")), type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise CommandError(f"configuration: {error}") from error
        return await self._control["plan"]({"configuration": document})


def _device(arguments: Mapping[str, object]) -> str:
    return str(arguments.get("device", ""))


def _fitting(said: dict[str, object]) -> str:
    """The answer as it fits one message; a long list of lines loses its oldest."""
    text = json.dumps(said, ensure_ascii=False, default=str)
    lines = said.get("lines")
    while len(text) > LONGEST_ANSWER and isinstance(lines, list) and lines:
        lines = said["lines"] = lines[len(lines) // 4 + 1 :]
        text = json.dumps(said, ensure_ascii=False, default=str)
    if len(text) > LONGEST_ANSWER:
        raise CommandError(f"the answer has {len(text)} characters, limit {LONGEST_ANSWER}")
    return text
