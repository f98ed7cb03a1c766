"""Where a point lies in what a device of others publishes over MQTT."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from device_profiles.basics import Key, Strict

NAME = "{name}"  # in a topic or path: the device's own name at its broker
LEVEL = r"(?:[^/+#\x00]+)"
TOPIC = rf"^{LEVEL}(?:/{LEVEL})*$"


class MqttJsonSource(Strict):
    """Where a point lies in what a device of others publishes over MQTT, or what is published to set it.

    ```
    topic = "tele/{name}/SENSOR", path = "ENERGY.Power"       {"Time": ..., "ENERGY": {"Power": 41, ...}}
    topic = "stat/{name}/POWER",  words = { ON = 1, OFF = 0 }   ON
    ```
    """

    protocol: Literal["mqtt_json"] = "mqtt_json"
    topic: str = Field(
        pattern=TOPIC, max_length=200, description="Topic; {name} stands for the device's own name at its broker."
    )
    also: tuple[Annotated[str, Field(pattern=TOPIC, max_length=200)], ...] = Field(
        (), max_length=8, description="Further topics whose payloads say the same in the same place."
    )
    path: str = Field("", max_length=200, description="Dotted path into the record; empty: the payload is the value.")
    records: str = Field(
        "", max_length=200, description="Dotted path to the record, or the list of records, that path and time mean."
    )
    words: dict[str, float] = Field(default_factory=dict, max_length=64, description="What its words mean: ON = 1.")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")
    time: str = Field("", max_length=200, description="Path of the device's own time; empty: the agent's clock counts.")
    time_unit: Literal["ms", "s"] = Field("ms", description="Unit of a time that is a number.")
    retained: bool = Field(
        False, description="Whether what the broker kept from before counts, as the state of a connection does."
    )
    fixed: dict[str, bool | int | float | str] = Field(
        default_factory=dict, max_length=16, description="To set: what else stands in the object that is published."
    )
    shown_by: Key | Literal[""] = Field("", description="To set: the point that then shows the value.")

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that tells the point."""
        return (self.topic, *self.also)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.time and not self.path:
            raise ValueError("a payload that is the value itself holds no time")
        if self.fixed and not self.path:
            raise ValueError("fixed goes with a path: both are members of one object")
        if self.scale == 0.0:
            raise ValueError("a scale of 0 leads nowhere")
        return self
