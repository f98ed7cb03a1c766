"""F05, F06: kill -9 of the centre in an event with pending holds: the same alarms as undisturbed, and no notice lost.

The gateway sends a batch, waits for its receipt, sends again what has none: in order, however often the centre dies.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from cloud.store.base import AlarmFilter
from cloud.store.sql import SqlStateStore
from device_profiles.clock import SystemClock
from device_profiles.wire import Batch, DeviceBlock, relative_times, size_of
from tests.cloud.notify.contents import Receiver, receiver
from tests.cloud.stage import EPOCH, PROFILE, ScriptedGateway, scripted, write_config
from tests.faults.conftest import Ring
from tests.faults.tools.warm import Child, Starter
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(3600)]

GAUGES, STEP_MS, ROWS = 6, 10_000, 6  # a reading each ten seconds, a batch each minute
RECEIPT_S = 1.0
PACE_S = 0.2
WITHIN_S = 60.0
NOTIFY = """
[notify]
late_s = 2592000
group_s = 0
per_minute = 6000
[[notify.channels]]
kind = "webhook"
name = "ops"
url = "{url}"
allow_private = true
per_minute = 6000
"""
HEAD = """
id = "{id}"
version = 1
text = {{ vi = "Mực nước {{value}}", en = "Level {{value}}" }}
instruction = {{ vi = "Xem", en = "Look" }}
owner = "PCTT"
source = "test"
confirmed = false
[selector]
profile = "river_gauge_radar"
point = "level_m"
[kind]
"""
KINDS = {
    "held": 'kind = "threshold"\nunit = "m"\nhold_s = 120\n'
    '[[kind.levels]]\nname = "I"\nseverity = 3\nabove = 30\nclear = 29.8\n'
    '[[kind.levels]]\nname = "II"\nseverity = 2\nabove = 31\nclear = 30.8\n',
    "mean": 'kind = "window"\nunit = "m"\nfigure = "mean"\nwindow_s = 300\nhold_s = 60\n'
    '[[kind.levels]]\nname = "high"\nseverity = 3\nabove = 30.2\nclear = 30\n',
    "rise": 'kind = "rate_of_change"\nunit = "m/h"\nwindow_s = 600\nhold_s = 30\n'
    '[[kind.levels]]\nname = "fast"\nseverity = 3\nabove = 6\nclear = 3\n',
    "often": 'kind = "repeated"\nunit = "m"\nwindow_s = 1800\nevent = { above = 30.5, clear = 30.4 }\n'
    '[[kind.levels]]\nname = "often"\nseverity = 3\ntimes = 3\n',
}

Line = tuple[str, str, int, str, str, float | None]  # rule, device, when, what, level, value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    history: list[Line]
    notices: dict[str, str]  # key -> what became of it
    told: Counter[str]  # key -> how often the webhook got it
    kills: int


def event(seed: int, batches: int, begin: int) -> list[Batch]:
    """Water that rises and falls at every gauge, by dice."""
    chance, levels, made, accepted = random.Random(seed), [29.5] * GAUGES, list[Batch](), 0
    for number in range(batches):
        times = [begin + (number * ROWS + row) * STEP_MS for row in range(ROWS)]
        blocks = []
        for gauge in range(GAUGES):
            values = []
            for _ in times:
                pull = (30.2 - levels[gauge]) * 0.02
                levels[gauge] = round(levels[gauge] + chance.gauss(pull, 0.12), 3)
                values.append(levels[gauge])
            blocks.append(DeviceBlock(f"gauge-{gauge}", PROFILE, relative_times(times), {"level_m": list(values)}))
        batch = Batch(1, EPOCH, number + 1, accepted, blocks, [], [])
        accepted += size_of(batch)
        made.append(batch)
    return made


class Stage:
    """A centre that can be killed, its rules and its webhook."""

    def __init__(self, folder: Path, starter: Starter, broker: Server, hook: Receiver) -> None:
        self._folder, self._starter, self._broker, self.hook = folder, starter, broker, hook
        folder.mkdir()
        self._config = write_config(folder, broker.url, more=NOTIFY.format(url=hook.url))
        (folder / "rules" / "river_high.toml").unlink()
        for name, kind in KINDS.items():
            (folder / "rules" / f"{name}.toml").write_text(HEAD.format(id=name) + kind, encoding="utf-8")
        self._centre: Child | None = None

    def start(self) -> None:
        """A new centre on the same folder."""
        words = ("serve", "--config", str(self._config))
        self._centre = self._starter.start("cloud", *words, log=self._folder / "centre.log")

    def kill(self) -> None:
        """kill -9, wherever it is."""
        assert self._centre is not None
        self._centre.kill()

    async def run(self, batches: Sequence[Batch], kills: int, chance: random.Random) -> Outcome:
        """The whole event; `kills` blows are spread over it and go on while notices are pending."""
        self.start()
        fallen = 0
        try:
            async with (
                asyncio.timeout(WITHIN_S + 3 * kills),
                scripted(self._broker) as gateway,
                asyncio.TaskGroup() as group,
            ):
                gateway.sent.update({batch.sequence: batch for batch in batches})
                sending = group.create_task(self._send(gateway, batches, pace_s=PACE_S if kills else 0.0))
                while fallen < kills:
                    await asyncio.sleep(chance.uniform(0, 2.0))  # the random moment, also within its start
                    await asyncio.to_thread(self.kill)
                    fallen += 1
                    self.start()
                await sending
            await eventually(self._all_told, within_s=30)
        finally:
            await asyncio.to_thread(self.kill)
        return Outcome(self._history(), self._notices(), self._told(), fallen)

    async def _send(self, gateway: ScriptedGateway, batches: Sequence[Batch], *, pace_s: float) -> None:
        for batch in batches:
            while batch.sequence not in gateway.settled():
                await gateway.send(batch)
                with suppress(TimeoutError):
                    await gateway.until_settled(batch.sequence, within_s=RECEIPT_S)
            await asyncio.sleep(pace_s)  # the event goes on as long as the blows

    def _state(self) -> SqlStateStore:
        return SqlStateStore(f"sqlite:///{self._folder / 'data' / 'centre.sqlite3'}")

    def _all_told(self) -> bool:
        return "pending" not in self._notices().values()

    def _notices(self) -> dict[str, str]:
        state = self._state()
        try:
            rows = state.notices(limit=10_000)
            return {row.key: row.state for row in rows if not row.key.startswith("digest:")}
        finally:
            state.close()

    def _history(self) -> list[Line]:
        state = self._state()
        try:
            alarms = state.alarms(AlarmFilter(), before=None, limit=10_000)
            return sorted(
                (alarm.rule, alarm.device, line.observed_at, line.what, line.level, line.value)
                for alarm in alarms
                for line in state.history(alarm.id)
            )
        finally:
            state.close()

    def _told(self) -> Counter[str]:
        return Counter(json.loads(request.body)["key"] for request in self.hook.requests)


async def test_killed_in_an_event_with_pending_holds(tmp_path: Path, starter: Starter, ring: Ring) -> None:
    chance = random.Random(ring.seed)
    number = max(50, ring.alarm_kills * 3)
    batches = event(ring.seed, number, SystemClock().now_ms() - number * ROWS * STEP_MS)
    with run_mosquitto() as broker:
        async with receiver() as hook:
            calm = await Stage(tmp_path / "calm", starter, broker, hook).run(batches, 0, chance)
        async with receiver() as hook:
            killed = await Stage(tmp_path / "killed", starter, broker, hook).run(batches, ring.alarm_kills, chance)
    assert len(calm.history) > len(KINDS) * GAUGES / 2  # something happened
    assert killed.kills == ring.alarm_kills
    assert killed.history == calm.history
    assert killed.notices.keys() == calm.notices.keys()  # what is told together may differ, what is told does not
    assert {*killed.notices.values(), *calm.notices.values()} <= {"sent", "digest"}
    assert set(calm.told.values()) == {1}
    assert max(killed.told.values()) <= 2  # a crash between sent and recorded repeats it, with the same key
