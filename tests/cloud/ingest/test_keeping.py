"""Files of dead letters go when all in them was settled long ago; whatever is open stays for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cloud.errors import StoreUnavailableError
from cloud.ingest.deadletters import DeadLetter, Handled
from cloud.ingest.graveyard import HANDLED, Graveyard
from cloud.ingest.keeping import DAY_MS, DeadLettersConfig, Keeping
from tests.fakes import ManualClock
from tests.waiting import eventually

NOW = 1_725_926_400_000
OLD = NOW - 400 * DAY_MS
KEPT = NOW - 365 * DAY_MS


def letter(sequence: int) -> DeadLetter:
    """One reading that could not be stored."""
    return DeadLetter("gw", "gauge", "river_gauge_radar", "x", "0" * 16, sequence, "type", 1, (OLD,), ("wet",))


def bury(graveyard: Graveyard, *sequences: int, at: int) -> None:
    """Letters with these sequences, on the day of this time."""
    graveyard.bury([letter(each) for each in sequences], at=at)


def settle(graveyard: Graveyard, *sequences: int, at: int) -> None:
    """Somebody discards them."""
    for each in sequences:
        graveyard.mark(Handled(letter(each).id, "discarded", at, "hoa"))


def left(graveyard: Graveyard) -> set[int]:
    """The sequences of the letters that are still there."""
    return {headline.sequence for _, headline in graveyard.headlines()}


def test_only_whole_files_that_were_settled_long_ago_go(tmp_path: Path) -> None:
    graveyard = Graveyard(tmp_path)
    bury(graveyard, 1, 2, at=OLD)  # all settled long ago
    bury(graveyard, 3, 4, at=OLD + DAY_MS)  # one is open
    bury(graveyard, 5, at=OLD + 2 * DAY_MS)  # settled yesterday
    bury(graveyard, 6, at=NOW)
    settle(graveyard, 1, 2, 3, at=OLD + 5 * DAY_MS)
    settle(graveyard, 5, at=NOW - DAY_MS)
    assert graveyard.prune(before=KEPT) == 2
    assert left(graveyard) == {3, 4, 5, 6}
    assert set(graveyard.handled()) == {letter(3).id, letter(5).id}
    assert graveyard.prune(before=KEPT) == 0
    settle(graveyard, 4, at=OLD + 6 * DAY_MS)
    assert graveyard.prune(before=KEPT) == 2
    assert left(graveyard) == {5, 6}


def test_a_letter_in_two_files_keeps_its_mark_while_one_is_left(tmp_path: Path) -> None:
    graveyard = Graveyard(tmp_path)
    bury(graveyard, 1, at=OLD)
    bury(graveyard, 1, 2, at=OLD + DAY_MS)
    settle(graveyard, 1, at=OLD + DAY_MS)
    assert graveyard.prune(before=KEPT) == 1
    assert set(graveyard.handled()) == {letter(1).id}


def test_a_file_with_a_line_that_nobody_can_read_stays(tmp_path: Path) -> None:
    graveyard = Graveyard(tmp_path)
    bury(graveyard, 1, at=OLD)
    settle(graveyard, 1, at=OLD)
    [file] = tmp_path.glob("????-??-??.jsonl")
    file.write_bytes(file.read_bytes() + b'{"reason":"of an earlier build"}\n')
    assert graveyard.prune(before=KEPT) == 0
    assert left(graveyard) == {1}


def test_an_empty_folder_and_one_that_is_no_folder(tmp_path: Path) -> None:
    assert Graveyard(tmp_path / "none").prune(before=KEPT) == 0
    (tmp_path / "2023-01-01.jsonl").mkdir()
    with pytest.raises(StoreUnavailableError):
        Graveyard(tmp_path).prune(before=KEPT)


@pytest.mark.parametrize(("days", "goes"), [(365, True), (0, False)])
async def test_it_is_looked_after_once_a_day(tmp_path: Path, days: int, goes: bool) -> None:
    graveyard, clock = Graveyard(tmp_path), ManualClock()
    config = DeadLettersConfig.model_validate({"keep_settled_days": days})
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(Keeping(graveyard, config, clock).run())
        at = clock.now_ms() - 400 * DAY_MS
        bury(graveyard, 1, at=at)
        settle(graveyard, 1, at=at)
        await clock.advance(86_400)
        if goes:
            await eventually(lambda: (tmp_path / HANDLED).read_bytes() == b"", within_s=20)
            assert left(graveyard) == set()
        else:
            assert keeping.done()
            assert left(graveyard) == {1}
        keeping.cancel()
