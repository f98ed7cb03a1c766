"""The launcher, run as systemd runs it: it starts the right version, and takes back what does not prove itself."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge_agent.updating.record import MOST_STARTS, NAME, Phase, Update, read_update, write_update
from tests.waiting import until

OLD, NEW = "0.1.0", "0.2.0"
UPDATE = Update(good=OLD, version=NEW)
# with -I -S nothing but the standard library is there, as in the field; our own folder is added by hand
BARE = "import sys; sys.path[:0] = [sys.argv.pop(1)]; from edge_agent.updating.launch import main; sys.exit(main())"
SAYS = 'echo "$(basename $(dirname $(dirname $0))) $*"'


@dataclass(frozen=True)
class Box:
    """A gateway's folders, with versions that are shell scripts."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "opt"

    @property
    def updates(self) -> Path:
        return self.folder / "data" / "updates"

    def add(self, version: str, script: str = SAYS) -> None:
        program = self.root / "versions" / version / "bin" / "thacba-edge"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    def keep(self, update: Update) -> None:
        self.updates.mkdir(parents=True, exist_ok=True)
        write_update(self.updates, update)

    def command(self, *, trial_s: float = 20) -> list[str]:
        places = ["--root", str(self.root), "--data", str(self.folder / "data"), "--trial-s", str(trial_s)]
        return [
            sys.executable,
            "-I",
            "-S",
            "-c",
            BARE,
            str(Path(__file__).parents[3]),
            *places,
            "--",
            "run",
            "--config",
            "gateway.toml",
        ]

    def start(self, *, trial_s: float = 20) -> tuple[int, str, str]:
        done = subprocess.run(self.command(trial_s=trial_s), capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout.strip(), done.stderr

    @property
    def record(self) -> Update:
        return read_update(self.updates)

    @property
    def current(self) -> str:
        return (self.root / "current").readlink().name


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(tmp_path)
    made.add(OLD)
    made.add(NEW)
    (made.root / "good").symlink_to(f"versions/{OLD}")
    return made


def test_a_fresh_gateway_starts_what_the_package_brought(box: Box) -> None:
    assert box.start() == (0, f"{OLD} run --config gateway.toml", "")
    assert (box.record.good, box.current) == (OLD, OLD)


@pytest.mark.parametrize(
    "phase", [Phase.IDLE, Phase.INIT, Phase.DOWNLOAD, Phase.VERIFY, Phase.INSTALL, Phase.ROLL_BACK]
)
def test_before_the_switch_and_after_the_return_the_old_one_runs(box: Box, phase: Phase) -> None:
    box.keep(replace(UPDATE, phase=phase))
    assert box.start()[1].startswith(OLD)
    assert box.current == OLD


@pytest.mark.parametrize("phase", [Phase.SWITCH, Phase.RESTART, Phase.GATE, Phase.COMMIT])
def test_from_the_switch_on_the_new_one_runs(box: Box, phase: Phase) -> None:
    box.keep(replace(UPDATE, phase=phase))
    assert box.start()[1].startswith(NEW)
    assert box.current == NEW
    assert box.record.starts == (0 if phase is Phase.COMMIT else 1)


def test_a_version_that_ends_again_and_again_is_taken_back(box: Box) -> None:
    box.add(NEW, "exit 7")
    box.keep(replace(UPDATE, phase=Phase.RESTART))
    assert [box.start()[0] for _ in range(MOST_STARTS)] == [7] * MOST_STARTS
    code, said, _ = box.start()
    assert (code, said.split()[0], box.current) == (0, OLD, OLD)
    assert (box.record.phase, box.record.good) == (Phase.IDLE, OLD)
    assert "never proved itself" in box.record.failed[NEW]


def test_a_version_that_runs_and_proves_nothing_is_ended_and_the_old_one_starts_at_once(box: Box) -> None:
    box.add(NEW, "exec sleep 60")
    box.keep(replace(UPDATE, phase=Phase.RESTART))
    code, said, _ = box.start(trial_s=0.3)
    assert (code, said.split()[0], box.current) == (0, OLD, OLD)
    assert "did not prove itself" in box.record.failed[NEW]


def test_a_version_that_proved_itself_is_left_alone_when_the_time_is_over(box: Box) -> None:
    commit = replace(UPDATE, phase=Phase.COMMIT, starts=1)
    box.keep(commit)
    ready = (box.updates / NAME).read_text()
    box.add(NEW, f"cat > {box.updates / NAME} <<'END'\n{ready}\nEND\nsleep 0.6; echo done")
    box.keep(replace(UPDATE, phase=Phase.RESTART))
    assert box.start(trial_s=0.4)[:2] == (0, "done")
    assert box.record.phase is Phase.COMMIT


def test_a_version_that_gave_itself_up_goes_at_the_next_start(box: Box) -> None:
    box.keep(replace(UPDATE, phase=Phase.ROLL_BACK, reason="gauge-1 does not answer any more"))
    assert box.start()[1].startswith(OLD)
    assert box.record.failed == {NEW: "gauge-1 does not answer any more"}


def test_a_stop_reaches_the_version_on_trial(box: Box) -> None:
    box.add(NEW, f"trap 'echo stopped; exit 0' TERM; touch {box.folder}/up; while :; do sleep 0.05; done")
    box.keep(replace(UPDATE, phase=Phase.RESTART))
    with subprocess.Popen(box.command(), stdout=subprocess.PIPE, text=True) as running:
        until((box.folder / "up").exists)
        running.send_signal(signal.SIGTERM)
        assert running.communicate(timeout=20)[0].strip() == "stopped"
    assert running.returncode == 0


def test_a_version_that_is_gone_is_not_waited_for(box: Box) -> None:
    box.keep(replace(UPDATE, version="0.3.0", phase=Phase.RESTART))
    assert box.start()[1].startswith(OLD)
    assert box.record.failed == {"0.3.0": "is not there any more"}


@pytest.mark.parametrize("text", ["", "{]", '{"v":1,"phase":"idle","good":"0.0.5"}'])
def test_a_damaged_record_starts_what_ran_well_last(box: Box, text: str) -> None:
    box.updates.mkdir(parents=True)
    (box.updates / NAME).write_text(text)
    assert box.start()[1].startswith(OLD)


def test_without_links_and_record_the_newest_version_that_can_start_is_started(box: Box) -> None:
    (box.root / "good").unlink()
    box.add("0.10.0")
    (box.root / "versions" / ".0.11.0.part" / "bin").mkdir(parents=True)
    assert box.start()[1].startswith("0.10.0")


def test_a_good_version_whose_interpreter_is_gone_is_no_reason_to_stay_down(box: Box) -> None:
    box.add(OLD, "")
    (box.root / "versions" / OLD / "bin" / "thacba-edge").write_text("#!/nowhere/python\n")
    assert box.start()[1].startswith(NEW)


def test_nothing_to_start_is_said(tmp_path: Path) -> None:
    code, _, said = Box(tmp_path).start()
    assert code == 1
    assert "install the package again" in said


def test_a_disk_that_takes_nothing_starts_no_trial_and_stops_nothing(box: Box) -> None:
    box.keep(replace(UPDATE, phase=Phase.RESTART))
    (box.updates / f".{NAME}.new").mkdir()  # the record cannot be written, even by root
    code, said, why = box.start()
    assert (code, said.split()[0]) == (0, OLD)
    assert "cannot be kept" in why
    assert box.record.phase is Phase.RESTART
