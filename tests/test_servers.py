"""The real servers of the tests start, die, come back and are missed with a sentence that mends it."""

from __future__ import annotations

import os

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers import (
    HOST,
    InfluxServer,
    Server,
    ServerError,
    free_port,
    program,
    run_influxd,
    run_mosquitto,
    run_nats,
)
from tests.waiting import eventually, until


def test_influxd_answers_and_survives_a_kill() -> None:
    with run_influxd() as server:
        server.query("CREATE DATABASE here")
        server.kill()
        server.start()
        assert {"name": "here"} in server.query("SHOW DATABASES")
        pid = server.pid
    assert not _lives(pid)


def test_influxd_can_demand_credentials() -> None:
    with run_influxd(username="centre", password="secret") as server:
        assert server.query("SHOW USERS") == [{"user": "centre", "admin": True}]
        server.password = "wrong"
        with pytest.raises(OSError, match="401"):
            server.query("SHOW USERS")


@pytest.mark.parametrize("run", [run_mosquitto, run_nats])
def test_a_broker_takes_only_those_who_know_the_password(run: object) -> None:
    assert callable(run)
    with run(username="centre", password="secret") as server:
        assert _connects(server, "secret")
        assert not _connects(server, "wrong")


def test_shared_servers_answer(influx_server: InfluxServer, mosquitto_server: Server, nats_server: Server) -> None:
    assert influx_server.running
    assert _connects(mosquitto_server, "")
    assert _connects(nats_server, "")


def test_a_missing_server_says_how_to_get_it() -> None:
    with pytest.raises(ServerError, match="no-such-server is missing: install it"):
        program("no-such-server")


async def test_eventually_names_what_did_not_happen() -> None:
    assert await eventually(lambda: 7) == 7
    with pytest.raises(TimeoutError, match="free_port"):
        await eventually(lambda: free_port() < 0, within_s=0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _connects(server: Server, password: str) -> bool:
    answers: list[bool] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda _client, _user, _flags, reason, _properties: answers.append(not reason.is_failure)
    if password:
        client.username_pw_set("centre", password)
    client.connect(HOST, server.port)
    client.loop_start()
    try:
        until(lambda: answers)
    finally:
        client.disconnect()
        client.loop_stop()
    return answers[0]
