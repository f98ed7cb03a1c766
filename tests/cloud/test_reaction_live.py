"""What a real centre keeps while people work is what the monthly report counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.access.roles import Role
from cloud.app import Centre
from cloud.reports.coming import HOUR_MS
from cloud.reports.plan import read_report_plan
from cloud.reports.reactions import happenings, past_of, timing_of
from tests.cloud.stage import running, scripted, settings_for
from tests.cloud.test_duty import program
from tests.servers import Server, run_mosquitto
from tests.waiting import eventually

pytestmark = pytest.mark.scenario
TIMES = ("detect", "acknowledge", "dispatch", "withdrawn")


@pytest.fixture
def broker() -> Iterator[Server]:
    """A broker of our own."""
    with run_mosquitto() as server:
        yield server


async def test_a_flood_that_people_worked_on_is_timed(tmp_path: Path, broker: Server) -> None:
    async with running(Centre(settings_for(tmp_path, broker))) as centre, scripted(broker) as gateway:
        began = centre.clock.now_ms()
        await gateway.be_born()
        await gateway.measure(31.0)
        await gateway.until_settled(1)
        async with program(centre, Role.OPERATOR) as operator:

            async def raised() -> list[dict[str, str]]:
                return list((await operator.get("/alarms")).json()["items"])

            alarms: list[dict[str, str]] = await eventually(raised)
            [alarm] = alarms
            assert (await operator.post(f"/alarms/{alarm['id']}/acknowledge", json={})).is_success
            opened = (await operator.post("/incidents", json={"alarms": [alarm["id"]]})).raise_for_status().json()
            for move, more in (("receive", {}), ("classify", {}), ("dispatch", {"assignee": "UBND xã Bảo Yên"})):
                moved = await operator.post(f"/incidents/{opened['id']}/move", json={"move": move, **more})
                assert moved.is_success, moved.text
        span = {"begin": began - HOUR_MS, "end": began + HOUR_MS}
        past = past_of(
            centre.state.reactions.alarm_lines(**span), centre.state.reactions.incident_lines(**span), **span
        )
        plan = {each.id: each for each in read_report_plan(None).reactions}
        found = {name: timing_of(plan[name], happenings(plan[name], past), known=past.known) for name in TIMES}
    assert [(each.counted, each.waiting) for each in found.values()] == [(1, 0)] * len(TIMES)
    values = {name: each.value for name, each in found.items()}
    assert values["withdrawn"] == 0
    assert all(value is not None and 0 <= value < 60 for value in values.values()), values
