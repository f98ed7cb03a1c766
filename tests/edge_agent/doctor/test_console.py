"""The doctor and the bundle as a technician types them."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.__main__ import cli
from tests.servers import free_port

RUNNER = CliRunner()
PASSWORD = "sesame-of-the-broker"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a gateway whose broker is down; a password stands where it should not."""
    (tmp_path / "password").write_text(PASSWORD)
    made = tmp_path / "gateway.toml"
    made.write_text(
        f'# password = "{PASSWORD}"\n'
        '[gateway]\nid = "gw-1"\nname = { vi = "Trạm", en = "Station" }\ndata_dir = "data"\n'
        f'[broker]\nurl = "mqtt://127.0.0.1:{free_port()}"\nusername = "gw-1"\npassword_file = "password"\n',
        encoding="utf-8",
    )
    (tmp_path / "data").mkdir()
    return made


def test_it_is_read_in_vietnamese_and_in_english(file: Path) -> None:
    vietnamese = RUNNER.invoke(cli, ["doctor", "--config", str(file)])
    assert vietnamese.exit_code == 2
    assert "✗ Đường tới broker: " in vietnamese.stdout
    assert "→ Gọi trung tâm: broker có đang chạy không?" in vietnamese.stdout
    assert "bỏ qua vì mục 6 lỗi" in vietnamese.stdout
    english = RUNNER.invoke(cli, ["doctor", "--config", str(file), "--lang", "en"])
    assert "skipped because 6 failed" in english.stdout


def test_programs_read_json(file: Path) -> None:
    result = RUNNER.invoke(cli, ["doctor", "--config", str(file), "--json"])
    document = json.loads(result.stdout)
    assert document["exit"] == result.exit_code == 2
    assert [check["cause"] for check in document["checks"] if check["status"] == "error"] == ["refused"]


def test_a_wrong_file_is_the_first_thing_to_be_said(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "\n[outbocks]\nmax_days = 3\n", encoding="utf-8")
    document = json.loads(RUNNER.invoke(cli, ["doctor", "--config", str(file), "--json"]).stdout)
    assert document["checks"][0]["cause"] == "configuration"
    assert "outbocks" in document["checks"][0]["said"]["en"]


def test_the_bundle_holds_what_helps_and_no_secret(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "bundle.tar.gz"
    result = RUNNER.invoke(cli, ["bundle", str(out), "--config", str(file)])
    assert result.exit_code == 0, result.output
    assert out.stat().st_mode & 0o077 == 0
    with tarfile.open(out) as archive:
        texts = {entry.name.rpartition("/")[2]: archive.extractfile(entry) for entry in archive.getmembers()}
        read = {name: held.read().decode() for name, held in texts.items() if held is not None}
    assert {"doctor.json", "gateway.toml", "system.txt", "journal.txt"} <= read.keys()
    assert "gw-1" in read["gateway.toml"]
    assert json.loads(read["doctor.json"])["exit"] == 2
    assert not [name for name, text in read.items() if PASSWORD in text]
