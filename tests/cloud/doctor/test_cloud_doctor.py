"""The doctor of the centre names the true cause, with real servers, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.app import Centre
from cloud.doctor.servers import check_centre
from tests.cloud.stage import running, settings_for, write_config
from tests.disks import small_disk
from tests.servers import Server, free_port, run_influxd, run_mosquitto

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def broker() -> Iterator[Server]:
    """A broker that lets everybody in."""
    with run_mosquitto() as server:
        yield server


def examine(config: Path) -> dict[str, tuple[str, str]]:
    """What the doctor finds: status and cause by check."""
    result = RUNNER.invoke(app, ["doctor", "--config", str(config), "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == document["exit"]
    for check in document["checks"]:
        assert check["status"] in ("ok", "skipped") or (check["step"]["vi"] and check["step"]["en"])
    return {check["key"]: (check["status"], check["cause"]) for check in document["checks"]}


def ill(found: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """What is not as on a machine where everything is ready, but the centre has not been started."""
    usual = {"key": "no_command_key", "state": "no_user", "centre": "not_running", "handles": "few_handles"}
    return {
        key: (status, cause)
        for key, (status, cause) in found.items()
        if status != "ok" and usual.get(key) != cause and cause not in ("nobody_told", "disk_low")
    }


def test_a_centre_that_is_ready_has_no_errors(tmp_path: Path, broker: Server) -> None:
    config = write_config(tmp_path, broker.url)
    found = examine(config)
    assert not ill(found)
    assert found["broker"][0] == found["readings"][0] == found["files"][0] or found["files"][1] == "nobody_told"


def test_a_wrong_file_is_named_and_nothing_else_is_tried(tmp_path: Path) -> None:
    config = tmp_path / "centre.toml"
    config.write_text('data_dir = "data"\nsites_dir = "sites"\n[broker]\nurll = "mqtt://x"\n', encoding="utf-8")
    found = examine(config)
    assert found["files"] == ("error", "configuration")
    assert "broker" not in found


def test_a_broker_that_is_away_is_the_only_error(tmp_path: Path) -> None:
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{free_port()}")
    assert ill(examine(config)) == {"broker": ("error", "broker")}


def test_an_influxdb_that_is_away_or_refuses_is_named(tmp_path: Path, broker: Server) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    config = write_config(tmp_path, broker.url, more=f'[store]\nkind = "influx"\nurl = "{url}"\n')
    assert ill(examine(config)) == {"readings": ("error", "readings")}
    with run_influxd() as influx:
        config.write_text(config.read_text(encoding="utf-8").replace(url, influx.url), encoding="utf-8")
        assert not ill(examine(config))


def test_a_full_disk_is_named_and_what_needs_it_is_skipped(tmp_path: Path, broker: Server) -> None:
    config = write_config(tmp_path, broker.url)
    with small_disk(tmp_path / "small", megabytes=2) as disk:
        text = config.read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if line.startswith("data_dir"))
        config.write_text(text.replace(line, f'data_dir = "{disk}"'), encoding="utf-8")
        found = examine(config)
    assert found["folder"] == ("error", "disk_full")
    assert {found[key][0] for key in ("key", "state", "readings")} == {"skipped"}


async def test_a_centre_that_runs_is_asked_and_a_stranger_at_its_port_is_told(tmp_path: Path, broker: Server) -> None:
    settings = settings_for(tmp_path, broker)
    async with running(Centre(settings)) as centre:
        http = settings.config.http.model_copy(update={"port": centre.port})
        assert (await check_centre(settings.config.model_copy(update={"http": http}))).status == "ok"
    port = int(broker.url.rpartition(":")[2])
    http = settings.config.http.model_copy(update={"port": port})
    found = await check_centre(settings.config.model_copy(update={"http": http}))
    assert (found.status, found.cause) == ("error", "port_taken")


def test_it_speaks_both_languages(tmp_path: Path) -> None:
    config = tmp_path / "centre.toml"
    config.write_text('data_dir = "data"\nsites_dir = "sites"\nurl = "x"\n', encoding="utf-8")
    vietnamese = RUNNER.invoke(app, ["doctor", "--config", str(config), "--lang", "vi"])
    assert "Sửa từng dòng" in vietnamese.stdout
    english = RUNNER.invoke(app, ["doctor", "--config", str(config)])
    assert "Mend each line" in english.stdout
    assert english.exit_code == 2
