"""The HTTP JSON connector: asks one address and takes the points out of the answer."""

from __future__ import annotations

from collections.abc import Sequence

from device_profiles.schema import DeviceProfile
from edge_agent.connector import LinkError, Poller, Sample
from edge_agent.connectors.http_json.config import HttpJsonConnection
from edge_agent.http_exchange import HttpExchange, HttpTerms
from edge_agent.json_document import DocumentError, device_time, samples


class HttpJsonDevice:
    """One address that answers JSON."""

    def __init__(self, device: str, connection: HttpJsonConnection, profile: DeviceProfile) -> None:
        self._device = device
        self._connection = connection
        self._profile = profile
        terms = HttpTerms(
            timeout_s=connection.timeout_s,
            max_bytes=connection.max_bytes,
            key=connection.key,
            key_header=connection.key_header,
            headers=connection.headers,
            ca_file=connection.ca_file,
        )
        self._exchange = HttpExchange(terms)

    async def poll(self) -> Sequence[Sample]:
        """Every point once; LinkError when the device does not answer, or answers nonsense."""
        document = (await self._exchange.get(self._connection.url)).document()
        try:
            observed_at = device_time(document, self._connection.observed_at_path)
        except DocumentError as error:  # to stamp the reading ourselves would be a guess
            raise LinkError("device", f"the device's {error}") from error
        return samples(self._device, self._profile, document, observed_at=observed_at)

    async def close(self) -> None:
        """Lets go of the connection."""
        await self._exchange.close()


def build_http_json(device: str, connection: HttpJsonConnection, profile: DeviceProfile) -> Poller:
    """The poller of this device."""
    return HttpJsonDevice(device, connection, profile)
