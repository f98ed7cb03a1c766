"""`thacba-cloud broker config` writes what a broker needs, and says what to do next."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.config import BrokerConfig
from tests.cloud.stage import write_config

SECRETS = ("broker.key", "centre.passwd", "centre.password")


def run(file: Path, folder: Path, *options: str) -> str:
    command = ["broker", "config", "--config", str(file), "--host", "broker.example", "--to", str(folder)]
    answer = CliRunner().invoke(app, [*command, "--crl", str(folder / "crl"), *options])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A centre with an authority."""
    path = write_config(tmp_path, "mqtt://127.0.0.1")
    assert CliRunner().invoke(app, ["authority", "init", "--config", str(path)]).exit_code == 0
    return path


@pytest.mark.parametrize("options", [[], ["--centre", "0.0.0.0:8884", "--centre-tls"]])
def test_what_it_says_fits_into_the_centres_file(file: Path, tmp_path: Path, options: list[str]) -> None:
    folder = tmp_path / "settings"
    said = run(file, folder, *options)
    section = tomllib.loads(said[said.index("  [broker]") :])
    config = BrokerConfig.model_validate(section["broker"])
    assert config.is_encrypted() == bool(options)
    assert all(Path(each).exists() for key, each in section["broker"].items() if key.endswith("_file"))
    assert Path(section["broker"]["door"]["crl_file"]).exists()
    assert section["enrolment"]["broker_url"] == "mqtts://broker.example:8883"


def test_secrets_are_closed_and_a_password_stays(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "settings"
    run(file, folder)
    assert all((folder / name).stat().st_mode & 0o007 == 0 for name in SECRETS)
    before = (folder / "centre.password").read_text()
    assert before.strip() not in run(file, folder, "--gateways", "50")
    assert (folder / "centre.password").read_text() == before
    assert "For 50 gateways" in (folder / "mosquitto.conf").read_text()


@pytest.mark.parametrize(("options", "said"), [(["--centre", "nowhere"], "address:port"), ([], "authority init")])
def test_a_mistake_is_a_sentence(file: Path, tmp_path: Path, options: list[str], said: str) -> None:
    if not options:
        (tmp_path / "data" / "authority" / "issuing.pem").unlink()
    command = ["broker", "config", "--config", str(file), "--host", "b", "--to", str(tmp_path / "settings"), *options]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code in (1, 2)
    assert said in answer.stderr
    assert not (tmp_path / "settings").exists()
