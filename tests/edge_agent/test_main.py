"""The command line: tables, exit codes and clear errors, with devices on real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge_agent.__main__ import cli
from edge_agent.logs import start_logging
from tests.edge_agent.test_killed import air_node
from tests.edge_agent.uplink.certificates import Authority

CONFIG = """
[gateway]
id = "gw-1"
name = { vi = "Cổng", en = "Gateway" }
data_dir = "data"
[broker]
url = "mqtt://127.0.0.1:1"
"""
AIR = """
[[devices]]
id = "air-1"
profile = "air_node"
name = { vi = "Khí", en = "Air" }
connection = { kind = "http_json", url = "URL" }
"""
PUSH = AIR.replace("air-1", "air-2").replace('kind = "http_json", url = "URL"', 'kind = "http_push", key_env = "KEY"')
WIDE = {"COLUMNS": "200"}


def run(*words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(cli, list(words), env=WIDE)
    if answer.exception and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return answer.exit_code, answer.output


def written(folder: Path, text: str) -> str:
    path = folder / "gateway.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_check_says_that_a_file_is_good_and_touches_nothing(tmp_path: Path) -> None:
    code, said = run("check", "--config", written(tmp_path, CONFIG + AIR.replace("URL", "http://127.0.0.1:9/")))
    assert (code, "good, 1 devices" in said) == (0, True)
    assert not (tmp_path / "data").exists()


def test_check_names_every_fault_and_ends_with_2(tmp_path: Path) -> None:
    wrong = CONFIG.replace("data_dir", "data_dri") + AIR.replace('"http_json"', '"htpp_json"')
    code, said = run("check", "--config", written(tmp_path, wrong))
    assert code == 2
    assert "did you mean 'data_dir'" in said
    assert "did you mean 'http_json'" in said


CAMERA = """
[[devices]]
id = "cam-1"
profile = "ip_camera"
name = { vi = "Camera", en = "Camera" }
connection = { kind = "camera", url = "rtsp://127.0.0.1:9/live", username = "thacba", password_file = "camera.key" }
"""


def test_check_names_every_secret_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEY", raising=False)
    file = written(tmp_path, CONFIG + PUSH + CAMERA)
    code, said = run("check", "--config", file)
    assert code == 2
    assert "devices[air-2].connection: environment variable KEY" in said
    assert "devices[cam-1].connection: " in said
    assert "camera.key" in said
    monkeypatch.setenv("KEY", "s3cret-of-air")
    (tmp_path / "camera.key").write_text("s3cret-of-cam\n", encoding="utf-8")
    code, said = run("check", "--config", file)
    assert (code, "good, 2 devices" in said) == (0, True)
    assert "s3cret" not in said
    (tmp_path / "camera.key").write_text("\n", encoding="utf-8")
    assert run("check", "--config", file)[0] == 2


def test_check_reads_the_authorities_of_the_broker(tmp_path: Path) -> None:
    secure = CONFIG.replace("mqtt://127.0.0.1:1", "mqtts://127.0.0.1:1") + 'ca_file = "ca.pem"\n'
    file = written(tmp_path, secure + AIR.replace("URL", "http://127.0.0.1:9/"))
    code, said = run("check", "--config", file)
    assert (code, "ca.pem" in said, "cannot be read" in said) == (2, True, True)
    (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
    code, said = run("check", "--config", file)
    assert (code, "holds no certificate" in said) == (2, True)
    pem = Authority(tmp_path).pem.read_text(encoding="ascii")
    (tmp_path / "ca.pem").write_text("Cơ quan chứng thực\n" + pem, encoding="utf-8")
    assert run("check", "--config", file)[0] == 0


def test_authorities_without_tls_are_a_mistake(tmp_path: Path) -> None:
    file = written(tmp_path, CONFIG + 'ca_file = "ca.pem"\n' + AIR.replace("URL", "http://127.0.0.1:9/"))
    code, said = run("check", "--config", file)
    assert (code, "ca_file is for mqtts://" in said) == (2, True)


def test_a_missing_file_ends_with_2(tmp_path: Path) -> None:
    code, said = run("run", "--config", str(tmp_path / "none.toml"))
    assert (code, "cannot be read" in said) == (2, True)


def test_once_shows_a_table(tmp_path: Path) -> None:
    with air_node() as port:
        code, said = run(
            "once", "--config", written(tmp_path, CONFIG + AIR.replace("URL", f"http://127.0.0.1:{port}/"))
        )
    assert code == 0, said
    for word in ("air-1", "pm25", "µg/m³", "noise_dba", "good", "1 of 1 devices answered"):
        assert word in said


def test_once_says_who_is_silent_and_ends_with_1(tmp_path: Path) -> None:
    with air_node() as port:
        dead = AIR.replace("air-1", "air-3").replace("URL", "http://127.0.0.1:9/")
        text = CONFIG + AIR.replace("URL", f"http://127.0.0.1:{port}/") + dead
        code, said = run("once", "--config", written(tmp_path, text))
    assert code == 1
    assert "no answer" in said
    assert "1 of 2 devices answered" in said


def test_try_needs_no_configuration() -> None:
    with air_node() as port:
        code, said = run("try", f"http://127.0.0.1:{port}/?profile=air_node")
        assert (code, "pm25" in said) == (0, True), said
        code, said = run("try", f"http://127.0.0.1:{port}/", "--profile", "air_node")
        assert code == 0


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://127.0.0.1:9/", "--profile"),
        ("http://127.0.0.1:9/?profile=air_nod", "did you mean 'air_node'"),
        ("modbus://127.0.0.1:9/1?profile=air_node", "not reached by modbus"),
        ("rtsp://user:secret@127.0.0.1/x", "THACBA_DEVICE_PASSWORD"),
    ],
)
def test_try_explains_what_it_cannot_try(url: str, complaint: str) -> None:
    code, said = run("try", url)
    assert (code, complaint in said) == (2, True), said


def test_a_second_agent_on_one_folder_ends_with_1_and_says_why(tmp_path: Path) -> None:
    from edge_agent.outbox.opening import open_outbox

    path = written(tmp_path, CONFIG + AIR.replace("URL", "http://127.0.0.1:9/"))
    with open_outbox(tmp_path / "data", now=1):
        code, said = run("run", "--config", path)
    assert (code, "another agent already works in" in said) == (1, True)


def test_the_log_is_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    start_logging("json", "info")
    logging.getLogger("edge_agent").info("link up", extra={"after_s": 1.5})
    try:
        int("bad")
    except ValueError:
        logging.getLogger("edge_agent").exception("faulted")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["message"], first["after_s"], first["level"]) == ("link up", 1.5, "info")
    assert "ValueError: invalid literal" in second["traceback"]
    start_logging("plain", "info")
    logging.getLogger("edge_agent").info("link up", extra={"after_s": 1.5})
    assert capsys.readouterr().err.rstrip().endswith("INFO     link up after_s=1.5")
    logging.basicConfig(handlers=[], force=True)


def test_a_small_agent_imports_nothing_that_it_does_not_need() -> None:
    heavy = ("numpy", "fastapi", "uvicorn", "PIL", "pymodbus", "httpx", "rich.table", "sqlalchemy")
    code = f"import sys, edge_agent.__main__; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
