"""Where a point lies in the uplinks of a LoRaWAN device, as its network server hands them over."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.basics import Key, Strict

Encoding = Literal["u8", "s8", "u16", "s16", "u24", "s24", "u32", "s32", "f32"]
WIDTHS: dict[Encoding, int] = {
    "u8": 1, "s8": 1, "u16": 2, "s16": 2, "u24": 3, "s24": 3, "u32": 4, "s32": 4, "f32": 4,
}  # fmt: skip
Radio = Literal[
    "rssi_dbm", "snr_db", "spreading_factor", "gateways", "battery_pct", "margin_db", "f_cnt", "frames_lost"
]
LARGEST_PORT = 223  # above it lie ports of the network itself (LoRaWAN 1.0.4, 4.3.2)


class ByteTest(Strict):
    """A frame counts only when this byte, or these bits of it, are so."""

    at: int = Field(ge=0, le=241, description="Which byte of the frame, from 0.")
    mask: int = Field(0xFF, ge=1, le=0xFF, description="Which bits of it.")
    equals: int = Field(ge=0, le=0xFF, description="What they are, the lowest of the bits as 1.")


class ByteLayout(Strict):
    """Where a number lies in the bytes of a frame: at a fixed place, or behind the mark of its channel.

    ```
     at = 2                 CB A4 | 0B 45 | 02 A7 | 01 ...       the same place in each frame of this port
                                    ^^ at = 2, s16
     channel = [0x03,0x67]  01 75 64 | 03 67 10 01 | 04 68 73    channel, type, value; in any order
                                              ^^ s16, little
    ```
    """

    at: int | None = Field(
        None, ge=0, le=241, description="First byte, from 0: of the frame, or of the channel's value."
    )
    channel: tuple[int, int] | None = Field(None, description="Channel and type, where each value has them before it.")
    encoding: Encoding = Field("u8", description="How the number lies in the bytes.")
    order: Literal["big", "little"] = Field("big", description="Which byte comes first.")
    mask: int = Field(0, ge=0, le=0xFFFFFFFF, description="Which bits of the number; 0 for all of them.")
    absent: tuple[int, ...] = Field((), max_length=16, description="Raw numbers that say that there is no value.")
    only_if: ByteTest | None = Field(None, description="Which frames hold the value.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.at is None and self.channel is None:
            raise ValueError("give at or channel")
        if self.channel is not None and any(not 0 <= octet <= 255 for octet in self.channel):
            raise ValueError("channel and type are bytes, 0 to 255")
        if self.mask and (self.encoding == "f32" or self.encoding.startswith("s")):
            raise ValueError("a mask needs an encoding without sign")
        return self


class LorawanSource(Strict):
    """Where a point lies in the uplinks of a LoRaWAN device, or what is sent down to set it."""

    protocol: Literal["lorawan"] = "lorawan"
    path: str = Field("", max_length=200, description="Dotted path into the object that the codec of the server made.")
    layout: ByteLayout | None = Field(None, description="Where it lies in the frame, without a codec.")
    radio: Radio | None = Field(None, description="What the network itself says of the device.")
    port: int | None = Field(None, ge=1, le=LARGEST_PORT, description="Only frames of this fPort; default every one.")
    words: dict[str, float] = Field(default_factory=dict, max_length=64, description="What its words mean: open = 1.")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")
    frame: str = Field(
        "", pattern=r"^(?:[0-9a-f]{2}|\{(?:u8|u16|u16le|u32|u32le)\}){0,64}$",
        description="To set: the frame in hexadecimal digits, with {u8} or another encoding where the value goes.",
    )  # fmt: skip
    confirmed: bool = Field(True, description="To set: whether the device must confirm the frame.")
    shown_by: Key | Literal[""] = Field("", description="To set: the point that then shows the value.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [bool(self.path), self.layout is not None, self.radio is not None, bool(self.frame)]
        if given.count(True) != 1:
            raise ValueError("give one of path, layout, radio, and frame")
        if (self.frame or self.shown_by) and self.port is None:
            raise ValueError("what is sent down needs a port")
        if self.scale == 0.0:
            raise ValueError("a scale of 0 leads nowhere")
        return self
