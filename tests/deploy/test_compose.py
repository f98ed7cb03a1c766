"""The containers, as far as they can be proven without Docker: shape, files, commands, settings, secrets, rights."""

from __future__ import annotations

import re
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field
from typer.main import get_command
from typer.testing import CliRunner

from cloud.__main__ import app as cloud_cli
from cloud.config import load_config
from tests.servers import program
from tests.waiting import until

FOLDER = Path(__file__).parents[2] / "deploy" / "compose"
SECRETS = "/run/secrets/"


class Part(BaseModel):
    """A part of the Compose file: a key that is not one of ours is a slip of the pen."""

    model_config = ConfigDict(extra="forbid")


class Build(Part):
    context: str
    dockerfile: str


class Awaited(Part):
    condition: Literal["service_healthy", "service_completed_successfully"]


class Health(Part):
    test: list[str] = Field(min_length=2)
    interval: str = Field(pattern=r"^\d+s$")
    timeout: str = Field(pattern=r"^\d+s$")
    retries: int = Field(ge=1)
    start_period: str | None = Field(None, pattern=r"^\d+s$")


class Service(Part):
    image: str = Field(pattern=r"^[a-z0-9/-]+:[a-z0-9.]+$")
    build: Build | None = None
    pull_policy: Literal["never"] | None = None
    command: list[str] = []
    entrypoint: list[str] = []
    environment: dict[str, str] = {}
    volumes: list[str] = []
    secrets: list[str] = []
    ports: list[str] = []
    depends_on: dict[str, Awaited] = {}
    healthcheck: Health | None = None
    restart: Literal["unless-stopped"] | None = None
    security_opt: list[str] = []
    logging: dict[str, object] = {}
    read_only: bool = False
    tmpfs: list[str] = []
    cap_drop: list[str] = []


class Secret(Part):
    file: str


class Compose(BaseModel):
    """The whole file; `x-` keys are Compose's own way to say a thing once."""

    name: str
    services: dict[str, Service]
    volumes: dict[str, None]
    secrets: dict[str, Secret]


