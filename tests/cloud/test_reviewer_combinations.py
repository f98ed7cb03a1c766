"""Late readings, and rules that listen to alarms of others, through the centre's own parts and real databases."""

from __future__ import annotations

from pathlib import Path

import msgspec

from cloud.alarms.chronicle import chronicle
from cloud.notify.content import NoticeContent
from cloud.rules.rule import Rule
from tests.cloud.rules.builders import rule
from tests.cloud.test_reviewer import HOUR, LATE_S, MINUTE, TWO, Bench, bench_in, give, of
from tests.fakes import YAGI_MS

HIGH: dict[str, object] = {
    "kind": "threshold", "unit": "m", "levels": [{"name": "high", "severity": 3, "above": 30.5}],
}  # fmt: skip
BOTH: dict[str, object] = {
    "kind": "combination", "by": "site", "alarms": [{"rule": "two"}, {"rule": "high"}],
    "levels": [{"name": "flood", "severity": 1, "above": 2}],
}  # fmt: skip


def listening(identifier: str) -> Rule:
    """A rule that is reached when both others have an alarm."""
    return Rule.model_validate({**rule(identifier).model_dump(exclude={"selector", "kind"}), "kind": BOTH})


def told(bench: Bench) -> list[tuple[str, int]]:
    """What is known of the combination's alarms."""
    _, lines = bench.state.pasts.past("both", "@site", "yen-bai", since=0)
    return [(entry.what, entry.observed_at - YAGI_MS) for entry in chronicle(lines, ["flood"])]


async def test_what_a_combination_missed_is_found_behind_what_its_rules_missed(tmp_path: Path) -> None:
    rules = [rule("two", kind=TWO), rule("high", kind=HIGH), listening("both")]
    async with bench_in(tmp_path, rules) as bench:
        await give(bench, *(of(f"g-{number}", YAGI_MS, 29.0) for number in range(3)))
        await bench.at(YAGI_MS + 6 * HOUR)
        await give(bench, *(of(f"g-{number}", YAGI_MS + 6 * HOUR, 29.0) for number in range(3)))
        await give(bench, of("g-1", YAGI_MS + HOUR, 31.0), of("g-2", YAGI_MS + HOUR + MINUTE, 31.0))
        await give(bench, of("g-1", YAGI_MS + 2 * HOUR, 29.0))
        assert told(bench) == []
        for _ in range(3):
            await bench.review()
            await bench.clock.advance(60)
            bench.kill()
            await bench.recorder.open()
        for _ in range(4):
            await bench.clock.advance(60)
            await bench.review()
        assert told(bench) == [("raised", HOUR + MINUTE), ("cleared", 2 * HOUR)]
        assert not bench.recorder.reviews()
        for notice in bench.state.notices(limit=1000):
            content = msgspec.json.decode(notice.body, type=NoticeContent)
            assert notice.created_at - content.observed_at <= LATE_S * 1000
