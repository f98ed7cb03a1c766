"""Rehearsals read what the store holds, compare with the running rule or with real alarms, and refuse with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cloud.inventory.passages import Passage
from cloud.rehearsal import DAY_MS, MOST_READINGS, Rehearsals
from cloud.rules.judge import Places
from cloud.rules.rehearse import RehearsalBusyError, RehearsalError, Wish
from cloud.rules.rule import Rule
from cloud.store.base import Columns, Commit, RawColumn, SeriesKey
from cloud.store.memory import MemoryStore
from cloud.store.sql import SqlStateStore
from device_profiles.load import load_catalogue
from device_profiles.schema import PointType
from tests.cloud.rules.builders import FLOOD, MINUTE, START, Kept, rule, stale_rule

PROFILES = load_catalogue().profiles
AREAS = {"yen-bai": ["132", "lao-cai"], "nghia-lo": ["133", "lao-cai"]}
STEP = 10 * MINUTE
RISE = [29.0, 29.5, 30.4, 31.2, 30.2, 29.0]
END = START + DAY_MS


def gauge(*values: float, site: str = "yen-bai", device: str = "river-1", point: str = "level_m") -> Columns:
    """Levels ten minutes apart."""
    times = [START + number * STEP for number in range(len(values))]
    return Columns(
        site, "gw-1", device, "river_gauge_radar", times, {point: list(values)}, {}, {point: PointType.FLOAT}
    )


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SqlStateStore]:
    opened = SqlStateStore(f"sqlite:///{tmp_path / 'state.sqlite3'}")
    opened.migrate()
    yield opened
    opened.close()


async def rehearsals(
    state: SqlStateStore, *blocks: Columns, passages: Sequence[Passage] = (), store: MemoryStore | None = None
) -> Rehearsals:
    """A house with these readings."""
    store = store or MemoryStore()
    await store.write(blocks, [])
    return Rehearsals(store, state, PROFILES, places=Places(areas=AREAS), passages=lambda gateway, device: passages)


def levels(shift: float) -> Rule:
    """The flood levels, all of them higher."""
    higher = [{**level, "above": level["above"] + shift, "clear": level["clear"] + shift} for level in FLOOD]  # type: ignore[operator]
    return rule(kind={"kind": "threshold", "unit": "m", "levels": higher})


async def test_a_rule_is_rehearsed_on_every_device_that_it_selects(state: SqlStateStore) -> None:
    house = await rehearsals(state, gauge(*RISE), gauge(*RISE, site="nghia-lo", device="river-2"))
    report = await house.rehearse(Wish(rule(), START, END))
    assert [(each.device, each.level, each.site) for each in report.alarms] == [
        ("river-1", "II", "yen-bai"),
        ("river-2", "II", "nghia-lo"),
    ]
    near = rule(selector={"profile": "river_gauge_radar", "point": "level_m", "areas": ["133"]})
    assert [each.device for each in (await house.rehearse(Wish(near, START, END))).alarms] == ["river-2"]


async def test_only_the_asked_time_counts(state: SqlStateStore) -> None:
    house = await rehearsals(state, gauge(*RISE))
    report = await house.rehearse(Wish(rule(), START, START + 3 * STEP))
    assert [(each.level, each.cleared_at) for each in report.alarms] == [("I", None)]
    assert report.totals.readings == 3


async def test_the_report_says_how_far_back_the_readings_go(state: SqlStateStore) -> None:
    house = await rehearsals(state, gauge(*RISE))
    whole = await house.rehearse(Wish(rule(), START, END))
    more = await house.rehearse(Wish(rule(), START - 30 * DAY_MS, END))
    (added,) = (remark for remark in more.remarks if remark not in whole.remarks)
    assert added.en.startswith("The store holds nothing from before 08/09/2024 19:00")
    assert added.vi.startswith("Kho không có số đo nào trước 08/09/2024 19:00")


async def test_late_readings_tell_nobody(state: SqlStateStore) -> None:
    arrived = START + 5 * 60 * MINUTE
    late = Passage("late", START, START + 5 * STEP, 6, arrived, arrived)
    prompt, behind = await rehearsals(state, gauge(*RISE)), await rehearsals(state, gauge(*RISE), passages=[late])
    told = (await prompt.rehearse(Wish(rule(), START, END))).totals
    silent = (await behind.rehearse(Wish(rule(), START, END))).totals
    assert (told.alarms, told.notices) == (1, 3)
    assert (silent.alarms, silent.notices) == (1, 0)


async def test_silence_of_a_whole_device_is_ended_by_any_point(state: SqlStateStore) -> None:
    blocks = gauge(*RISE), gauge(0.1, 0.1, 0.2, point="velocity_m_s")
    later = replace(blocks[1], times=[each + 85 * MINUTE for each in blocks[1].times])
    house = await rehearsals(state, blocks[0], later)
    report = await house.rehearse(Wish(stale_rule(1800), START, START + 100 * MINUTE))
    assert [(each.raised_at, each.cleared_at) for each in report.alarms] == [(START + 80 * MINUTE, START + 85 * MINUTE)]
    quiet = await house.rehearse(Wish(stale_rule(3600), START, START + 100 * MINUTE))
    assert not quiet.alarms


async def test_a_draft_is_held_against_the_running_rule(state: SqlStateStore) -> None:
    house = await rehearsals(state, gauge(*RISE), gauge(29.0, 30.1, 29.0, device="river-2"))
    report = await house.rehearse(Wish(levels(0.5), START, END, "live", live=rule()))
    found = report.difference
    assert found is not None
    assert found.against == "live"
    assert [(pair.here.level, pair.there.level) for pair in found.moved] == [("I", "II")]
    assert [each.device for each in found.only_there] == ["river-2"]


async def test_a_running_rule_is_held_against_what_was_really_raised(state: SqlStateStore) -> None:
    kept = Kept()
    block = gauge(*RISE)
    for place, now in enumerate(block.times):
        one = replace(block, times=[now], points={"level_m": [RISE[place]]})
        kept.keep(kept.judge(rule()).observe([one], received_at=now))
    state.commit(Commit(alarms=list(kept.alarms.values()), history=kept.history))
    house = await rehearsals(state, block, gauge(29.0, 30.1, 29.0, device="river-2"))
    found = (await house.rehearse(Wish(rule(), START, END, "live", live=rule()))).difference
    assert found is not None
    assert (found.against, found.same, len(found.moved), found.only_there) == ("alarms", 1, 0, ())
    assert [each.device for each in found.only_here] == ["river-2"]


NEAR: dict[str, object] = {
    "kind": "n_of_m",
    "unit": "m",
    "condition": {"above": 30.0},
    "within_s": 1800,
    "levels": [{"name": "several", "severity": 2, "above": 2}],
}


async def test_a_rule_on_a_group_is_rehearsed_with_all_its_devices_together(state: SqlStateStore) -> None:
    early, late = [29.0, 30.2, 29.0, 29.0, 29.0, 29.0], [29.0, 29.0, 30.3, 29.0, 29.0, 29.0]
    house = await rehearsals(
        state, gauge(*early), gauge(*late, device="river-2"), gauge(*RISE, device="river-3", site="nghia-lo")
    )
    assert not (await house.rehearse(Wish(rule(kind=NEAR), START, END))).alarms, "never two at once in one site"
    slow = await rehearsals(state, gauge(*RISE), gauge(*late, device="river-2"))
    report = await slow.rehearse(Wish(rule(kind=NEAR), START, END))
    (alarm,) = report.alarms
    assert (alarm.gateway, alarm.device, alarm.site) == ("@site", "yen-bai", "yen-bai")
    assert (alarm.raised_at, alarm.notices) == (START + 2 * STEP, 2)
    assert (report.totals.devices, report.totals.readings) == (2, 12)


async def test_a_rule_with_numbers_of_its_sites_is_rehearsed_with_the_numbers_of_each(state: SqlStateStore) -> None:
    def at(site: str, above: float, **more: Any) -> Rule:
        levels = [{"name": "I", "severity": 3, "above": above}]
        selector: dict[str, object] = {"profile": "river_gauge_radar", "point": "level_m", "sites": [site]}
        return rule(kind={"kind": "threshold", "unit": "m", "levels": levels}, selector=selector, **more)

    blocks = gauge(*RISE), gauge(*RISE, site="nghia-lo", device="river-2")
    house = await rehearsals(state, *blocks)
    for more in ({}, {"unless": ["never"]}):  # alone, and among others
        places = [at("yen-bai", 31.0, **more), at("nghia-lo", 50.0, **more)]
        never = rule("never", kind={"kind": "threshold", "unit": "m", "levels": [{**FLOOD[0], "above": 90}]})
        wanted = places[0].at_places(places, {})
        report = await house.rehearse(Wish(wanted, START, END, others=[wanted, never]))
        assert [(each.site, each.threshold) for each in report.alarms] == [("yen-bai", 31.0)]
        assert (report.totals.notices, report.totals.devices) == (2, 2)


@pytest.mark.parametrize("by", ["unless", "folds"])
async def test_a_rule_that_another_keeps_quiet_tells_as_little_as_it_does_live(state: SqlStateStore, by: str) -> None:
    fast: dict[str, object] = {
        "kind": "threshold",
        "unit": "m/s",
        "levels": [{"name": "fast", "severity": 2, "above": 2.0}],
    }
    selector: dict[str, object] = {"profile": "river_gauge_radar", "point": "velocity_m_s"}
    folding: dict[str, Any] = {"folds": ["flood"], "folds_by": "device"} if by == "folds" else {}
    yielding: dict[str, Any] = {"unless": ["fast"], "unless_by": "device"} if by == "unless" else {}
    cause, quiet = rule("fast", kind=fast, selector=selector, **folding), rule(**yielding)
    house = await rehearsals(state, gauge(*RISE), gauge(1.0, *[3.0] * 5, point="velocity_m_s"))
    alone = await house.rehearse(Wish(quiet, START, END))
    among = await house.rehearse(Wish(quiet, START, END, others=[quiet, cause]))
    assert [each.level for each in among.alarms] == [each.level for each in alone.alarms] == ["II"]
    assert (alone.totals.notices, among.totals.notices) == (3, 0)


async def test_a_rule_that_listens_to_others_is_rehearsed_with_them(state: SqlStateStore) -> None:
    fast: dict[str, object] = {
        "kind": "rate_of_change",
        "unit": "m/h",
        "levels": [{"name": "fast", "severity": 3, "above": 3.0}],
    }
    others = [rule("high"), rule("rising", kind=fast)]
    both = rule(
        "both",
        kind={
            "kind": "combination",
            "alarms": [{"rule": "high"}, {"rule": "rising"}],
            "levels": [{"name": "flash flood", "severity": 1, "above": 2}],
        },
        selector={"areas": ["lao-cai"]},
    )
    house = await rehearsals(state, gauge(*RISE))
    report = await house.rehearse(Wish(both, START, END, others=others))
    (alarm,) = report.alarms
    assert (alarm.rule, alarm.level, alarm.gateway, alarm.device) == ("both", "flash flood", "@site", "yen-bai")
    assert (alarm.raised_at, alarm.cleared_at) == (START + 2 * STEP, START + 4 * STEP)
    with pytest.raises(RehearsalError, match="both listens to the rule high, which does not run"):
        await house.rehearse(Wish(both, START, END))


async def test_silence_among_what_a_rule_listens_to_is_noticed_in_time(state: SqlStateStore) -> None:
    others = [rule("high"), stale_rule(1500, point="velocity_m_s")]
    both = rule(
        "both",
        kind={
            "kind": "combination",
            "alarms": [{"rule": "high"}, {"rule": "silent"}],
            "levels": [{"name": "blind", "severity": 1, "above": 2}],
        },
        selector={"areas": ["lao-cai"]},
    )
    house = await rehearsals(state, gauge(*RISE), gauge(1.0, point="velocity_m_s"))
    (alarm,) = (await house.rehearse(Wish(both, START, START + 2 * 60 * MINUTE, others=others))).alarms
    assert (alarm.level, alarm.raised_at) == ("blind", START + 25 * MINUTE)
    assert alarm.steps[0].arrived_at == START + 25 * MINUTE, "between two readings"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish(rule(), START, START), "ends before it begins"),
        (Wish(rule(), START, START + 401 * DAY_MS), "longer than 400 days"),
        (Wish(rule(), 0, DAY_MS), "holds no readings of river_gauge_radar.level_m"),
        (Wish(rule(selector={"profile": "unheard_of", "point": "x"}), START, END), "no device profile unheard_of"),
    ],
)
async def test_what_cannot_be_rehearsed_is_refused_with_a_reason(state: SqlStateStore, wish: Wish, said: str) -> None:
    house = await rehearsals(state, gauge(*RISE))
    with pytest.raises(RehearsalError, match=said):
        await house.rehearse(wish)


class Held(MemoryStore):
    """A store whose readings come when the test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.gate = asyncio.Event(), asyncio.Event()
        self.many = RawColumn([], [])

    async def raw(self, key: SeriesKey, *, begin: int, end: int) -> RawColumn:
        self.asked.set()
        await self.gate.wait()
        return self.many if self.many.times else await super().raw(key, begin=begin, end=end)


async def test_one_rehearsal_at_a_time_and_a_cancelled_one_makes_room(state: SqlStateStore) -> None:
    store = Held()
    house = await rehearsals(state, gauge(*RISE), store=store)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(house.rehearse(Wish(rule(), START, END)))
        await store.asked.wait()
        with pytest.raises(RehearsalBusyError, match="under way"):
            await house.rehearse(Wish(rule(), START, END))
        first.cancel()
    store.gate.set()
    assert (await house.rehearse(Wish(rule(), START, END))).totals.alarms == 1


async def test_a_device_with_too_many_readings_is_named(state: SqlStateStore) -> None:
    store: Any = Held()
    house = await rehearsals(state, gauge(*RISE), store=store)
    store.many = RawColumn([START] * (MOST_READINGS + 1), [0.0] * (MOST_READINGS + 1))
    store.gate.set()
    with pytest.raises(RehearsalError, match=r"gw-1/river-1 has more than 2,000,000 readings of level_m"):
        await house.rehearse(Wish(rule(), START, END))
