"""The live feed over a real server: beats, events, coming back, filters, and the end of a session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from tests.browser.centre import RunningCentre, running_centre

Event = tuple[str, str, dict[str, object]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningCentre]:
    """The sample province behind a real server."""
    with running_centre(tmp_path) as running:
        yield running


@contextmanager
def listening(running: RunningCentre, path: str = "/api/v1/live", **headers: str) -> Iterator[Iterator[Event]]:
    """The events of one connection, with a token of a viewer."""
    secret, row = begin_token("wall", Role.VIEWER, now=running.centre.clock.now_ms(), days=1)
    running.centre.state.put_secret(row)
    headers["Authorization"] = f"Bearer {secret}"
    with (
        httpx.Client(base_url=running.url, timeout=10) as client,
        client.stream("GET", path, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events_of(answer.iter_lines())


def events_of(lines: Iterator[str]) -> Iterator[Event]:
    """Event name, id and data of each event."""
    facts: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, text = line.partition(": ")
            facts[name] = text
        elif "event" in facts:
            yield facts["event"], facts.get("id", ""), json.loads(facts["data"])
            facts = {}


def test_it_begins_with_a_beat_and_tells_each_change(running: RunningCentre) -> None:
    with listening(running) as events:
        name, number, facts = next(events)
        assert (name, number) == ("beat", "")
        assert isinstance(facts["now"], int)
        running.call(lambda centre: centre.measure("gw-thao", "gauge-yen-bai", "level_m", 31.5))
        name, number, facts = next(event for event in events if event[0] != "beat")
        assert (name, facts["point"], facts["value"]) == ("reading", "level_m", 31.5)
        assert number.isdecimal()


def test_a_client_takes_up_where_it_left(running: RunningCentre) -> None:
    start = running.call(lambda centre: centre.hub.number)
    for value in (31.5, 31.6, 31.7):
        running.call(lambda centre, value=value: centre.measure("gw-thao", "gauge-yen-bai", "level_m", value))
    with listening(running, **{"Last-Event-ID": str(start)}) as events:
        told = [next(events), next(events)]
        assert [event[0] for event in told] == ["beat", "reading"]
        assert told[1][2]["value"] == 31.7
    with listening(running, f"/api/v1/live?after={start}&kinds=alarm") as events:
        running.call(
            lambda centre: centre.raise_alarm("I", at=centre.clock.now_ms(), severity=3, device="gauge-thac-ba")
        )
        assert next(event for event in events if event[0] != "beat")[0] == "alarm"
    with listening(running, **{"Last-Event-ID": "17"}) as events:
        assert [next(events)[0], next(events)[0]] == ["beat", "reset"]


def test_only_one_gateway_when_asked(running: RunningCentre) -> None:
    with listening(running, "/api/v1/live?gateway=gw-pvhcc") as events:
        next(events)
        running.call(lambda centre: centre.measure("gw-thao", "gauge-yen-bai", "level_m", 30.1))
        running.call(lambda centre: centre.measure("gw-pvhcc", "kiosk-01", "waiting", 3))
        assert next(event for event in events if event[0] != "beat")[2]["gateway"] == "gw-pvhcc"


def test_strangers_hear_nothing(running: RunningCentre) -> None:
    assert httpx.get(f"{running.url}/api/v1/live").status_code == 401
