"""The messages of a fleet of meters, encoded before anything is measured; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from device_profiles.wire import Batch, Channel, DeviceBlock, encode, topic_for
from device_profiles.wire.codec import Compression
from device_profiles.wire.messages import Cell

PROFILE = "power_meter_sdm630"
DEVICE = "meter-1"
POINTS = ("u1_v", "u2_v", "u3_v", "p_w", "freq_hz")
ROWS = 20  # x 5 points = 100 readings
EPOCH = "00000000000000aa"
PERIOD_MS = 1000


@dataclass(frozen=True, slots=True)
class Traffic:
    """How many gateways speak, how often, and from when on."""

    gateways: int
    rounds: int
    begin: int
    compression: Compression = "zstd"

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return self.gateways * self.rounds

    @property
    def readings(self) -> int:
        """How many readings are in them."""
        return self.batches * ROWS * len(POINTS)


def gateway_id(number: int) -> str:
    """The id of the gateway with this number."""
    return f"load-{number:05d}"


def block_of(traffic: Traffic, gateway: int, turn: int) -> DeviceBlock:
    """What one meter measured in one round: values that move a little and never leave their range."""
    begin = traffic.begin + turn * ROWS * PERIOD_MS
    drift = (gateway * 7 + turn * 3) % 50 / 10
    points: dict[str, list[Cell]] = {
        "u1_v": [round(226.0 + drift + row % 7 / 10, 1) for row in range(ROWS)],
        "u2_v": [round(227.0 + drift + row % 5 / 10, 1) for row in range(ROWS)],
        "u3_v": [round(228.0 + drift + row % 3 / 10, 1) for row in range(ROWS)],
        "p_w": [round(1500.5 + 10 * drift + row, 1) for row in range(ROWS)],
        "freq_hz": [round(49.95 + row % 11 / 100, 2) for row in range(ROWS)],
    }
    return DeviceBlock(device=DEVICE, profile=PROFILE, times=[begin] + [PERIOD_MS] * (ROWS - 1), points=points)


def messages(traffic: Traffic) -> Iterator[tuple[str, bytes]]:
    """Topic and payload of every batch, round by round."""
    for turn in range(traffic.rounds):
        for gateway in range(traffic.gateways):
            batch = Batch(
                v=1,
                epoch=EPOCH,
                sequence=turn + 1,
                base=turn * ROWS * len(POINTS),
                devices=[block_of(traffic, gateway, turn)],
            )
            yield topic_for(gateway_id(gateway), Channel.READINGS), encode(batch, traffic.compression)
