"""The walking platform from end to end: every program real, every count compared from outside."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.demo_run import start_demo
from tests.servers import InfluxServer, Server, free_port, program, run_influxd, run_mosquitto
from tests.waiting import until

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(240)]
QUICK = {
    "DEMO_SECONDS": "60",
    "DEMO_SPEED": "1.2",
}  # level III is passed 20 s after the first reading, which may take 25 s on a machine that does other things too
PASSWORD = "correct horse"


@pytest.fixture
def demo_folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def servers() -> Iterator[tuple[Server, InfluxServer]]:
    with (
        run_mosquitto(username="demo", password=PASSWORD) as broker,
        run_influxd(username="demo", password=PASSWORD) as influx,
    ):
        yield broker, influx


def _real(broker: Server, influx: InfluxServer) -> dict[str, str]:
    return {
        "BROKER": broker.url,
        "BROKER_USERNAME": "demo",
        "BROKER_PASSWORD": PASSWORD,
        "INFLUX": influx.url,
        "INFLUX_USERNAME": "demo",
        "INFLUX_PASSWORD": PASSWORD,
    }


def _assert_walked(figures: dict[str, Any]) -> None:
    """What must be true at the end of every demonstration, whatever happened in it."""
    assert figures["faults"] == []
    assert figures["produced"] == figures["stored"] >= 1000
    assert figures["awaited"] == figures["dropped"] == figures["dead_lettered"] == 0
    assert figures["devices_unequal"] == {}
    assert figures["devices"] >= 20
    assert figures["gateways"] >= 3
    assert len(figures["protocols"]) >= 4
    levels = [step["level"] for step in figures["flood_alarms"]]
    if figures["restarts"]:  # a level that the river passed during an outage may be stepped over, never doubled
        assert levels == sorted(set(levels))
        assert levels[-1] == "III"
    else:
        assert levels == ["I", "II", "III"]
    assert {level: count for level, count in figures["flood_notices"].items() if count} == dict.fromkeys(levels, 1)
    assert set(figures["notices"].values()) == {1}


def _count_by_client(influx: InfluxServer, database: str, query: str) -> int:
    """What Debian's InfluxDB client says."""
    command = [program("influx"), "-host", "127.0.0.1", "-port", str(influx.port), "-database", database]
    command += ["-format", "json", "-execute", query]
    login = {"INFLUX_USERNAME": influx.username, "INFLUX_PASSWORD": influx.password}
    answer = subprocess.run(command, check=True, capture_output=True, timeout=30, env={**os.environ, **login})
    (series,) = json.loads(answer.stdout)["results"][0]["series"]
    count: int = series["values"][0][1]
    return count


def test_the_flood_is_watched_on_embedded_servers(demo_folder: Path) -> None:
    taken = free_port()
    blocker = subprocess.Popen([program("nats-server"), "-a", "127.0.0.1", "-p", str(taken)], stderr=subprocess.DEVNULL)
    run = start_demo(demo_folder, {**QUICK, "PORT": str(taken)})
    try:
        run.wait_until_ready()
        figures = run.figures(within_s=180)
        assert f"port {taken} for the page is taken: using {taken + 1}" in run.output or taken + 1 > 65535
        _assert_walked(figures)
        assert _ratings(run.programs / "data" / "centre" / "readings.sqlite3") > 0, "people rate the service"
        assert figures["seconds_to_first_reading"] <= 40  # 20 s on a machine that does nothing else
        assert run.children() == []
    finally:
        run.end()
        blocker.kill()
        blocker.wait()


def test_ctrl_c_ends_every_child_within_seconds(demo_folder: Path) -> None:
    run = start_demo(demo_folder, {"PORT": str(free_port())})
    try:
        run.wait_until_ready()
        assert len(run.children()) >= 5, "broker, agents"
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(10) == 0  # 5 s on a machine that does nothing else
        assert run.children() == []
    finally:
        run.end()


def test_the_flood_is_watched_on_real_servers_through_three_blows(
    demo_folder: Path, servers: tuple[Server, InfluxServer]
) -> None:
    """InfluxDB stands still for 30 s, the broker is killed, an agent is killed: nothing is lost, nothing doubled."""
    broker, influx = servers
    run = start_demo(demo_folder, {"DEMO_SECONDS": "90", "PORT": str(free_port()), **_real(broker, influx)})
    try:
        run.wait_until_ready()
        _pause(5)
        influx.pause()
        _pause(30)
        influx.resume()
        _pause(5)
        broker.kill()
        broker.start()
        _pause(6)
        os.kill(run.child("gw-tram-yen-bai.toml"), signal.SIGKILL)
        figures = run.figures(within_s=200)
    finally:
        run.end()
    _assert_walked(figures)
    assert figures["restarts"] == 1
    counted = _count_by_client(influx, figures["influx_database"], "SELECT count(level_m) FROM river_gauge_radar")
    assert counted == figures["stored_level_m"] > 0


def test_embedded_servers_may_be_killed_too(demo_folder: Path) -> None:
    """The broker, then the centre itself: what was under way is sent again, and counts once."""
    run = start_demo(demo_folder, {**QUICK, "PORT": str(free_port())})
    try:
        run.wait_until_ready()
        _pause(5)
        os.kill(run.child("nats.conf"), signal.SIGKILL)
        _pause(5)
        os.kill(run.child("centre.toml"), signal.SIGKILL)
        figures = run.figures(within_s=180)
    finally:
        run.end()
    _assert_walked(figures)
    assert figures["restarts"] == 2


def test_a_second_demonstration_takes_the_next_database(
    servers: tuple[Server, InfluxServer], demo_folder: Path
) -> None:
    broker, influx = servers
    influx.request("/query", form={"q": "CREATE DATABASE thacba"})
    influx.request("/write?db=thacba&precision=ms", body=b"river_gauge_radar,device=old level_m=1.0 1")
    run = start_demo(demo_folder, {"DEMO_SECONDS": "20", "PORT": str(free_port()), **_real(broker, influx)})
    try:
        figures = run.figures(within_s=120)
    finally:
        run.end()
    assert "database thacba has readings already: using thacba_2" in run.output
    assert figures["influx_database"] == "thacba_2"
    counted = _count_by_client(influx, "thacba_2", "SELECT count(level_m) FROM river_gauge_radar")
    assert counted == figures["stored_level_m"] > 0


def test_a_server_that_is_not_there_is_said_in_a_sentence(demo_folder: Path) -> None:
    run = start_demo(demo_folder, {"DEMO_SECONDS": "5", "INFLUX": f"http://127.0.0.1:{free_port()}"})
    try:
        assert run.process.wait(30) == 1
    finally:
        run.end()
    assert "does not answer" in run.errors
    assert "Traceback" not in run.errors
    assert run.children() == []


def _ratings(database: Path) -> int:
    with closing(sqlite3.connect(database)) as store:
        (count,) = store.execute("SELECT count(*) FROM event WHERE kind = 'rating'").fetchone()
    return int(count)


def _pause(seconds: float) -> None:
    """The blow lasts as long as it lasts: time is what is tested here."""
    began = time.monotonic()
    until(lambda: time.monotonic() - began >= seconds, within_s=seconds + 5)
