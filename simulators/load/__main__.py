"""`python -m simulators.load BROKER --gateways N --rounds R`: one run, its figures as JSON in the last line."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import Annotated

import typer

from device_profiles.clock import SystemClock
from simulators.load.client import LoadClient
from simulators.load.traffic import PERIOD_MS, POINTS, ROWS, Traffic, messages


def load(
    broker: str,
    gateways: Annotated[int, typer.Option(min=1)] = 1_000,
    rounds: Annotated[int, typer.Option(min=1)] = 10,
    window: Annotated[int, typer.Option(min=1)] = 4_000,
) -> None:
    """Publishes batches of 100 readings for a fleet of gateways and waits for all receipts.

    One round more goes in first, unmeasured; the line {"warm": true} says when the clock starts.
    """
    lasts_ms = (rounds + 1) * ROWS * PERIOD_MS  # the last reading is of now, so that no clock calls one future
    traffic = Traffic(gateways, rounds + 1, SystemClock().now_ms() - lasts_ms)
    ready = list(messages(traffic))
    client = LoadClient(broker, window=window)
    run = asyncio.run(client.run(ready, warm_up=gateways, warm=lambda: typer.echo(json.dumps({"warm": True}))))
    bytes_sent = sum(len(payload) for _, payload in ready[gateways:])
    typer.echo(json.dumps({**asdict(run), "readings": gateways * rounds * ROWS * len(POINTS), "bytes": bytes_sent}))


if __name__ == "__main__":
    typer.run(load)
