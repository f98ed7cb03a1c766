"""What a gateway with a doubtful clock sends is stored with the doubt, and rules neither raise nor clear on it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cloud.alarms.book import AlarmBook
from cloud.ingest.doubt import doubted
from cloud.ingest.intake import Admitted, Intake
from cloud.inventory.fleet import Fleet
from cloud.rules.judge import Judge
from cloud.rules.load import load_rules
from device_profiles.wire import Address, Batch, Channel, DeviceBlock, encode, size_of
from device_profiles.wire.messages import ClockState
from tests.cloud.letters import CATALOGUE, DEVICE, EPOCH, GATEWAY, INVENTORY, PROFILE
from tests.cloud.stage import write_config

NOW = 1_725_926_400_000
LEVEL = "level_m"


def admitted(sequence: int, level: float, clock: ClockState) -> Admitted:
    """One reading of the river as the intake takes it; above 30 m is alarm I, below 29.5 m it clears."""
    block = DeviceBlock(DEVICE, PROFILE, [NOW + sequence], {LEVEL: [level]})
    batch = Batch(1, EPOCH, sequence, sequence - 1, [block], clock=clock)
    address = Address(GATEWAY, Channel.READINGS)
    taken = Intake(CATALOGUE, INVENTORY).take(address, encode(batch), received_at=NOW + sequence)
    assert isinstance(taken, Admitted)
    return taken


def test_a_doubted_flood_neither_raises_nor_clears(tmp_path: Path) -> None:
    write_config(tmp_path, "mqtt://127.0.0.1:1")
    judge = Judge(load_rules(tmp_path / "rules", CATALOGUE), AlarmBook())

    def said(sequence: int, level: float, clock: ClockState) -> list[str]:
        judgement = judge.observe(admitted(sequence, level, clock).columns, received_at=NOW + sequence)
        return [line.what for line in judgement.history]

    assert said(1, 31.0, "doubtful") == []
    assert said(2, 31.0, "good") == ["raised"]
    assert said(3, 20.0, "doubtful") == []
    assert said(4, 20.0, "good") == ["cleared"]


def test_a_doubted_value_is_stored_shown_and_called_doubtful() -> None:
    taken = admitted(1, 31.0, "doubtful")
    [columns] = taken.columns
    assert (columns.points, columns.quality) == ({LEVEL: [31.0]}, {LEVEL: [(0, "uncertain:clock")]})
    fleet = Fleet()
    device = fleet.observed(columns, received_at=NOW)
    assert (device.points[LEVEL].value, device.points[LEVEL].quality) == (31.0, "uncertain:clock")
    assert [passage.kind for passage in device.passages] == ["doubtful"]


def test_what_cannot_be_stored_keeps_its_doubt_in_the_dead_letter() -> None:
    block = DeviceBlock(DEVICE, PROFILE, [NOW], {LEVEL: [31.0], "nonsense": [1]})
    batch = Batch(1, EPOCH, 1, 0, [block], clock="doubtful")
    taken = Intake(CATALOGUE, INVENTORY).take(Address(GATEWAY, Channel.READINGS), encode(batch), received_at=NOW)
    assert isinstance(taken, Admitted)
    assert [letter.marks for letter in taken.letters] == [((0, "uncertain:clock"),)]


codes = st.sampled_from(["", "uncertain:rate", "bad:range"])
columns = st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 50)), codes), min_size=1, max_size=6)


@given(columns)
def test_every_value_is_doubted_no_bad_reading_is_softened_and_none_is_won_or_lost(
    cells: list[tuple[float | None, str]],
) -> None:
    cells = [(None if code.startswith("bad") else value, code) for value, code in cells]
    marks = [(row, code) for row, (value, code) in enumerate(cells) if code and (value is not None or code[0] == "b")]
    block = DeviceBlock(DEVICE, PROFILE, [NOW] * len(cells), {LEVEL: [value for value, _ in cells]}, {LEVEL: marks})
    after = doubted(block)
    found = dict(after.quality.get(LEVEL, ()))
    assert {row for row, code in found.items() if code == "uncertain:clock"} == {
        row for row, (value, _) in enumerate(cells) if value is not None
    }
    assert {row: code for row, code in found.items() if code != "uncertain:clock"} == {
        row: code for row, code in marks if code.startswith("bad")
    }
    assert size_of(Batch(1, EPOCH, 1, 0, [after])) == size_of(Batch(1, EPOCH, 1, 0, [block]))
