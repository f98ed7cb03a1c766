"""Short ways to say rules, blocks of readings and what a judge made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from cloud.alarms.book import AlarmBook
from cloud.rules.judge import Judge, Judgement, NoticeOptions, Places
from cloud.rules.review_at_once import past_of, review_at_once
from cloud.rules.rule import Rule
from cloud.rules.rule_set import rule_set
from cloud.store.base import AlarmHistoryRow, AlarmRow, Columns, NoticeRow, RuleStateRow
from device_profiles.schema import PointType
from device_profiles.wire.messages import Cell

MINUTE = 60_000
START = 1_725_800_000_000 - 1_725_800_000_000 % (60 * MINUTE)
NOW = START + 14 * MINUTE
FLOOD = [
    {"name": "I", "severity": 3, "above": 30.0, "clear": 29.95},
    {"name": "II", "severity": 2, "above": 31.0, "clear": 30.95},
    {"name": "III", "severity": 1, "above": 32.0, "clear": 31.95},
]
RATE = {
    "kind": "rate_of_change",
    "unit": "m/h",
    "window_s": 1800,
    "min_span_s": 600,
    "levels": [{"name": "fast", "severity": 2, "above": 0.6, "clear": 0.3}],
}


def rule(
    identifier: str = "flood",
    *,
    kind: dict[str, object] | None = None,
    selector: dict[str, object] | None = None,
    **more: object,
) -> Rule:
    """A valid rule; by default the flood levels of Yên Bái."""
    return Rule.model_validate(
        {
            "id": identifier,
            "version": 1,
            "text": {"vi": "Vượt báo động {level}: {value} {unit}", "en": "Alarm level {level}: {value} {unit}"},
            "instruction": {"vi": "Kiểm tra", "en": "Check"},
            "owner": "Chi cục Thủy lợi",
            "source": "test",
            "confirmed": True,
            "selector": selector or {"profile": "river_gauge_radar", "point": "level_m"},
            "kind": kind or {"kind": "threshold", "unit": "m", "levels": FLOOD},
            **more,
        }
    )


def stale_rule(*after_s: float, point: str = "") -> Rule:
    """A rule on silence with one level per duration."""
    levels = [
        {"name": f"s{number}", "severity": 4 - number, "after_s": after} for number, after in enumerate(after_s, 1)
    ]
    return rule(
        "silent", kind={"kind": "stale", "levels": levels}, selector={"profile": "river_gauge_radar", "point": point}
    )


def block(
    readings: Iterable[tuple[int, Cell]],
    *,
    quality: Sequence[tuple[int, str]] = (),
    point: str = "level_m",
    gateway: str = "gw-1",
    device: str = "river-1",
    site: str = "yen-bai",
    profile: str = "river_gauge_radar",
) -> Columns:
    """Readings of one point of one device."""
    pairs = list(readings)
    return Columns(
        site=site,
        gateway=gateway,
        device=device,
        profile=profile,
        times=[at for at, _ in pairs],
        points={point: [value for _, value in pairs]},
        quality={point: list(quality)} if quality else {},
        types={point: PointType.FLOAT},
    )


def minutes(*values: Cell, start: int = START, step: int = MINUTE) -> list[tuple[int, Cell]]:
    """Values one minute apart."""
    return [(start + number * step, value) for number, value in enumerate(values)]


@dataclass
class Kept:
    """A state store in three dictionaries: what a restart would find."""

    states: dict[tuple[str, str, str], RuleStateRow] = field(default_factory=dict)
    alarms: dict[str, AlarmRow] = field(default_factory=dict)
    history: list[AlarmHistoryRow] = field(default_factory=list)
    notices: dict[str, NoticeRow] = field(default_factory=dict)
    derived: list[Columns] = field(default_factory=list)

    def keep(self, judgement: Judgement) -> Judgement:
        """Commits a judgement, and proves that there is at most one open alarm per rule and device."""
        for row in judgement.rule_states:
            self.states[row.rule, row.gateway, row.device] = row
        self.alarms.update({row.id: row for row in judgement.alarms})
        self.history.extend(judgement.history)
        for notice in judgement.notices:
            self.notices.setdefault(notice.key, notice)
        self.derived.extend(judgement.derived)
        open_keys = [(row.rule, row.gateway, row.device) for row in self.alarms.values() if row.open]
        assert len(open_keys) == len(set(open_keys)), "two open alarms for one problem"
        return judgement

    def story(self) -> list[tuple[str, str, int]]:
        """What happened, in order: word, level, observed minute since START."""
        return [(line.what, line.level, (line.observed_at - START) // MINUTE) for line in self.history]

    def review(self, judge: Judge, readings: Sequence[tuple[int, float]], *, now: int = NOW) -> None:
        """Looks again at what is marked, with all readings of the one point that there is."""
        past = partial(past_of, alarms=self.alarms, history=self.history)
        for judgement in review_at_once(judge, lambda case: readings, past, now=now):
            self.keep(judgement)
        assert not list(judge.marks)

    def judge(self, *rules: Rule, late_s: float = 900, areas: dict[str, list[str]] | None = None) -> Judge:
        """A new judge that starts from what was kept."""
        judge = Judge(
            rule_set(rules),
            AlarmBook(),
            places=Places(areas=areas or {}),
            notices=NoticeOptions(("ops",), late_s, "https://ioc.example"),
        )
        judge.restore(list(self.states.values()), [row for row in self.alarms.values() if row.open])
        return judge
