"""The console tries a channel: one marked notice, a sentence about what came of it, and no address in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.console import opened_state
from tests.cloud.people.test_load import GOOD
from tests.cloud.stage import write_config

runner = CliRunner()


@dataclass
class Gateway:
    """An SMS gateway on its own thread: the console owns this one's event loop."""

    status: int = 200
    bodies: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def listening() -> Iterator[Gateway]:
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            gateway.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(gateway.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        gateway.url = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield gateway
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with listening() as found:
        yield found


@pytest.fixture
def config(tmp_path: Path, gateway: Gateway) -> Path:
    """A centre with an SMS gateway, a folder for CAP, and people."""
    channels = f"""
[[notify.channels]]
kind = "sms"
name = "sms"
url = "{gateway.url}"
allow_private = true
fields = {{ to = "{{phone}}", text = "{{text}}" }}
[[notify.channels]]
kind = "cap"
name = "cap"
folder = "cap"
sender = "ioc.example.vn"
[[notify.channels]]
kind = "email"
name = "mail"
host = "127.0.0.1"
port = 1
sender = "ioc@example.vn"
"""
    path = write_config(tmp_path, "mqtt://127.0.0.1:1", more=channels)
    path.write_text('people_dir = "people"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "people").mkdir()
    people = GOOD.replace('["ops"]', '["mail"]\nemail = "b@example.vn"')
    (tmp_path / "people" / "ioc.toml").write_text(people, encoding="utf-8")
    return path


def notify(config: Path, *arguments: str) -> Result:
    """Runs the command line."""
    return runner.invoke(app, ["notify", "test", *arguments, "--config", str(config)])


def test_a_person_gets_a_message_that_is_marked_as_a_test(config: Path, gateway: Gateway) -> None:
    result = notify(config, "sms", "--to", "an")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("sms (sms) has taken the test notice for an in ")
    (body,) = gateway.bodies
    assert body["to"] == "84912345678"
    assert body["text"].startswith("THU NGHIEM: Tin thu tu trung tam dieu hanh")
    assert "912" not in result.output.replace(" ", "")
    with opened_state(config) as state:
        audit = [(row.action, row.target, row.detail) for row in state.audit(limit=9)]
    assert audit == [("notify_test", "sms", "to=an taken")]


def test_what_is_not_taken_is_told_with_a_hint(config: Path, gateway: Gateway) -> None:
    for status, outcome in ((503, "unreachable"), (401, "misconfigured"), (400, "refused")):
        gateway.status = status
        result = notify(config, "sms", "--to", "an", "--json")
        assert result.exit_code == 1
        told = json.loads(result.stdout)
        assert (told["outcome"], told["kind"], told["person"]) == (outcome, "sms", "an")
    said = notify(config, "sms", "--to", "an").output
    assert "sms (sms), refused for an: answered 400" in said
    assert "look at the recipient" in said
    assert "unreachable" in notify(config, "mail", "--to", "an").output
    assert "no recipients" in notify(config, "sms").output


def test_a_site_and_no_person_are_enough_for_areas(config: Path) -> None:
    result = notify(config, "cap", "--site", "yen-bai")
    assert result.exit_code == 0, result.output
    (message,) = (config.parent / "cap").glob("*.xml")
    assert "<status>Test</status>" in message.read_text(encoding="utf-8")
    assert "<circle>" in message.read_text(encoding="utf-8")


def test_unknown_names_are_told_with_what_there_is(config: Path) -> None:
    assert "did you mean 'sms'?" in notify(config, "smss").output
    assert "did you mean 'an'?" in notify(config, "sms", "--to", "ann").output
    assert "did you mean 'yen-bai'?" in notify(config, "cap", "--site", "yenbai").output
    assert "does not reach persons" in notify(config, "cap", "--to", "an").output
    assert notify(config, "nothing").exit_code == 2
