"""What people read for a level: its words in their language on every page, and both in the API."""

from __future__ import annotations

import html

import httpx
import pytest

from cloud.store.base import AlarmRow
from tests.cloud.api.fake_centre import FakeCentre

WORDS = {"vi": "sắp hết giấy", "en": "running out"}  # of the sample rule `paper`
HOUR_MS = 3_600_000
LANGUAGES = pytest.mark.parametrize("language", ["vi", "en"])


def low(centre: FakeCentre, **more: object) -> AlarmRow:
    """A kiosk that runs out of paper; its texts do not name the level."""
    facts = {"device": "rain-mcc", "rule": "paper", "value": 14.0, "text_vi": "Kiosk", "text_en": "Kiosk"} | more
    return centre.raise_alarm("low", at=centre.clock.now_ms() - HOUR_MS, severity=4, **facts)


async def seen(client: httpx.AsyncClient, path: str, language: str) -> str:
    """What a person reads on a page."""
    client.cookies.set("thacba_language", language)
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


@LANGUAGES
async def test_an_alarm_names_its_level_in_the_language_of_the_page(
    operator: httpx.AsyncClient, centre: FakeCentre, language: str
) -> None:
    alarm, level = low(centre), {"vi": "Cấp", "en": "Level"}[language]
    assert f"{level} {WORDS[language]}</span>" in await seen(operator, "/alarms", language)
    page = await seen(operator, f"/alarms/{alarm.id}", language)
    assert f"<dt>{level}</dt><dd>{WORDS[language]}</dd>" in page
    story, why = page.split('id="why')[0], page.split('id="why')[-1]
    assert f"{level} {WORDS[language]}" in story
    assert WORDS[language] in why
    assert f"{level} low" not in page


@LANGUAGES
async def test_the_rules_name_their_levels_in_the_language_of_the_page(
    operator: httpx.AsyncClient, language: str
) -> None:
    assert f"{WORDS[language]}</span>" in await seen(operator, "/rules", language)
    page = await seen(operator, "/rules/paper", language)
    assert f"<td>{WORDS[language]}</td>" in page
    assert f"{ {'vi': 'Mức', 'en': 'Level'}[language] } {WORDS[language]} (" in page


@LANGUAGES
async def test_an_alarm_of_a_rule_that_is_gone_or_changed_shows_the_name_that_was_kept(
    operator: httpx.AsyncClient, centre: FakeCentre, language: str
) -> None:
    level = {"vi": "Cấp", "en": "Level"}[language]
    for alarm, name in (
        (low(centre, rule="paper_of_last_year"), "low"),
        (
            centre.raise_alarm("hú / sounding", at=centre.clock.now_ms(), severity=1, device="gauge-thac-ba"),
            "hú / sounding",
        ),
    ):
        assert f"{level} {name}</span>" in await seen(operator, "/alarms", language)
        assert f"<dd>{name}</dd>" in await seen(operator, f"/alarms/{alarm.id}", language)
    builtin = centre.raise_alarm("lost", at=centre.clock.now_ms(), severity=2, rule="gateway_away")
    words = {"vi": "mất liên lạc", "en": "no contact"}[language]
    assert f"<dd>{words}</dd>" in await seen(operator, f"/alarms/{builtin.id}", language)


async def test_the_api_gives_the_identity_and_both_languages(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    alarm = low(centre)
    path = f"/api/v1/alarms/{alarm.id}"
    told = (await operator.get(path)).json()
    assert (told["level"], told["level_shown"]) == ("low", WORDS)
    assert [(line["level"], line["level_shown"]) for line in told["history"]] == [("low", WORDS)]
    acknowledged = (await operator.post(f"{path}/acknowledge", json={"comment": ""})).json()
    assert acknowledged["level_shown"] == WORDS
    listed = (await operator.get("/api/v1/alarms", params={"rule": "paper"})).json()["items"]
    assert [each["level_shown"] for each in listed if each["id"] == alarm.id] == [WORDS]
    place = {"rule": "paper", "gateway": alarm.gateway, "device": alarm.device}
    assert (await operator.get("/api/v1/chronicle", params=place)).json()["items"][-1]["level_shown"] == WORDS
    explained = (await operator.get(f"{path}/explain")).json()
    assert [(each["name"], each["shown"]) for each in explained["levels"]] == [("low", WORDS)]
    body = {"alarms": [alarm.id], "title": "Kiosk"}
    incident = (await operator.post("/api/v1/incidents", json=body)).json()["id"]
    (its,) = (await operator.get(f"/api/v1/incidents/{incident}")).json()["alarms"]
    assert its["level_shown"] == WORDS


async def test_an_alarm_without_a_level_has_no_words_for_it(operator: httpx.AsyncClient, centre: FakeCentre) -> None:
    alarm = centre.raise_alarm("", at=centre.clock.now_ms(), severity=3, rule="silence")
    assert (await operator.get(f"/api/v1/alarms/{alarm.id}")).json()["level_shown"] is None
