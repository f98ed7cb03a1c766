"""A gateway program with the real updates and nothing else, installed from a wheel of its own; it starts fast.

Each version holds parts that all bear its number. A program whose parts are missing or of another version is the thing
between two versions that must never be: it says `broken` and ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from device_profiles.clock import SystemClock
from edge_agent.updating.download import Terms
from edge_agent.updating.gate import Seen
from edge_agent.updating.machine import Box
from edge_agent.updating.record import Phase, read_update
from edge_agent.updating.sources import FolderSource
from edge_agent.updating.updater import Updater
from tests.edge_agent.updating.box import KEY, NEW, OLD
from tests.edge_agent.updating.wheels import make_wheel

PARTS = ("one", "two", "three")
FASTER = 50  # than the real one: what the product waits seconds for
CHECKOUT = Path(__file__).parents[3]
OURS = ("__init__", "connector", "updating/__init__", "updating/record", "updating/installing")
MAIN = """
import importlib, os, sys
def part(name):
    try:
        return importlib.import_module(f"parts_{{name}}").VERSION
    except Exception as error:
        return repr(error)
whole = all(part(name) == "{version}" for name in {parts})
with open(os.environ["SMALL_LOG"], "a") as log:
    log.write(f"{{'up' if whole else 'broken'}} {version}\\n")
if not whole:
    sys.exit(1)
import edge_agent.updating
edge_agent.__path__.append("{checkout}/edge_agent")
edge_agent.updating.__path__.append("{checkout}/edge_agent/updating")
sys.path += ["{checkout}", *{libraries}]
from tests.faults.tools.small_agent import main
main("{version}")
"""
# the control: bytes are never made safe, names are
CARELESS = (
    "import os, stat\nreal = os.fsync\nos.fsync = lambda fd: real(fd) if stat.S_ISDIR(os.fstat(fd).st_mode) else None\n"
)


class FastClock(SystemClock):
    """Everything that is waited for comes fifty times as soon."""

    async def sleep(self, seconds: float) -> None:
        """Waits a fiftieth."""
        await super().sleep(seconds / FASTER)


def small_wheels(folder: Path, version: str, *, careless: bool = False) -> list[Path]:
    """The wheels of one version: the program, and its parts."""
    libraries = [place for place in sys.path if place.endswith("site-packages")]
    main_text = MAIN.format(version=version, parts=PARTS, checkout=CHECKOUT, libraries=libraries)
    ours = {f"edge_agent/{name}.py": (CHECKOUT / "edge_agent" / f"{name}.py").read_text() for name in OURS}
    careless_parts = {"sitecustomize.py": CARELESS} if careless else {}
    parts = {f"parts_{name}.py": f"VERSION = '{version}'\n" for name in PARTS}
    return [
        make_wheel(folder, "thacba", version, {**ours, "edge_agent/__main__.py": main_text, **careless_parts}),
        make_wheel(folder, "parts", version, parts),
    ]


def main(version: str) -> None:
    """Runs until the new version is kept, or a restart is asked for; the disk may die under it."""
    try:
        asyncio.run(_run(version))
    except (OSError, ExceptionGroup):
        sys.exit(1)


async def _run(version: str) -> None:
    over = asyncio.Event()
    box = Box(
        root=Path(os.environ["THACBA_ROOT"]),
        updates=Path(os.environ["SMALL_DATA"]) / "updates",
        terms=Terms(KEY.public_key(), version, outbox=3, max_bytes=1 << 20),
        clock=FastClock(),
        seen=lambda: Seen(link=True, devices={"gauge-1": version == OLD or "SMALL_SICK" not in os.environ}),
        source=lambda _origin: FolderSource(Path(os.environ["SMALL_STICK"])),
        gate_s=0.3,
        steady_s=0.01,
    )
    updater = Updater(box, restart=over.set)
    begun = read_update(box.updates)
    if begun.phase is Phase.IDLE:
        updater.want(NEW)
        if begun.version == NEW:  # taken or given up: the power went after the last word
            over.set()
    note(begun.phase)
    log = logging.getLogger("edge_agent.updating.updater")
    log.setLevel(logging.INFO)
    log.addHandler(Notes(over))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(updater.run())
        await over.wait()
        running.cancel()


class Notes(logging.Handler):
    """Writes down each phase when it is on disk; ends the program when the update is over."""

    def __init__(self, over: asyncio.Event) -> None:
        super().__init__()
        self._over = over

    def emit(self, record: logging.LogRecord) -> None:
        """One line of the updater's log."""
        phase = getattr(record, "phase", None)
        if phase is None or phase == Phase.IDLE.value:  # over, or the disk takes nothing any more
            self._over.set()
        if phase is not None:
            note(Phase(phase))


def note(phase: Phase) -> None:
    """The phase, and the disk's count of steps."""
    steps = os.getxattr(os.environ["SMALL_DISK"], "user.power").split()[1].decode()
    with Path(os.environ["SMALL_LOG"]).open("a") as log:
        log.write(f"phase {phase.value} {steps}\n")
