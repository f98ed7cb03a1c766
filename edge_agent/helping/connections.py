"""The devices at work, as remote help asks for them, and the secrets that must not leave with an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from edge_agent.connector import CommandError
from edge_agent.device import Device
from edge_agent.devices import Devices
from edge_agent.registry import is_pushed


class AtWork:
    """Implements Connections over the agent's devices."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    def connection_of(self, device: str) -> Mapping[str, object]:
        """The table of its connection; CommandError when there is no such device."""
        table: Mapping[str, object] = self._known(device).connection.model_dump(mode="json")
        return table

    def connector_of(self, device: str) -> object:
        """What listens to it; None when we ask it, or nothing hears it."""
        return self._devices.listener(device)

    async def begin_again(self, device: str) -> None:
        """Makes its connection anew; CommandError when it has none of ours."""
        if is_pushed(self._known(device)):
            raise CommandError(f"{device} comes to us: there is no connection to make anew")
        await self._devices.begin_again(device)

    def _known(self, device: str) -> Device:
        found = next((each for each in self._devices.current if each.id == device), None)
        if found is None:
            raise CommandError(f"no device {device} on this gateway")
        return found


def secrets_in(files: Callable[[], Mapping[str, str]]) -> list[str]:
    """What the files of secrets hold now; one that cannot be read hides nothing, and nobody could have logged it."""
    found: list[str] = []
    for path in files().values():
        with suppress(OSError, UnicodeDecodeError):
            found.append(Path(path).read_text(encoding="utf-8").strip())
    return [secret for secret in found if secret]
