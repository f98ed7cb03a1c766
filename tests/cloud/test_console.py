"""The console on the ledger and on dead letters: read from the files, settled by the centre that runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cloud.__main__ import app
from cloud.app import Centre
from cloud.ingest.graveyard import FOLDER, Graveyard
from cloud.ingest.ledger import Ledger, Settlement
from cloud.ingest.spans import MOST_SPANS, Span, with_span
from cloud.store.base import BirthRow, Commit
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from device_profiles.wire import Channel, Dropped, Health, encode
from tests.cloud.stage import DEVICE, GATEWAY, PROFILE, running, scripted, settings_for, write_config
from tests.servers import Server

runner = CliRunner()
EPOCH = "00000000000000aa"
HOUR = 3_600_000
BEGIN = 1_725_926_400_000  # 2024-09-10 07:00 in Vietnam


def call(*arguments: str) -> Result:
    """Runs the command line."""
    return runner.invoke(app, [str(each) for each in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a ledger: stored, dead, dropped, missing, awaited."""
    path = write_config(tmp_path, "mqtt://127.0.0.1:1")
    (tmp_path / "data").mkdir()
    state = SqlStateStore(f"sqlite:///{tmp_path / 'data' / 'centre.sqlite3'}")
    state.migrate()
    ledger = Ledger()
    dropped = (Dropped(3, 4, "outbox_full", 20, BEGIN, BEGIN + HOUR),)
    settlements = [
        Settlement(GATEWAY, EPOCH, 1, 0, Channel.READINGS, stored=7, dead=3, reasons=(("type", 1), ("future", 2))),
        Settlement(GATEWAY, EPOCH, 5, 40, Channel.READINGS, stored=10, dropped=dropped),
        Settlement("gw-2", EPOCH, 1, 0, Channel.READINGS, stored=5),
    ]
    state.commit(Commit(accounts=ledger.draft(settlements).rows(BEGIN)))
    health = Health(1, BEGIN, EPOCH, 6, 50, 1, 10, 900, 20, 0, hours_left=1610.4)
    state.put_births([BirthRow(GATEWAY, "", encode(health).decode(), BEGIN), BirthRow("gw-2", "", "{torn", BEGIN)])
    state.close()
    return path


def test_the_ledger_says_what_became_of_every_reading(config: Path) -> None:
    result = call("ledger", "--config", str(config))
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [GATEWAY, EPOCH, "50", "17", "3", "20", "10"] in lines
    assert ["total", "55", "22", "3", "20", "10"] in lines
    for part in (
        "dead-lettered: future 2, type 1",
        "dropped: outbox_full 20",
        "10/09/2024 07:00:00 to 10/09/2024 08:00:00: 20, outbox_full",
        "missing batches: 2-2",
        "room for 1,610 hours offline at its rate of 10/09/2024 07:00:00",
    ):
        assert part in result.stdout
    (account,) = json.loads(call("ledger", "--gateway", GATEWAY, "--json", "--config", str(config)).stdout)
    assert (account["hours_left"], account["health_at"]) == (1610.4, BEGIN)
    assert account["dead_by_reason"] == {"type": 1, "future": 2}
    assert account["drops"] == [{"reason": "outbox_full", "readings": 20, "begin": BEGIN, "end": BEGIN + HOUR}]
    assert account["accepted"] == sum(account[term] for term in ("stored", "dead_lettered", "dropped", "awaited"))


def test_spans_stay_few_and_hold_every_reading() -> None:
    spans: list[Span] = []
    for number in range(3 * MOST_SPANS):
        reason = f"reason {number}" if number > 2 * MOST_SPANS else ("full", "old")[number % 2]
        spans = with_span(spans, Span(reason, 1, number * HOUR, number * HOUR + 1))
        assert len(spans) <= MOST_SPANS
        assert sum(span.readings for span in spans) == number + 1
    near = with_span([Span("full", 2, 0, 10)], Span("full", 3, 20, 30))
    assert near == [Span("full", 5, 0, 30)]


def test_letters_are_settled_by_a_running_centre_only(config: Path) -> None:
    arguments = ("--config", str(config), "--url", "http://127.0.0.1:1")
    away = call("deadletter", "retry", "0" * 16, *arguments)
    assert (away.exit_code, "does not answer" in away.stderr) == (1, True)
    nothing = call("deadletter", "discard", "--why", "x", *arguments)
    assert (nothing.exit_code, "name letters" in nothing.stderr) == (2, True)
    assert call("deadletter", "show", "0" * 16, "--config", str(config)).exit_code == 1
    assert call("deadletter", "list", "--state", "lost", "--config", str(config)).exit_code == 2


@pytest.mark.scenario
async def test_the_console_settles_letters_while_the_centre_runs(tmp_path: Path, mosquitto_server: Server) -> None:
    now = SystemClock().now_ms()
    centre = Centre(settings_for(tmp_path, mosquitto_server))
    config = str(tmp_path / "centre.toml")
    graveyard = Graveyard(tmp_path / "data" / FOLDER)
    async with running(centre), scripted(mosquitto_server) as gateway:
        await gateway.send(gateway.batch({"level_m": [27.5, "x"], "nonsense": [1, 2]}, [now - 1, now]))
        await gateway.until_settled(1)
        listed = call("deadletter", "list", "--config", config, "--json", "--gateway", GATEWAY, "--reason", "type")
        (letter,) = json.loads(listed.stdout)
        assert (letter["device"], letter["profile"], letter["point"]) == (DEVICE, PROFILE, "level_m")
        shown = json.loads(call("deadletter", "show", letter["id"], "--config", config).stdout)
        assert (shown["values"], shown["times"]) == (["x"], [now])
        url = f"http://127.0.0.1:{centre.port}"
        refused = await asyncio.to_thread(call, "deadletter", "retry", letter["id"], "--config", config, "--url", url)
        assert (refused.exit_code, "Refused again: type" in refused.stdout) == (1, True)
        filters = ("--since", "2020-01-01", "--until", "2100-01-01", "--gateway", GATEWAY)
        done = await asyncio.to_thread(
            call, "deadletter", "discard", "--why", "thử", *filters, "--config", config, "--url", url
        )
        assert (done.exit_code, "2 of 2 settled" in done.stdout) == (0, True), done.output
        terms = centre.house.parts.recorder.ledger.terms()
        assert (terms.accepted, terms.stored, terms.dead_lettered, terms.dropped) == (4, 1, 0, 3)
        rows = centre.state.audit(limit=9)
        assert {(row.actor, row.action) for row in rows} == {("console", "dead_letter_discarded")}
        text = call("deadletter", "list", "--config", config, "--state", "discarded").stdout
        assert "2 letters, 3 readings" in text
        assert len(graveyard.handled()) == 2
    kept = json.loads(call("ledger", "--json", "--config", config).stdout)
    assert [account["dropped_by_reason"] for account in kept] == [{"discarded": 3}]
