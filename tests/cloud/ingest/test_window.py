"""What the store refuses leaves the window; what stays is counted point by point."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cloud.errors import StoreMisconfiguredError, StoreUnavailableError
from cloud.ingest.deadletters import DeadLetter
from cloud.ingest.graveyard import Graveyard
from cloud.ingest.inbox import Inbox
from cloud.ingest.intake import Admitted, Rejected
from cloud.ingest.patience import Patience
from cloud.ingest.window import Window, bury_rejections, counted
from cloud.metrics import Metric, Metrics
from cloud.store.base import Columns, PlacedEvent, Rejection
from device_profiles.wire import Channel, Event
from tests.fakes import ManualClock

NOW = 1_725_926_400_000


def batch(sequence: int) -> Admitted:
    columns = Columns(
        "site", "gw", "d", "probe", [1, 2, 3], {"a": [1.0, None, 3.0], "b": [1, 2, 3]}, {"a": [(1, "bad:range")]}, {}
    )
    event = PlacedEvent("site", "gw", Event(f"e{sequence}", "d", "door", NOW))
    return Admitted("gw", Channel.READINGS, "0" * 16, sequence, 0, NOW, [columns], [event], size=7)


def test_rejected_rows_and_events_become_dead_letters() -> None:
    window = Window()
    for sequence in (1, 2):
        window.add(batch(sequence))
    bury_rejections(window, [Rejection(1, (1, 2), 4, "field type conflict"), Rejection(3, (NOW,), 1, "series limit")])
    untouched, hit = window.batches
    assert (untouched.dead, hit.dead) == (0, 5)
    assert (hit.columns[0].times, hit.columns[0].points, hit.columns[0].quality) == ([3], {"a": [3.0], "b": [3]}, {})
    assert [(letter.point, letter.reason, letter.times) for letter in window.letters()] == [
        ("a", "field type conflict", (1, 2)),
        ("b", "field type conflict", (1, 2)),
        ("door", "series limit", (NOW,)),
    ]
    assert (window.letters()[0].values, window.letters()[0].marks) == ((1.0, None), ((1, "bad:range"),))
    assert [(each.stored, each.dead) for each in window.settlements()] == [(7, 0), (2, 5)]
    assert counted(window.columns()) == {("gw", "d", "a"): 3, ("gw", "d", "b"): 4}
    assert len(window.events()) == 1


def test_refusals_with_a_name_are_settled_too() -> None:
    named = Rejected("gw", "readings", "bomb", "", b"", NOW + 5, ("0" * 16, 9, 80))
    window = Window([batch(1)], [named, Rejected("gw", "readings", "malformed", "", b"", NOW)])
    assert [(each.sequence, each.refused) for each in window.settlements()] == [(1, ""), (9, "bomb")]
    assert window.newest() == NOW + 5
    assert (bool(window), bool(Window())) == (True, False)


def test_dead_letters_are_lines_on_disk(tmp_path: Path) -> None:
    letter = DeadLetter("gw", "d", "probe", "a", "0" * 16, 1, "type", 30, tuple(range(30)), ("x",) * 30)
    graveyard = Graveyard(tmp_path / "dead")
    graveyard.bury([letter, letter], at=NOW)
    graveyard.bury([letter], at=NOW)
    (file,) = (tmp_path / "dead").iterdir()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert (file.name, len(lines)) == ("2024-09-10.jsonl", 3)
    assert (lines[0]["readings"], len(lines[0]["values"]), lines[0]["reason"]) == (30, 30, "type")
    assert {line["id"] for line in lines} == {letter.id}


def test_a_disk_that_takes_no_letters_withholds_receipts(tmp_path: Path) -> None:
    (tmp_path / "dead").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailableError, match="dead"):
        Graveyard(tmp_path / "dead").bury([], at=NOW)


async def test_a_full_inbox_lets_the_newest_go_and_counts_it() -> None:
    metrics = Metrics()
    inbox = Inbox(ManualClock(), metrics, most_messages=3, most_bytes=1000)
    for payload in (b"1234", b"12345", b"x" * 400, b"1", b"1"):
        inbox.put("t", payload)
    assert metrics.value(Metric.LET_GO) == 2
    await inbox.filled(3, linger_s=1.0)
    assert [inbox.pop().payload for _ in range(3)] == [b"1234", b"12345", b"1"]
    inbox.put("t", b"again")
    assert len(inbox) == 1


async def test_patience_asks_again_and_says_since_when() -> None:
    clock, metrics = ManualClock(), Metrics()
    patience = Patience("readings", clock, metrics, counter=Metric.STORE_RETRIES, probe_s=30.0)
    answers: list[Exception | str] = [StoreUnavailableError("gone"), StoreMisconfiguredError(""), "done"]

    async def attempt() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(patience.until_taken(attempt))
        await clock.advance(0.3)
        assert (patience.outage.fault, len(answers)) == ("StoreMisconfiguredError", 1)
        await clock.advance(29.0)
        assert not waiting.done()
        await clock.advance(2.0)
        assert await waiting == "done"
    assert (patience.outage.fault, metrics.value(Metric.STORE_RETRIES)) == ("", 2)
    assert patience.outage.back_at > 0
