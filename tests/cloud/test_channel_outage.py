"""A channel whose server is gone, in a running centre: an alarm of the platform, told through the other channel."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.app import Centre
from tests.cloud.notify.contents import Receiver, receiver
from tests.cloud.stage import running, scripted, settings_for
from tests.servers import Server, free_port, run_mosquitto
from tests.waiting import eventually

NOTIFY = """
tick_s = 0.1
[notify]
outage_attempts = 1
[[notify.channels]]
kind = "webhook"
name = "first"
url = "http://127.0.0.1:{lost}/hook"
allow_private = true
[[notify.channels]]
kind = "webhook"
name = "second"
url = "{url}"
allow_private = true
digests = false
"""


@pytest.fixture(scope="module")
def broker() -> Iterator[Server]:
    with run_mosquitto() as server:
        yield server


def told(hook: Receiver) -> list[tuple[str, str, str]]:
    """Rule, device and kind of every notice that arrived."""
    contents = [json.loads(request.body) for request in hook.requests]
    return [(content["rule"], content["device"], content["kind"]) for content in contents]


async def test_a_lost_channel_is_told_through_the_other_and_cleared_when_it_is_back(
    tmp_path: Path, broker: Server
) -> None:
    lost = free_port()
    async with receiver() as hook:
        settings = settings_for(tmp_path, broker, more=NOTIFY.format(lost=lost, url=hook.url))
        async with running(Centre(settings)), scripted(broker) as gateway:
            await gateway.measure(31.0)
            await eventually(lambda: ("platform_channel_out", "first", "raised") in told(hook))
            back = Receiver()
            server = await asyncio.start_server(back.take, "127.0.0.1", lost)
            await eventually(lambda: ("platform_channel_out", "first", "cleared") in told(hook), within_s=30)
            server.close()
            await server.wait_closed()
    assert [rule for rule, _, _ in told(back)] == ["river_high"], "the notice that had waited; never its own outage"
    assert told(hook).count(("platform_channel_out", "first", "raised")) == 1
