"""An order with a key is begun once, and what it came to is kept until it is old."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cloud.store.repeat_port import RepeatRow
from cloud.store.sql import SqlStateStore

ROW = RepeatRow("lan", "k-1", "d1", 1_000)


def test_a_key_is_begun_once_ended_dropped_and_forgotten(tmp_path: Path) -> None:
    state = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    state.migrate()
    repeats = state.repeats
    assert repeats.begin(ROW, forget_before=0) is None
    assert repeats.begin(replace(ROW, at=2_000), forget_before=0) == ROW
    assert repeats.begin(replace(ROW, actor="nam"), forget_before=0) is None
    ended = replace(ROW, status=201, kind="application/json", answer='{"id":1}')
    repeats.end(ended)
    assert repeats.begin(ROW, forget_before=0) == ended
    repeats.drop("lan", "k-1")
    assert repeats.begin(ROW, forget_before=0) is None
    assert repeats.begin(replace(ROW, at=3_000), forget_before=1_001) is None
    state.close()
