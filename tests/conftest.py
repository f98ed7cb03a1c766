"""Fixtures for every test: real servers, started once for the run and shared; see tests/servers.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import InfluxServer, Server, run_influxd, run_mosquitto, run_nats


@pytest.fixture(scope="session")
def influx_server() -> Iterator[InfluxServer]:
    """One InfluxDB 1.6 for the whole run; a test that kills it starts its own with `run_influxd`."""
    with run_influxd() as server:
        yield server


@pytest.fixture(scope="session")
def mosquitto_server() -> Iterator[Server]:
    """One Mosquitto for the whole run; a test that kills it starts its own with `run_mosquitto`."""
    with run_mosquitto() as server:
        yield server


@pytest.fixture(scope="session")
def nats_server() -> Iterator[Server]:
    """One NATS with MQTT for the whole run; a test that kills it starts its own with `run_nats`."""
    with run_nats() as server:
        yield server
