"""`python -m simulators.load BROKER --gateways N --rounds R`: one run, its figures as JSON in the last line."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from device_profiles.clock import SystemClock
from simulators.load.client import LoadClient
from simulators.load.traffic import PERIOD_MS, ROWS, Traffic, messages


def load(
    broker: str,
    gateways: Annotated[int, typer.Option(min=1)] = 1_000,
    rounds: Annotated[int, typer.Option(min=1)] = 10,
    window: Annotated[int, typer.Option(min=1)] = 4_000,
) -> None:
    """Publishes batches of 100 readings for a fleet of gateways and waits for all receipts."""
    lasts_ms = rounds * ROWS * PERIOD_MS  # the last reading is of now, so that no clock calls one future
    traffic = Traffic(gateways, rounds, SystemClock().now_ms() - lasts_ms)
    ready = list(messages(traffic))
    run = asyncio.run(LoadClient(broker, window=window).run(ready))
    bytes_sent = sum(len(payload) for _, payload in ready)
    typer.echo(json.dumps({**asdict(run), "readings": traffic.readings, "begin": traffic.begin, "bytes": bytes_sent}))


if __name__ == "__main__":
    typer.run(load)
