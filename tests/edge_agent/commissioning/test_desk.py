"""Drafts on disk: every step survives, also a kill in the middle; what is finished never changes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from device_profiles.wire.commissioning import ChecklistItem, CommissioningRecord, RecordReceipt
from device_profiles.wire.verdicts import contradictions, device_verdict
from edge_agent.commissioning import steps
from edge_agent.commissioning.desk import MAX_OPEN, Desk, DeskError, Opening
from edge_agent.commissioning.steps import Seen, StepError
from tests.edge_agent.commissioning.visits import GAUGE, GOOD, desk_in, finished, jpeg, png, worked_on

TEXTS = st.text(max_size=40)
VALUES = st.one_of(st.none(), st.floats(-500, 500))
DEVICES = st.sampled_from(["a", "b", "c"])
PICTURES = [png(8, 8, shade) for shade in range(4)]


class Visit(RuleBasedStateMachine):
    """Any order of steps, each seen by a program that starts anew: disk and memory never disagree."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.room = tempfile.TemporaryDirectory()
        self.id = ""
        self.kept: CommissioningRecord | None = None

    @property
    def desk(self) -> Desk:
        return Desk(Path(self.room.name), lambda: 1_700_000_000_000)

    @initialize()
    def begin(self) -> None:
        self.kept = self.desk.begin(Opening(technician="T"))
        self.id = self.kept.id

    def step(self, change: object) -> None:
        """A step either changes the draft on disk to what it says, or nothing."""
        try:
            self.kept = self.desk.change(self.id, change)  # type: ignore[arg-type]
        except StepError:
            assert self.desk.record(self.id) == self.kept

    @rule(note=TEXTS, name=TEXTS)
    def tell(self, note: str, name: str) -> None:
        self.step(lambda draft: steps.told(draft, technician=name, note=note))

    @rule(device=DEVICES)
    def add(self, device: str) -> None:
        self.step(lambda draft: steps.with_device(draft, device, GAUGE, address="modbus://x/1"))

    @rule(device=DEVICES)
    def remove(self, device: str) -> None:
        self.step(lambda draft: steps.without_device(draft, device))

    @rule(device=DEVICES, level=VALUES, volts=VALUES)
    def measure(self, device: str, level: float | None, volts: float | None) -> None:
        seen = {"level_m": Seen(level), "batt_v": Seen(volts), "velocity_m_s": Seen(1.0)}
        self.step(lambda draft: steps.measured(draft, device, GAUGE, seen))

    @rule(device=st.sampled_from(["", "a", "b"]), answer=st.sampled_from(["yes", "no", "not_applicable"]))
    def answer(self, device: str, answer: str) -> None:
        item = ChecklistItem("earthed", "Nối đất", "Earthed", answer)  # type: ignore[arg-type]
        self.step(lambda draft: steps.answered(draft, [item], device=device))

    @rule(picture=st.sampled_from(PICTURES), device=st.sampled_from(["", "a"]), signs=st.booleans())
    def attach(self, picture: bytes, device: str, signs: bool) -> None:
        try:
            self.desk.attach(self.id, picture, kind="signature" if signs else "photo", device="" if signs else device)
        except StepError:
            assert self.desk.record(self.id) == self.kept
        else:
            self.kept = self.desk.record(self.id)

    @precondition(lambda self: self.kept and self.kept.files)
    @rule(place=st.integers(0, 5))
    def detach(self, place: int) -> None:
        assert self.kept
        wanted = self.kept.files[place % len(self.kept.files)].sha256
        try:
            self.kept = self.desk.detach(self.id, wanted)
        except StepError:
            assert self.desk.record(self.id) == self.kept

    @rule()
    def finish(self) -> None:
        try:
            self.kept = self.desk.finish(self.id)
        except StepError:  # something is missing
            assert self.desk.record(self.id) == self.kept

    @invariant()
    def disk_and_memory_agree(self) -> None:
        if not self.kept:
            return
        there = self.desk.record(self.id)
        assert there == self.kept
        assert all(self.desk.content(self.id, file.sha256) in PICTURES for file in there.files)
        assert all(device.verdict == device_verdict(device.points, device.checklist) for device in there.devices)
        assert (self.desk.state(self.id) == "waiting") == bool(there.ended_at)
        if there.ended_at:
            assert contradictions(there) == []

    def teardown(self) -> None:
        self.room.cleanup()


TestVisit = Visit.TestCase
TestVisit.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)

