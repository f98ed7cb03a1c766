"""How long the ring is, and the one line of JSON that it ends with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import pytest

from tests.faults.tools.verifier import Verdict
from tests.faults.tools.warm import Starter, warm_starter


def _asked(name: str, short: int) -> int:
    return int(os.environ.get(f"FAULT_{name}", str(short)))


@dataclass(frozen=True, slots=True)
class Ring:
    """How often each blow falls: a few times in `make test`, very often in `make faults`."""

    cycles: int = _asked("CYCLES", 26)
    cuts: int = _asked("CUTS", 10)
    restarts: int = _asked("RESTARTS", 4)
    patterns: int = _asked("PATTERNS", 1)
    seed: int = _asked("SEED", 1)
    minute_s: float = _asked("MINUTE_MS", 60) / 1000  # how long a minute of an offline pattern lasts


@dataclass
class Score:
    """What all tests of the ring found together."""

    cycles: int = 0
    cuts: int = 0
    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    lost: int = 0
    duplicates: int = 0
    unexplained: int = 0
    repeated: int = 0
    declared: int = 0
    ready_s_max: float = 0.0
    control_lost: int = 0
    blows: dict[str, int] = field(default_factory=dict)

    def add(self, verdict: Verdict, *, cycles: int = 0, cuts: int = 0, ready_s: float = 0.0, blow: str = "") -> None:
        """Adds one verdict."""
        self.cycles += cycles
        self.cuts += cuts
        self.sent += verdict.sent
        self.acknowledged += verdict.acknowledged
        self.stored += verdict.stored
        self.lost += verdict.lost
        self.duplicates += verdict.strangers + verdict.altered
        self.unexplained += verdict.unexplained + verdict.awaited
        self.repeated += verdict.repeated
        self.ready_s_max = max(self.ready_s_max, round(ready_s, 2))
        if blow:
            self.blows[blow] = self.blows.get(blow, 0) + cycles + cuts


_SCORE = pytest.StashKey[Score]()


@pytest.fixture(scope="session")
def ring() -> Ring:
    """The length of this run."""
    return Ring()


@pytest.fixture(scope="session")
def score(request: pytest.FixtureRequest) -> Score:
    """The sum of this run."""
    return request.config.stash.setdefault(_SCORE, Score())


@pytest.fixture(scope="module")
def starter() -> Iterator[Starter]:
    """Starts agents and centres fast."""
    with warm_starter() as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The last word."""
    made = config.stash.get(_SCORE, None)
    if made is not None:
        terminalreporter.write_line(json.dumps({"faults": asdict(made)}))
