"""Rules of a running centre, changed over HTTP: the next reading is judged by them, and they outlive a restart."""

from __future__ import annotations

from pathlib import Path

import httpx

from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.app import Centre
from cloud.settings import read_settings
from cloud.store.base import AlarmFilter
from tests.cloud.stage import RULE, running, scripted, write_config
from tests.cloud.test_centre import broker, now
from tests.servers import Server

__all__ = ["broker"]

PATH = "/api/v1/rules/river_high"
TESTS = """
[[case]]
name = "flood"
readings = [[0, 29.0], [10, 26.0]]
expect = ["0 raised I", "10 cleared I"]
[[case]]
name = "rain"
readings = [[0, 20.0], [10, 26.9]]
expect = []
"""
LOWER = RULE.replace("version = 1", "version = 2").replace("above = 30.0", "above = 27.0").replace("29.5", "26.5")


async def test_a_rule_that_is_changed_over_http_judges_the_next_reading_and_outlives_a_restart(
    tmp_path: Path, broker: Server
) -> None:
    config = write_config(tmp_path, f"mqtt://127.0.0.1:{broker.port}")
    async with running(Centre(read_settings(config))) as centre, scripted(broker) as gateway:
        secret, row = begin_token("test", Role.ENGINEER, now=now(), days=1)
        centre.state.put_secret(row)
        headers = {"Authorization": f"Bearer {secret}"}
        await gateway.measure(27.5)
        await gateway.until_settled(1)
        assert not centre.state.alarms(AlarmFilter(open=True), before=None, limit=9)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{centre.port}", headers=headers) as client:
            etag = (await client.get(PATH)).headers["etag"]
            answer = await client.put(PATH, json={"text": LOWER, "tests": TESTS}, headers={"If-Match": etag})
            assert answer.status_code == 200, answer.text
        await gateway.measure(27.6)
        await gateway.until_settled(2)
        (alarm,) = centre.state.alarms(AlarmFilter(open=True), before=None, limit=9)
        assert (alarm.rule_version, alarm.threshold) == ("2", 27.0)
    async with running(Centre(read_settings(config))) as centre:
        assert centre.house.rules.running.rules["river_high"].version == 2
        rows = centre.state.rule_versions.versions("river_high")
        assert [(each.version, each.actor) for each in rows] == [(2, "test"), (1, "file")]
