"""Ends a gateway's session: somebody with its client id comes in through the centre's own listener, and leaves."""

from __future__ import annotations

import aiomqtt

from cloud.brokering.port import DoorError
from cloud.config import BrokerConfig
from cloud.ingest.fleet_client import FleetClient
from cloud.ingest.subscriber import encryption

ANSWER_S = 5.0


class SessionCutter:
    """Only the centre can do that: its listener lets it choose a client id, the fleet's does not."""

    def __init__(self, config: BrokerConfig) -> None:
        self._config = config

    async def __call__(self, gateway: str) -> None:
        """Returns when nobody is connected under this name; DoorError when the broker cannot be reached."""
        secret = self._config.password()
        try:
            async with FleetClient(
                self._config.host(),
                self._config.port(),
                username=self._config.name() or None,
                password=secret.get_secret_value() if secret else None,
                identifier=gateway,
                clean_session=True,
                timeout=ANSWER_S,
                tls_context=encryption(self._config),
            ):
                pass  # who was there is gone now
        except (aiomqtt.MqttError, OSError) as error:
            raise DoorError(f"the session of {gateway} could not be cut: {error}") from error
