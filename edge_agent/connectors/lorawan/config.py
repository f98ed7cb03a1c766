"""Configuration of one LoRaWAN device behind a ChirpStack v4."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edge_agent.brokered import Brokered


class LorawanConnection(Brokered):
    """Hear one LoRaWAN device through the MQTT integration of ChirpStack v4."""

    kind: Literal["lorawan"] = Field("lorawan", description="Always lorawan.")
    application: str = Field(
        pattern=r"^[0-9a-fA-F-]{1,64}$", description="ID of the application in ChirpStack, as its page shows it."
    )
    dev_eui: str = Field(pattern=r"^[0-9a-fA-F]{16}$", description="DevEUI of the device, 16 hexadecimal digits.")
    prefix: str = Field(
        "", pattern=r"^[^+#\x00]*$", max_length=100, description="What stands before `application/` in the topics."
    )
    device_class: Literal["A", "C"] = Field(
        "A", description="C: it listens always, an order takes seconds. A: it hears orders after its next uplink."
    )

    @property
    def topic(self) -> str:
        """Where the topics of this device begin."""
        return f"{self.prefix}application/{self.application.lower()}/device/{self.dev_eui.lower()}/"
