"""The one line of JSON says the same whether one worker found it or several."""

from __future__ import annotations

from dataclasses import asdict

from tests.faults.score import Score
from tests.faults.tools.verifier import Verdict

KILLS = Verdict(
    sent=90, acknowledged=85, stored=86, lost=1, altered=1, strangers=1, unexplained=2, awaited=1, dropped=0, repeated=5
)
CUTS = Verdict(
    sent=10, acknowledged=10, stored=10, lost=0, altered=0, strangers=0, unexplained=0, awaited=0, dropped=3, repeated=0
)


def test_the_sums_of_workers_are_the_sums_of_one() -> None:
    alone, first, second, together = Score(), Score(), Score(), Score()
    for score in (alone, first):
        score.add(KILLS, cycles=20, ready_s=0.7, blow="F01 agent")
    for score in (alone, second):
        score.add(CUTS, cuts=10, ready_s=1.2, blow="F02 power")
        score.add(KILLS, cycles=4, blow="F01 agent")
        score.control_lost += 30
    together.merge(asdict(first))
    together.merge(asdict(second))
    assert together == alone
    assert (together.ready_s_max, together.blows) == (1.2, {"F01 agent": 24, "F02 power": 10})
    assert (together.lost, together.duplicates, together.unexplained, together.control_lost) == (2, 4, 6, 30)
