"""LoRaWAN devices behind a ChirpStack v4 that is not there either: uplinks, and downlinks that take effect."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from device_profiles.schema import DeviceProfile
from device_profiles.sources.lorawan import LorawanSource
from simulators.encoding import Value
from simulators.published import Said, uplink_of

PLACE = re.compile(r"\{u(\d+)(le)?\}")


class ChirpStack:
    """The network server's part for one device: events up, commands down."""

    def __init__(self, profile: DeviceProfile, *, dev_eui: str, application: str) -> None:
        self._profile = profile
        self._dev_eui = dev_eui.lower()
        self._application = application.lower()
        self._f_cnt = -1

    @property
    def hears(self) -> Sequence[str]:
        """Where downlinks are ordered."""
        return (f"{self._device}/command/down",)

    def say(self, values: Mapping[str, Value], *, at_ms: int) -> Sequence[Said]:
        """One frame with everything."""
        self._f_cnt += 1
        event = uplink_of(
            self._profile,
            values,
            dev_eui=self._dev_eui,
            application=self._application,
            f_cnt=self._f_cnt,
            at_ms=at_ms,
        )
        return (self._event("up", event),)

    def rejoin(self) -> None:
        """The device was switched off and on: its counter begins anew."""
        self._f_cnt = -1

    def obey(self, topic: str, payload: bytes) -> tuple[Mapping[str, Value], Sequence[Said]]:
        """Sends the frame down; what the device knows takes effect, and it confirms what it was asked to confirm."""
        del topic
        try:
            order: dict[str, Any] = json.loads(payload)
            frame = base64.b64decode(str(order["data"]), validate=True).hex()
            port, number = int(order["fPort"]), str(order.get("id", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            return {}, ()
        told = [self._event("txack", {"queueItemId": number})]
        if order.get("confirmed"):
            told.append(self._event("ack", {"queueItemId": number, "acknowledged": True}))
        return dict(self._effects(port, frame)), told

    def _effects(self, port: int, frame: str) -> Iterator[tuple[str, Value]]:
        for command in self._profile.commands:
            source = command.write.source if command.write else None
            if isinstance(source, LorawanSource) and source.port == port and source.shown_by:
                pattern = PLACE.sub(lambda place: f"([0-9a-f]{{{int(place[1]) // 4}}})", source.frame)
                found = re.fullmatch(pattern, frame)
                if found and found.groups():
                    raw = int.from_bytes(bytes.fromhex(found[1]), "little" if "le}" in source.frame else "big")
                    yield source.shown_by, round(raw * source.scale + source.offset)

    @property
    def _device(self) -> str:
        return f"application/{self._application}/device/{self._dev_eui}"

    def _event(self, name: str, document: Mapping[str, Any]) -> Said:
        return Said(f"{self._device}/event/{name}", json.dumps(document).encode())
