"""A centre of an exercise: the story's time, its mark on everything, and no notice that leaves it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from cloud.__main__ import app
from cloud.access.roles import Role
from cloud.access.sessions import begin_token
from cloud.app import Centre
from cloud.config import CentreConfig
from cloud.errors import ConfigurationError
from cloud.exercise.recorder import read_recorded
from cloud.settings import read_settings
from cloud.store.base import AlarmFilter, UserRow
from device_profiles.clock import SystemClock
from device_profiles.exercise import set_speed
from tests.cloud.stage import RULE, running, scripted, settings_for, write_config
from tests.servers import Server
from tests.waiting import eventually

EXERCISE = '[exercise]\nname = "yagi_2024"\nbegin = 2024-09-08T15:00:00+07:00\nspeed = 0\nfolder = "story"\n'
NOBODY = """[notify]
group_s = 0
[[notify.channels]]
kind = "webhook"
name = "real"
url = "https://province.example/alarms"
signing_key_env = "NO_SUCH_VARIABLE"
"""
SILENT = (
    RULE.split("[kind]")[0].replace('"river_high"', '"river_silent"').replace("{value} {unit}", "?")
    + """[kind]
kind = "stale"
[[kind.levels]]
name = "2 h"
severity = 3
after_s = 7200
"""
)


async def test_an_alarm_of_the_story_is_marked_and_told_to_nobody(tmp_path: Path, mosquitto_server: Server) -> None:
    """The channel's secret is not even there: nothing is opened that could reach anybody."""
    settings = settings_for(tmp_path, mosquitto_server, more=NOBODY + EXERCISE)
    set_speed(tmp_path / "story", 60.0)
    centre = Centre(settings)
    async with running(centre), scripted(mosquitto_server) as gateway:
        begin_ms = settings.config.exercise.begin_ms if settings.config.exercise else 0
        assert begin_ms <= centre.clock.now_ms() < begin_ms + 3_600_000
        batch = gateway.batch({"level_m": [33.98]}, [begin_ms])
        await gateway.send(batch)
        kept = await eventually(lambda: read_recorded(tmp_path / "story"))
        secret, row = begin_token("screen", Role.VIEWER, now=SystemClock().now_ms(), days=1)
        centre.state.put_user(UserRow("screen", str(Role.VIEWER), "", 0))
        centre.state.put_secret(row)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{centre.port}") as client:
            door = await client.get("/login")
            page = await client.get("/alarms", headers={"Authorization": f"Bearer {secret}"})
            alarms = await client.get("/api/v1/alarms", headers={"Authorization": f"Bearer {secret}"})
    assert (kept[0].channel, kept[0].notice.rule, kept[0].notice.observed_at) == ("real", "river_high", begin_ms)
    assert kept[0].notice.text.vi.startswith("DIỄN TẬP – ")
    assert kept[0].notice.text.en.startswith("EXERCISE – ")
    for answer in (door, page):
        assert "DIỄN TẬP" in answer.text
    for answer in (door, page, alarms):
        assert answer.headers["x-thacba-exercise"] == "yagi_2024"
    assert alarms.json()["items"][0]["raised_at"] == begin_ms


def test_an_exercise_never_listens_to_a_broker_of_others(tmp_path: Path) -> None:
    path = write_config(tmp_path, "mqtt://broker.province.example", more=EXERCISE)
    with pytest.raises(ConfigurationError, match="on its own machine only"):
        read_settings(path)


def test_a_centre_in_service_shows_no_mark_and_needs_its_channels_secrets(
    tmp_path: Path, mosquitto_server: Server
) -> None:
    assert CentreConfig.model_fields["exercise"].default is None
    with pytest.raises(ConfigurationError, match="NO_SUCH_VARIABLE"):
        settings_for(tmp_path, mosquitto_server, more=NOBODY)


async def test_silence_is_heard_however_fast_the_story_runs(tmp_path: Path, mosquitto_server: Server) -> None:
    """At an hour a second the centre looks every few minutes of the story: it has not been deaf in between."""
    settings = settings_for(tmp_path, mosquitto_server, more=EXERCISE)
    (tmp_path / "rules" / "river_silent.toml").write_text(SILENT, encoding="utf-8")
    settings = read_settings(tmp_path / "centre.toml")
    set_speed(tmp_path / "story", 3600.0)
    centre = Centre(settings)
    async with running(centre), scripted(mosquitto_server) as gateway:
        await gateway.be_born()
        await gateway.send(gateway.batch({"level_m": [25.0]}, [centre.clock.now_ms()]))
        silent = AlarmFilter(rule="river_silent")
        found = await eventually(lambda: centre.state.alarms(silent, before=None, limit=1))
    assert found[0].level == "2 h"


def test_a_test_notice_of_an_exercise_does_not_leave_either(tmp_path: Path) -> None:
    path = write_config(tmp_path, "mqtt://127.0.0.1", more=NOBODY + EXERCISE)
    assert CliRunner().invoke(app, ["notify", "test", "real", "--config", str(path)]).exit_code == 0
    assert [each.notice.kind for each in read_recorded(tmp_path / "story")] == ["test"]