@pytest.fixture(scope="module")
def compose() -> Compose:
    """The file as it is shipped."""
    return Compose.model_validate(yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder with its secrets made."""
    folder = tmp_path_factory.mktemp("compose") / "compose"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("secrets"))
    program("mosquitto_passwd")
    subprocess.run(["sh", "make_secrets.sh"], cwd=folder, check=True, timeout=30)
    return folder


def test_whatever_is_mounted_built_or_waited_for_exists(compose: Compose) -> None:
    for name, service in compose.services.items():
        for volume in service.volumes:
            source = volume.split(":")[0]
            known = (FOLDER / source).exists() if source.startswith(".") else source in compose.volumes
            assert known, f"{name}: {volume}"
        assert set(service.secrets) <= set(compose.secrets), name
        for other, awaited in service.depends_on.items():
            healthy = awaited.condition == "service_healthy"
            assert (compose.services[other].healthcheck is not None) == healthy, f"{name} waits for {other}"
        if service.build:
            assert (FOLDER / service.build.context / service.build.dockerfile).is_file()
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), re.M)
    assert all((FOLDER / "../.." / each).exists() for line in copied for each in line.split())


def test_everything_that_stays_up_says_how_it_is_and_is_pinned(compose: Compose) -> None:
    for name, service in compose.services.items():
        assert (service.healthcheck is not None) == (service.restart is not None), name
        assert not service.image.endswith(":latest"), name
    opened = {port for service in compose.services.values() for port in service.ports}
    assert {each for each in opened if not each.startswith("127.0.0.1:")} == {"1883:1883"}, "gateways come from outside"


def test_secrets_are_files_and_every_one_is_used(compose: Compose, made: Path) -> None:
    used = {each for service in compose.services.values() for each in service.secrets}
    assert used == set(compose.secrets)
    for service in compose.services.values():
        text = " ".join([*service.environment.values(), *service.entrypoint, *service.command])
        named = set(re.findall(re.escape(SECRETS) + r"([a-z_]+)", text))
        assert named <= set(service.secrets)
    for secret in compose.secrets.values():
        assert (made / secret.file).stat().st_size > 30
    assert stat.S_IMODE((made / "secrets").stat().st_mode) == 0o700
    before = {path: path.read_bytes() for path in (made / "secrets").iterdir()}
    subprocess.run(["sh", "make_secrets.sh"], cwd=made, check=True, timeout=30)
    assert {path: path.read_bytes() for path in (made / "secrets").iterdir()} == before, "nothing is made twice"
    assert (made / "secrets/broker_password").read_bytes() not in (made / "secrets/broker_accounts").read_bytes()


def test_every_command_of_ours_is_one(compose: Compose) -> None:
    commands = [each.command for each in compose.services.values() if each.command[:1] == ["thacba-cloud"]]
    assert len(commands) == 2
    for _, *words in commands:
        command = get_command(cloud_cli)
        while words and not words[0].startswith("-"):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        with command.make_context("thacba-cloud", words, resilient_parsing=False) as context:
            assert str(context.params["config"]) == "/etc/thacba-cloud/centre.toml"


def test_the_centre_takes_its_settings_and_fits_its_servers(compose: Compose, made: Path, tmp_path: Path) -> None:
    text = (FOLDER / "centre.toml").read_text(encoding="utf-8")
    secrets = set(re.findall(re.escape(SECRETS) + r"([a-z_]+)", text))
    for name in ("centre", "dashboards"):
        assert secrets == set(compose.services[name].secrets), name
    text = text.replace(SECRETS, f"{made / 'secrets'}/").replace("/var/lib/thacba-cloud", str(tmp_path / "data"))
    (tmp_path / "centre.toml").write_text(text, encoding="utf-8")
    for volume in compose.services["centre"].volumes:
        source, target = volume.split(":")[:2]
        if source.startswith("../"):
            (tmp_path / Path(target).name).symlink_to((FOLDER / source).resolve())
    told = CliRunner().invoke(cloud_cli, ["check", "--config", str(tmp_path / "centre.toml")])
    assert told.exit_code == 0, told.output
    config = load_config(tmp_path / "centre.toml")
    assert config.store.kind == "influx"
    environment = compose.services["influxdb"].environment
    assert config.store.database == environment["DOCKER_INFLUXDB_INIT_BUCKET"]
    assert config.store.organisation == environment["DOCKER_INFLUXDB_INIT_ORG"]
    hosts = {config.broker.host(), re.split(r"//|[:/]", config.store.url)[2], config.state.url.split("/")[2]}
    assert hosts <= set(compose.services)
    assert config.state.url.rsplit("/", 1)[1] == compose.services["postgres"].environment["POSTGRES_DB"]


@pytest.fixture(scope="module")
def broker(made: Path) -> Iterator[tuple[int, int]]:
    """The broker with the shipped settings on two free ports: of the fleet, and of the health check."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = one.getsockname()[1], two.getsockname()[1]
    data = made / "data"
    data.mkdir(mode=0o777)
    text = (made / "mosquitto/mosquitto.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listener 1883", f"user root\nlistener {ports[0]} 127.0.0.1"),
        ("listener 1884", f"listener {ports[1]}"),
        (SECRETS, f"{made}/secrets/"),
        ("/mosquitto/config/", f"{made}/mosquitto/"),
        ("/mosquitto/data/", f"{data}/"),
    ):
        assert old in text
        text = text.replace(old, new)
    (made / "run.conf").write_text(text, encoding="utf-8")
    running = subprocess.Popen([program("mosquitto"), "-c", str(made / "run.conf")], stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(ports[1]) and _listens(ports[0]), within_s=20)
        yield ports
    finally:
        running.terminate()
        running.wait(10)


def test_the_broker_lets_the_centre_in_and_strangers_see_its_uptime_alone(broker: tuple[int, int], made: Path) -> None:
    fleet, health = broker
    password = (made / "secrets/broker_password").read_text(encoding="utf-8")
    topic = "thacba/1/site/gw-01/command"
    publish = [program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(fleet), "-t", topic, "-m", "x"]
    assert _exit(*publish, "-u", "centre", "-P", password) == 0
    assert _exit(*publish, "-u", "centre", "-P", "wrong") != 0
    assert _exit(*publish) != 0
    watch = [program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(health), "-C", "1", "-W", "5", "-t"]
    assert _exit(*watch, "$SYS/broker/uptime") == 0
    assert _exit(*watch[:-3], "-W", "1", "-t", "thacba/#") != 0


def _listens(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


def _exit(*command: str) -> int:
    return subprocess.run(command, capture_output=True, timeout=30, check=False).returncode