WORKER = """
import sys
from pathlib import Path
from edge_agent.commissioning import steps
from edge_agent.commissioning.desk import Desk, Opening
desk = Desk(Path(sys.argv[1]), lambda: 1_700_000_000_000)
visit = desk.begin(Opening(technician="T")).id
print(visit, flush=True)
number = 0
while True:
    number += 1
    desk.change(visit, lambda draft: steps.told(draft, note=f"bước {number} " + "x" * 1500))
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_a_step_that_was_said_survives_kill_9(tmp_path: Path, after: int) -> None:
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout
    visit, said = worker.stdout.readline().strip(), 0
    while said < after:
        said = int(worker.stdout.readline())
    worker.send_signal(signal.SIGKILL)
    rest = [int(line) for line in worker.stdout.read().split()]
    worker.wait()
    worker.stdout.close()
    there = int(desk_in(tmp_path).record(visit).note.split()[1])
    assert there in range((rest or [said])[-1], (rest or [said])[-1] + 2)
    desk_in(tmp_path).change(visit, lambda draft: steps.told(draft, note="và làm tiếp"))  # no lock was left behind


def test_what_is_finished_cannot_be_changed_or_thrown_away(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    record = finished(desk)
    assert (desk.state(record.id), record.verdict) == ("waiting", "pass")
    for change in (
        lambda: desk.change(record.id, lambda draft: steps.told(draft, note="x")),
        lambda: desk.attach(record.id, png(), kind="photo"),
        lambda: desk.discard(record.id),
    ):
        with pytest.raises(StepError, match="cannot be changed"):
            change()
    assert desk.finish(record.id) == record  # the button was pressed twice


def test_a_power_cut_between_record_and_draft_leaves_the_record(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    visit = worked_on(desk)
    draft = (tmp_path / "commissioning" / visit / "draft.json").read_bytes()
    record = desk.finish(visit)
    (tmp_path / "commissioning" / visit / "draft.json").write_bytes(draft)  # its removal never reached the disk
    again = desk_in(tmp_path)
    assert again.record(visit) == record
    assert again.state(visit) == "waiting"


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (jpeg(5_000_001), "photo", "larger than 5 MB"),
        (png() + bytes(300_001), "signature", "larger than 0.3 MB"),
        (b"%PDF-1.4", "photo", "only JPEG"),
        (b"", "photo", "only JPEG"),
        (b"<svg onload=alert(1)>", "signature", "only JPEG"),
    ],
)
def test_only_pictures_of_a_sane_size_are_taken(tmp_path: Path, content: bytes, kind: str, why: str) -> None:
    desk = desk_in(tmp_path)
    visit = desk.begin(Opening()).id
    with pytest.raises(StepError, match=why):
        desk.attach(visit, content, kind=kind)  # type: ignore[arg-type]
    assert desk.record(visit).files == []


def test_a_picture_that_was_taken_away_leaves_the_disk(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    visit = desk.begin(Opening()).id
    entry = desk.attach(visit, png(), kind="photo")
    desk.detach(visit, entry.sha256)
    assert list((tmp_path / "commissioning" / visit / "files").iterdir()) == []
    with pytest.raises(DeskError):
        desk.content(visit, entry.sha256)


def test_a_second_signature_replaces_the_first(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    visit = desk.begin(Opening()).id
    desk.attach(visit, png(9, 9, 1), kind="signature")
    last = desk.attach(visit, png(9, 9, 2), kind="signature")
    assert [file.sha256 for file in desk.record(visit).files] == [last.sha256]


def test_sent_records_are_listed_without_pictures_and_forgotten_later(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    record = finished(desk)
    desk.settle(record.id, RecordReceipt(record.id, "0" * 64))
    (visit,) = desk.visits()
    assert (visit.state, desk.waiting()) == ("sent", [])
    assert not (tmp_path / "commissioning" / record.id / "files").exists()
    assert desk.forget(sent_before=record.ended_at) == 0
    assert desk.forget(sent_before=record.ended_at + 1) == 1
    assert desk.visits() == []


def test_the_disk_is_not_filled_with_visits(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    for _ in range(MAX_OPEN):
        desk.begin(Opening())
    with pytest.raises(DeskError, match="finish or discard"):
        desk.begin(Opening())
    desk.discard(desk.visits()[0].id)
    desk.begin(Opening())


@pytest.mark.parametrize("wanted", ["../../etc", "0" * 31, "0" * 32, ""])
def test_no_other_folder_is_reached_by_an_id(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(DeskError, match="there is no visit"):
        desk_in(tmp_path).record(wanted)


def test_a_damaged_draft_hides_nobody_elses(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    good, torn = worked_on(desk), desk.begin(Opening()).id
    (tmp_path / "commissioning" / torn / "draft.json").write_text(json.dumps({"v": 1})[:4])
    assert [visit.id for visit in desk.visits()] == [good]
    with pytest.raises(DeskError, match="cannot be read"):
        desk.record(torn)


def test_values_stay_with_their_device(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    visit = worked_on(desk)
    desk.change(visit, lambda draft: steps.with_device(draft, "b", GAUGE, address="modbus://x/2"))
    desk.change(visit, lambda draft: steps.measured(draft, "b", GAUGE, GOOD | {"batt_v": Seen(7.0)}))
    record = desk.change(visit, lambda draft: steps.without_device(draft, "muc-nuoc"))
    assert [device.device for device in record.devices] == ["b"]
    assert [file.kind for file in record.files] == ["signature"]  # its photos went with it
    assert desk.finish(visit).verdict == "fail"
