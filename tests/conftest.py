"""Fixtures for every test: real servers, started once for each worker and shared; see tests/servers.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.influx2 import run_chosen
from tests.servers import InfluxServer, Server, run_mosquitto, run_nats

pytest_plugins = ["tests.faults.score"]

# These files wait most and take longest. Workers begin with them, so that in the end no worker waits for another.
BEGIN_WITH = ("scenarios", "faults")


MEASURED = "COVERAGE_PROCESS_CONFIG"  # tells a Python program that its lines are counted, which halves its speed


def pytest_configure(config: pytest.Config) -> None:
    """A worker's lines are counted; the gateways and centres that its tests start run as fast as in service."""
    if hasattr(config, "workerinput"):
        os.environ.pop(MEASURED, None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With several workers (`make test`) the long files come first; alone, the order of names stays."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(item.path))


def _rank(file: Path) -> int:
    rooms = file.relative_to(Path(__file__).parent).parts
    return BEGIN_WITH.index(rooms[0]) if rooms[0] in BEGIN_WITH else len(BEGIN_WITH)


@pytest.fixture(scope="session")
def influx_server() -> Iterator[InfluxServer]:
    """One InfluxDB for the whole run, 1.6 unless another is chosen; a test that kills it starts its own."""
    with run_chosen() as server:
        yield server


@pytest.fixture(scope="module")
def mosquitto_server() -> Iterator[Server]:
    """A Mosquitto for each file, so that what one leaves retained reaches no other; who kills it starts its own."""
    with run_mosquitto() as server:
        yield server


@pytest.fixture(scope="session")
def nats_server() -> Iterator[Server]:
    """One NATS with MQTT for the whole run; a test that kills it starts its own with `run_nats`."""
    with run_nats() as server:
        yield server
