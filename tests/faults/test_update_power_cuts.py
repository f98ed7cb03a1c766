"""The power goes in every phase of an update, on a disk that forgets, tears or keeps: old or new, never between."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge_agent.updating.installing import install, interpreter_of_the_system
from edge_agent.updating.record import Phase, RecordError, point, read_update
from tests.edge_agent.updating.box import NEW, OLD, write_release
from tests.faults.conftest import Ring, Score
from tests.faults.tools.lossy_disk import Cut, Disk, lossy_disk
from tests.faults.tools.small_agent import CHECKOUT, small_wheels

pytestmark = pytest.mark.scenario

BARE = "import sys; sys.path[:0] = [sys.argv.pop(1)]; from edge_agent.updating.launch import main; sys.exit(main())"
MOST_STARTS = 12
PATIENCE_S = 240  # on a machine that does other things first
HOWS: tuple[Cut, ...] = ("forget", "tear", "keep")


@dataclass
class Cabinet:
    """One gateway on a lossy disk, with a release on a stick."""

    disk: Disk
    folder: Path  # on the disk
    stick: Path
    log: Path
    is_sick: bool = False  # the gauge does not answer the new version
    starts: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "opt"

    def prepare(self, *, careless: bool) -> None:
        """As the package leaves it, all on the platter."""
        wheels = small_wheels(self.stick / "old", OLD, careless=careless)
        install(wheels, OLD, root=self.root, interpreter=interpreter_of_the_system())
        for link in ("current", "good"):
            point(self.root / link, OLD)
        (self.folder / "data" / "updates").mkdir(parents=True)
        write_release(self.stick, NEW, small_wheels(self.stick, NEW, careless=careless))
        self.disk.cut("keep")
        self.disk.power_on()

    def start(self) -> str:
        """One start by the launcher, as systemd does it, until the program ends; what the log says of it."""
        told = {"SMALL_DATA": self.folder / "data", "SMALL_STICK": self.stick, "SMALL_LOG": self.log}
        told |= {"SMALL_DISK": self.disk.folder} | ({"SMALL_SICK": self.stick} if self.is_sick else {})
        environment = {**os.environ, **{name: str(path) for name, path in told.items()}}
        places = ["--root", str(self.root), "--data", str(self.folder / "data"), "--trial-s", "200"]
        before = len(self.said())
        with (self.log.with_suffix(".err")).open("ab") as errors:
            command = [sys.executable, "-I", "-S", "-c", BARE, str(CHECKOUT), *places]
            program = subprocess.Popen(command, env=environment, stderr=errors, cwd=self.stick, start_new_session=True)
            try:
                program.wait(PATIENCE_S)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)  # the program on trial, when the launcher was ended
                program.wait()
        began = [line for line in self.said()[before:] if not line.startswith("phase")]
        self.starts += began
        return began[-1] if began else "nothing"

    def said(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def phase(self) -> Phase | None:
        """What lies on the disk; None when it cannot be read."""
        try:
            return read_update(self.folder / "data" / "updates").phase
        except RecordError:
            return None

    @property
    def ends_with(self) -> str:
        return OLD if self.is_sick else NEW

    def is_over(self) -> bool:
        """Taken, or given up with its reason; and nothing was refused on the way."""
        update = read_update(self.folder / "data" / "updates")
        return update.phase is Phase.IDLE and update.version == NEW and (NEW in update.failed) is self.is_sick


@pytest.fixture
def disk(tmp_path: Path, ring: Ring) -> Iterator[Disk]:
    with lossy_disk(tmp_path / "disk", seed=ring.seed) as made:
        yield made


def cabinet(disk: Disk, tmp_path: Path, name: str, *, careless: bool = False, is_sick: bool = False) -> Cabinet:
    made = Cabinet(disk, disk.folder / name, tmp_path / f"stick-{name}", tmp_path / f"{name}.log", is_sick)
    made.prepare(careless=careless)
    return made


def undisturbed(made: Cabinet) -> dict[Phase, range]:
    """Carries an update through, and says which steps of the disk fall into which phase."""
    first = made.disk.steps
    for _ in range(MOST_STARTS):
        made.start()
        if made.is_over():
            break
    expected = [f"up {OLD}", f"up {NEW}"] + ([f"up {OLD}"] if made.is_sick else [])
    assert made.starts == expected, made.log.with_suffix(".err").read_text()
    seen = [line.split()[1:] for line in made.said() if line.startswith("phase")]
    begins = [(Phase(phase), int(steps) - first) for phase, steps in seen]
    ends = [begin for _, begin in begins[1:]] + [made.disk.steps - first]
    return {phase: range(begin + 1, end + 1) for (phase, begin), end in zip(begins, ends, strict=True) if end > begin}


def cut_once(made: Cabinet, step: int, how: Cut) -> Phase | None:
    """Cuts at this step; the phase that was safe by then. Afterwards the gateway has to come back by itself."""
    made.disk.cut_at(step, how)
    for _ in range(MOST_STARTS):
        made.start()
        if not made.disk.is_on or made.is_over():
            break
    made.disk.power_on()
    phase = made.phase()
    assert phase is not None, "the record is damaged"
    assert made.start() in (f"up {OLD}", f"up {NEW}"), (
        step,
        how,
        made.said(),
        made.log.with_suffix(".err").read_text(),
    )
    for _ in range(MOST_STARTS):
        if made.is_over():
            break
        made.start()
    assert made.is_over(), (step, how, made.said())
    assert made.starts[-1] == f"up {made.ends_with}"
    assert not [line for line in made.starts if line.startswith("broken")]
    return phase


def chosen(phases: dict[Phase, range], *, most: int, seed: int) -> list[tuple[int, Cut]]:
    """One step of every phase, and as many more as the ring is long; by turns forgetting, tearing and keeping."""
    dice = random.Random(seed)
    every = [step for steps in phases.values() for step in steps]
    if most >= len(every) * len(HOWS):
        return [(step, how) for step in every for how in HOWS]
    picked = [dice.choice(steps) for steps in phases.values()]
    picked += [dice.choice(every) for _ in range(most - len(picked))]
    return [(step, HOWS[number % len(HOWS)]) for number, step in enumerate(picked)]


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("is_sick", "phases"),
    [(False, set(Phase) - {Phase.ROLL_BACK}), (True, {Phase.GATE, Phase.ROLL_BACK})],
    ids=["taken", "taken back"],
)
def test_update_power_cuts(
    is_sick: bool, phases: set[Phase], tmp_path: Path, disk: Disk, ring: Ring, score: Score
) -> None:
    steps = undisturbed(cabinet(disk, tmp_path, "undisturbed", is_sick=is_sick))
    assert set(steps) >= phases
    hit: Counter[Phase | None] = Counter()
    wanted = {phase: steps[phase] for phase in Phase if phase in phases}
    cuts = chosen(wanted, most=ring.update_cuts // 3 if is_sick else ring.update_cuts, seed=ring.seed)
    for number, (step, how) in enumerate(cuts):
        hit[cut_once(cabinet(disk, tmp_path, f"cut-{number}", is_sick=is_sick), step, how)] += 1
    assert set(hit) >= phases
    score.blows["update power"] = score.blows.get("update power", 0) + hit.total()
    score.cuts += hit.total()


def test_update_control_without_fsync_is_caught_between(tmp_path: Path, disk: Disk) -> None:
    """The same program, but bytes are never made safe. If this finds nothing, the test above proves nothing."""
    phases = undisturbed(cabinet(disk, tmp_path, "undisturbed", careless=True))
    made = cabinet(disk, tmp_path, "careless", careless=True)
    disk.cut_at(phases[Phase.RESTART][-1], "forget")
    for _ in range(MOST_STARTS):
        made.start()
        if not disk.is_on:
            break
    disk.power_on()
    assert made.phase() is None
