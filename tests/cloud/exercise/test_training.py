"""The trainer's desk: pace, faults, verdict and debrief, and what the people who are trained must not see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from cloud.exercise.office import ExerciseOffice
from cloud.store.base import AlarmFilter
from device_profiles.exercise import ExerciseConfig, read_paces
from device_profiles.exercise_plan import ExpectedAlarm, Plan, read_injections, write_plan
from device_profiles.schema import Text
from tests.cloud.api.fake_centre import FakeCentre
from tests.fakes import ManualClock

HOUR = 3_600_000
_ANY = AlarmFilter()
Clients = dict[str, httpx.AsyncClient]


@pytest.fixture
def folder(centre: FakeCentre, clock: ManualClock, tmp_path: Path) -> Path:
    """The sample province becomes an exercise that began an hour ago: one alarm comes, and one does not."""
    begin = clock.now_ms() - HOUR
    known = centre.state.alarms(_ANY, before=None, limit=1)[0]
    window = {"begin": 0, "end": clock.now_ms() - 1}
    write_plan(
        tmp_path / "story",
        Plan(
            name="yagi_2024",
            title=Text(vi="Bão Yagi", en="Typhoon Yagi"),
            begin=begin,
            end=begin + 100 * HOUR,
            expected=(
                ExpectedAlarm.model_validate({"rule": known.rule, "place": known.site} | window),
                ExpectedAlarm.model_validate({"rule": "never_comes"} | window),
            ),
        ),
    )
    exercise = ExerciseConfig(
        name="yagi_2024", begin=datetime.fromtimestamp(begin / 1000, UTC), folder=tmp_path / "story"
    )
    centre.exercise = ExerciseOffice(exercise, centre.state, clock=clock, areas=dict, machine=clock)
    centre.settings = replace(centre.settings, exercise="yagi_2024")
    return tmp_path / "story"


async def test_the_trainer_runs_the_story_up_to_its_end_and_pauses_it(
    clients: Clients, folder: Path, clock: ManualClock
) -> None:
    assert (await clients["engineer"].post("/api/v1/exercise/speed", json={"speed": 3600})).status_code == 200
    running, end = read_paces(folder)
    assert (running.speed, end.speed, end.elapsed_s) == (3600.0, 0.0, 100 * 3600.0)
    await clock.advance(10)
    await clients["engineer"].post("/api/v1/exercise/speed", json={"speed": 0})
    assert [pace.speed for pace in read_paces(folder)] == [3600.0, 0.0]
    assert read_paces(folder)[-1].elapsed_s == 10.5 * 3600


async def test_a_fault_is_thrown_in_at_a_device_that_is_there(
    clients: Clients, folder: Path, centre: FakeCentre
) -> None:
    device = centre.devices()[0]
    wish = {"gateway": device.gateway, "device": device.id, "fault": "stuck", "minutes": 90}
    assert (await clients["engineer"].post("/api/v1/exercise/injections", json=wish)).status_code == 201
    unknown = await clients["engineer"].post("/api/v1/exercise/injections", json=wish | {"device": "no-such"})
    assert unknown.status_code == 404
    thrown = read_injections(folder)
    assert [(each.device, each.fault, each.end - each.begin) for each in thrown] == [(device.id, "stuck", 90 * 60_000)]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "speed"), ("POST", "injections"), ("GET", "verdict"), ("GET", "debrief"), ("GET", "debrief/pdf")],
)
async def test_whoever_is_trained_does_not_see_what_will_come(
    clients: Clients, folder: Path, method: str, path: str
) -> None:
    answer = await clients["operator"].request(method, f"/api/v1/exercise/{path}", json={"speed": 1})
    assert answer.status_code == 403
    page = (await clients["operator"].get("/exercise")).text
    assert "Bão Yagi" in page
    assert "never_comes" not in page


@pytest.mark.parametrize(("language", "failed"), [("vi", "Không đạt"), ("en", "Failed")])
async def test_the_desk_and_the_debrief_say_what_is_missing(
    clients: Clients, folder: Path, language: str, failed: str
) -> None:
    await clients["engineer"].post("/api/v1/exercise/speed", json={"speed": 60})
    for path in ("/exercise", "/exercise/debrief"):
        page = (await clients["engineer"].get(path, headers={"Cookie": f"thacba_language={language}"})).text
        assert failed in page
        assert "never_comes" in page
        assert ("DIỄN TẬP" if language == "vi" else "EXERCISE") in page
    paper = await clients["engineer"].get("/api/v1/exercise/debrief/pdf", params={"language": language})
    assert paper.content.startswith(b"%PDF")
    told = (await clients["engineer"].get("/api/v1/exercise/debrief")).json()
    assert (told["verdict"]["raised"], told["verdict"]["missing"], told["verdict"]["holds"]) == (1, 1, False)
    assert [act["what"] for act in told["acts"]] == ["speed"]


@pytest.mark.parametrize(("language", "level"), [("vi", "sắp hết giấy"), ("en", "running out")])
async def test_the_debrief_names_levels_in_the_language_of_the_page(
    clients: Clients, folder: Path, centre: FakeCentre, language: str, level: str
) -> None:
    centre.raise_alarm("low", at=centre.clock.now_ms() - HOUR // 2, severity=4, rule="paper", device="rain-mcc")
    asked = {"headers": {"Cookie": f"thacba_language={language}"}}
    page = (await clients["engineer"].get("/exercise/debrief", **asked)).text
    assert f">{level}</td>" in page
    paper = await clients["engineer"].get("/api/v1/exercise/debrief/pdf", params={"language": language})
    assert paper.content.startswith(b"%PDF")


async def test_a_centre_in_service_has_no_trainer(clients: Clients) -> None:
    assert (await clients["engineer"].get("/api/v1/exercise")).status_code == 404
    assert (await clients["engineer"].post("/api/v1/exercise/speed", json={"speed": 0})).status_code == 404
