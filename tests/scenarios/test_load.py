"""The bench's own parts work: a small fleet publishes to the real centre, and every batch is receipted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from simulators.load.traffic import PERIOD_MS, ROWS, Traffic
from tests.benchmarks.runs import bare_client, centre
from tests.servers import InfluxServer, Server

pytestmark = pytest.mark.scenario


def _traffic() -> Traffic:
    rounds = 3
    return Traffic(gateways=20, rounds=rounds, begin=time.time_ns() // 1_000_000 - (rounds + 1) * ROWS * PERIOD_MS)


def test_a_fleet_is_receipted_by_a_centre_on_influxdb(
    tmp_path: Path, mosquitto_server: Server, influx_server: InfluxServer
) -> None:
    traffic = _traffic()
    run = centre(tmp_path / "bench", mosquitto_server, traffic, influx_server)
    assert run.readings == traffic.readings == 6_000
    rows = influx_server.query("SELECT count(u1_v) FROM power_meter_sdm630", "centre")
    assert rows[0]["count"] == traffic.readings / 5 + 20 * ROWS, "with the round that warms up"


def test_the_bare_client_posts_the_same_lines(influx_server: InfluxServer) -> None:
    traffic = _traffic()
    run = bare_client(influx_server, traffic)
    assert run.readings == traffic.readings
    (row,) = influx_server.query("SELECT count(u1_v), mean(p_w) FROM power_meter_sdm630", "bare")
    assert row["count"] == traffic.readings / 5 + 20 * ROWS
