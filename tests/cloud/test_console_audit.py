"""The audit log on the console: whole, and wrong where somebody was at it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from typer.testing import CliRunner

from cloud.__main__ import app
from tests.cloud.stage import write_config

runner = CliRunner()


def run(*arguments: str, config: Path) -> tuple[int, str]:
    result = runner.invoke(app, ["audit", *arguments, "--config", str(config)])
    return result.exit_code, result.output


def test_a_log_is_verified_exported_and_a_change_is_named(tmp_path: Path) -> None:
    config = write_config(tmp_path, "mqtt://127.0.0.1:1")
    for name in ("grafana", "bridge"):
        arguments = ["token", "add", name, "--role", "viewer", "--config", str(config)]
        assert runner.invoke(app, arguments).exit_code == 0
    code, output = run("verify", config=config)
    head = output.split("head ")[1].strip()
    assert (code, output.startswith("good: 2 rows from 1"), head[:2]) == (0, True, "2:")
    file = tmp_path / "audit.jsonl"
    assert run("export", "--to", str(file), config=config)[0] == 0
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(row["number"], row["action"], row["target"]) for row in rows] == [
        (1, "token_add", "grafana"), (2, "token_add", "bridge"), (3, "audit_export", ""),
    ]  # fmt: skip
    assert run("export", "--to", str(file), config=config)[0] == 2, "a file that is there stays as it is"
    assert run("verify", "--head", head, config=config)[0] == 0
    assert run("verify", "--head", f"2:{'0' * 64}", config=config)[0] == 1
    with sqlite3.connect(config.parent / "data" / "centre.sqlite3") as database:
        database.execute("UPDATE audit SET target = 'nobody' WHERE number = 1")
    database.close()
    code, output = run("verify", config=config)
    assert (code, "row 1 is not what was written" in output) == (1, True)
