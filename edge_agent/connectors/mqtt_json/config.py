"""Configuration of one device that publishes through a broker of others."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edge_agent.brokered import Brokered


class MqttJsonConnection(Brokered):
    """Hear one device that publishes over MQTT in its maker's own words."""

    kind: Literal["mqtt_json"] = Field("mqtt_json", description="Always mqtt_json.")
    name: str = Field(
        pattern=r"^[^/+#\x00{}]+(?:/[^/+#\x00{}]+)*$", max_length=128,
        description="The device's own name at its broker: where the profile's topics say {name}.",
    )  # fmt: skip
