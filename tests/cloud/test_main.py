"""The command line: configuration refused as a whole, secrets asked for, and a stop that takes seconds."""

from __future__ import annotations

import asyncio
import base64
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.access.passwords import verify_password
from cloud.config import InfluxStoreConfig, load_config
from cloud.errors import ConfigurationError
from cloud.settings import read_settings
from cloud.store.sql import SqlStateStore
from device_profiles.schema import Strict
from tests.cloud.stage import write_config
from tests.servers import Server, free_port
from tests.waiting import eventually

PASSWORD = "mot-mat-khau-dai-2024"
runner = CliRunner()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A complete configuration; nobody listens at its broker."""
    return write_config(tmp_path, "mqtt://127.0.0.1:1")


def state_of(config: Path) -> SqlStateStore:
    """The database that the configuration names."""
    return SqlStateStore(f"sqlite:///{config.parent / 'data' / 'centre.sqlite3'}")


def test_a_good_configuration_is_told_in_one_line(config: Path) -> None:
    result = runner.invoke(app, ["check", "--config", str(config)])
    assert result.exit_code == 0, result.output
    assert "good: 1 sites, 1 gateways, 1 rules" in result.output


def test_every_fault_of_every_file_is_told_at_once(config: Path) -> None:
    folder = config.parent
    (folder / "sites" / "yen-bai.toml").write_text('id = "x y"\n', encoding="utf-8")
    (folder / "rules" / "river_high.toml").write_text("nonsense", encoding="utf-8")
    more = '[store]\nkind = "influx"\npassword_env = "NO_SUCH_VARIABLE_HERE"\n'
    config.write_text(config.read_text("utf-8") + more, encoding="utf-8")
    for command in ("check", "serve"):
        result = runner.invoke(app, [command, "--config", str(config)])
        assert result.exit_code == 2
        for part in ("yen-bai.toml", "river_high.toml", "NO_SUCH_VARIABLE_HERE"):
            assert part in result.stderr


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('data_dir = "d"', "sites_dir"),
        ('data_dir = "d"\nsites_dir = "s"\n[broker]\nurl = "mqtt://me:secret@h"', "without a name or password"),
        ('data_dir = "d"\nsites_dir = "s"\n[broker]\nurl = "http://h"', "mqtt://host:port"),
        ('data_dir = "d"\nsites_dir = "s"\n[store]\nkind = "influx"\nurl = "http://u:p@h"', "password_env"),
        ('data_dir = "d"\nsites_dir = "s"\n[brokr]\n', "did you mean"),
        (
            'data_dir = "d"\nsites_dir = "s"\n'
            '[[notify.channels]]\nkind = "webhook"\nname = "a"\nurl = "http://h"\n' * 2,
            "",
        ),
    ],
)
def test_a_wrong_configuration_names_its_key(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "centre.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_settings(tmp_path / "centre.toml")
    assert part in str(caught.value)


def test_paths_start_at_the_folder_of_the_file_and_passwords_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim\n", encoding="utf-8")
    (tmp_path / "centre.toml").write_text(
        'data_dir = "d"\nsites_dir = "s"\nprofile_dirs = ["p", "/q"]\n'
        '[store]\nkind = "influx"\nusername = "u"\npassword_file = "secret"\n'
        '[[notify.channels]]\nkind = "webhook"\nname = "a"\nurl = "http://h"\nsigning_key_file = "secret"\n',
        encoding="utf-8",
    )
    config = load_config(tmp_path / "centre.toml")
    assert (config.data_dir, config.profile_dirs) == (tmp_path / "d", (tmp_path / "p", Path("/q")))
    assert config.rules_dir is None
    assert isinstance(config.store, InfluxStoreConfig)
    assert config.store.password_file == tmp_path / "secret"
    secret = config.store.password()
    assert secret is not None
    assert secret.get_secret_value() == "geheim"
    assert "geheim" not in repr(secret) + repr(config)
    (channel,) = config.notify.channels
    assert channel.kind == "webhook"
    assert channel.signing_key_file == tmp_path / "secret"


def test_every_field_of_the_configuration_stands_in_a_readme() -> None:
    """In that of the room whose table it is, or in that of the whole centre, which names the rooms."""
    root = Path(__file__).parents[2]
    whole = (root / "cloud" / "README.md").read_text("utf-8")
    from cloud import config as room

    models = [each for each in vars(room).values() if isinstance(each, type) and issubclass(each, Strict)]
    for model in models:
        own = root.joinpath(*model.__module__.split(".")[:-1]) / "README.md"
        text = whole + (own.read_text("utf-8") if own.exists() else "")
        assert not [name for name in model.model_fields if f"`{name}`" not in text], model.__name__


def test_a_user_is_added_with_a_password_from_standard_input(config: Path) -> None:
    arguments = ["user", "add", "lan", "--role", "operator", "--config", str(config)]
    result = runner.invoke(app, arguments, input=PASSWORD + "\n")
    assert result.exit_code == 0, result.output
    state = state_of(config)
    user = state.user("lan")
    assert user is not None
    assert (user.role, verify_password(user.password_hash, PASSWORD)) == ("operator", True)
    assert [row.action for row in state.audit(limit=9)] == ["user_add"]
    state.close()
    weak = runner.invoke(app, arguments, input="short\n")
    assert (weak.exit_code, "at least" in weak.stderr) == (2, True)


def test_a_token_is_printed_once_and_kept_as_a_digest(config: Path) -> None:
    result = runner.invoke(app, ["token", "add", "grafana", "--role", "viewer", "--config", str(config)])
    assert result.exit_code == 0, result.output
    secret = result.stdout.strip()
    assert secret.startswith("thacba_")
    assert secret.encode() not in (config.parent / "data" / "centre.sqlite3").read_bytes()


def test_a_token_is_bound_to_areas_that_exist(config: Path) -> None:
    arguments = ["token", "add", "commune", "--role", "viewer", "--config", str(config), "--area"]
    wrong = runner.invoke(app, [*arguments, "nowhere"])
    assert (wrong.exit_code, "nowhere" in wrong.stderr) == (2, True)
    area = sorted({each.area for each in read_settings(config).inventory.sites.values()})[0]
    result = runner.invoke(app, [*arguments, area])
    assert result.exit_code == 0, result.output
    state = state_of(config)
    assert [row.areas for row in state.secrets()] == [area]
    assert [row.detail for row in state.audit(limit=9)] == [f"viewer {area}"]
    state.close()


def test_a_token_is_bound_to_sectors_of_the_scheme(config: Path) -> None:
    arguments = ["token", "add", "clinic", "--role", "viewer", "--config", str(config), "--sector", "health"]
    wrong = runner.invoke(app, [*arguments, "--sector", "hospitals"])
    assert (wrong.exit_code, "education" in wrong.stderr) == (2, True), "it names those that there are"
    result = runner.invoke(app, [*arguments, "--sector", "education"])
    assert result.exit_code == 0, result.output
    state = state_of(config)
    assert [(row.areas, row.sectors) for row in state.secrets()] == [("", "education health")]
    assert [row.detail for row in state.audit(limit=9)] == ["viewer sectors education health"]
    state.close()


def test_keys_prints_the_same_public_key_each_time(config: Path) -> None:
    first, second = (runner.invoke(app, ["keys", "--config", str(config)]).stdout.strip() for _ in range(2))
    assert first == second
    assert len(base64.b64decode(first)) == 32


@pytest.mark.scenario
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_serve_answers_stops_within_seconds_and_exits_0(
    tmp_path: Path, mosquitto_server: Server, number: signal.Signals
) -> None:
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{mosquitto_server.port}")
    port = free_port()
    config.write_text(config.read_text("utf-8").replace("port = 0", f"port = {port}"), encoding="utf-8")
    command = [sys.executable, "-m", "cloud", "serve", "--config", str(config)]
    child = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5) as client:

            async def healthy() -> bool:
                try:
                    return (await client.get("/healthz")).status_code == 200
                except httpx.TransportError:
                    return False

            condition: Callable[[], bool | Awaitable[bool]] = healthy
            await eventually(condition, within_s=60)
            second = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
            _, told = await second.communicate()
            assert (second.returncode, b"another centre" in told) == (1, True)
            child.send_signal(signal.SIGHUP)
            child.send_signal(number)
            _, log = await asyncio.wait_for(child.communicate(), 10)  # 5 s on a machine that does nothing else
    finally:
        if child.returncode is None:
            child.kill()
    assert child.returncode == 0, log.decode()
    assert b"Traceback" not in log, log.decode()
    assert b"broker link up" in log
