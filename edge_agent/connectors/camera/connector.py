"""One camera as a listener: watches its stream, reports every second, tells events with a picture."""

from __future__ import annotations

from pathlib import Path

from device_profiles.clock import Clock
from device_profiles.schema import DeviceProfile
from edge_agent.connector import Deliver
from edge_agent.connectors.camera.config import CameraConnection


class Camera:
    """A Listener: one call of `listen` is one stream; LinkError when the picture is lost, after offline was told."""

    def __init__(
        self, device: str, connection: CameraConnection, profile: DeviceProfile, *, snapshots: Path, clock: Clock
    ) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        self._snapshots = snapshots
        self._clock = clock

    async def listen(self, deliver: Deliver) -> None:
        """Delivers samples each second and events as they come, until the stream is lost."""
        raise NotImplementedError


def build_camera(
    device: str, connection: CameraConnection, profile: DeviceProfile, *, snapshots: Path, clock: Clock
) -> Camera:
    """The camera connector of one device."""
    return Camera(device, connection, profile, snapshots=snapshots, clock=clock)
