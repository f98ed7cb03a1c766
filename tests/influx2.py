"""A real InfluxDB 2.x, where somebody has one: no package of Debian brings it, so `make test` runs on 1.6.7.

`THACBA_INFLUXD2=/path/to/influxd pytest tests/cloud/store tests/cloud/grafana` runs the same contracts on it.
"""

from __future__ import annotations

import json
import os
import secrets
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import HOST, InfluxServer, Server, a_folder, free_port, pings, run_influxd, while_running

CHOSEN_BY = "THACBA_INFLUXD2"
ORGANISATION = "tinh"


@dataclass(slots=True)
class Influx2Server(InfluxServer):
    """A 2.x: retention is its buckets' affair."""

    def kept_s(self, database: str) -> int:
        """For how long the bucket of this database keeps what it takes; 0 for ever."""
        headers = {"Authorization": f"Token {self.password}"}
        request = urllib.request.Request(f"{self.url}/api/v2/buckets?name={database}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            (bucket,) = json.load(answer)["buckets"]
        return sum(int(rule["everySeconds"]) for rule in bucket["retentionRules"])


@contextmanager
def run_chosen(*, username: str = "", password: str = "") -> Iterator[InfluxServer]:
    """The server that the environment names, else the 1.6.7 of Debian with this account."""
    chosen = os.environ.get(CHOSEN_BY)
    with run_influxd2(Path(chosen)) if chosen else run_influxd(username=username, password=password) as server:
        yield server


@contextmanager
def run_influxd2(binary: Path) -> Iterator[InfluxServer]:
    """An InfluxDB 2.x server that has been set up; its password is the token, as in the centre's settings."""
    with a_folder() as folder:
        port = free_port()
        command = [
            str(binary),
            f"--http-bind-address={HOST}:{port}",
            f"--bolt-path={folder / 'influxd.bolt'}",
            f"--sqlite-path={folder / 'influxd.sqlite'}",
            f"--engine-path={folder / 'engine'}",
            "--reporting-disabled",
            "--log-level=warn",
        ]
        token = secrets.token_hex(16)
        server = Influx2Server("influxd", command, folder, port, lambda: pings(port), "http", "centre", token)
        server.organisation = ORGANISATION
        yield from while_running(server, prepare=_set_up)


def _set_up(server: Server) -> None:
    wanted = {
        "username": server.username,
        "password": secrets.token_hex(16),
        "org": ORGANISATION,
        "bucket": "first",
        "token": server.password,
    }
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(server.url + "/api/v2/setup", json.dumps(wanted).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
