"""Who sees which area and sector: every route × role × bounds, on the app itself with things that are there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import httpx
import pytest
from fastapi import FastAPI

from cloud.access.policy import POLICY, Open, allows
from cloud.access.roles import Role
from cloud.access.scope import REACH, Reach, Scope, kept, reach_of, scope_of
from cloud.access.sessions import begin_session, begin_token
from cloud.api.guard import cookie_name
from cloud.api.scoped import ScopedCentre
from cloud.incidents.casebook import Action, Facts, open_incident
from cloud.store.base import UserRow
from cloud.store.commissioning_port import CommissioningRow
from device_profiles.schema import Sector
from tests.browser.pictures import incident_of
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.test_access import routes_of

HERE, ELSEWHERE = "132", "141"  # where the things of this test lie, and where they do not
OTHER = "health"  # a sector that none of them is of
BOUNDS = {HERE: {"areas": HERE}, ELSEWHERE: {"areas": ELSEWHERE}, OTHER: {"sectors": OTHER}}
GATEWAY, DEVICE = "gw-thao", "gauge-yen-bai"
ENDLESS = ("GET", "/api/v1/live")
CONTRACT = ("GET", "/api/v1/openapi.json")  # its examples are the sample province
LAST = ("DELETE", "/api/v1/session")  # ends the client's own session
REAL = ("{gateway}", "{alarm}", "{incident}")  # what addresses name and this test has
QUERIES = {
    "/api/v1/series": {"gateway": GATEWAY, "device": DEVICE, "point": "level_m"},
    "/api/v1/chronicle": {"rule": "areas", "gateway": GATEWAY, "device": DEVICE},
    "/api/v1/search": {"q": "thao"},
    "/search": {"q": "thao"},
}


@dataclass(frozen=True)
class Things:
    """What lies in HERE."""

    alarm: str
    incident: str

    def path(self, template: str) -> str:
        """The address of a route for them."""
        names = {"gateway": GATEWAY, "device": DEVICE, "alarm": self.alarm, "incident": self.incident, "number": "1"}
        for name, value in names.items():
            template = template.replace("{" + name + "}", value)
        return template

    def shown_in(self, answer: httpx.Response) -> list[str]:
        """Which of them an answer tells of."""
        text = answer.text.replace(answer.url.path, "")  # what was asked for is said back
        return [each for each in (GATEWAY, self.alarm, self.incident) if each in text]


@pytest.fixture
def things(centre: FakeCentre) -> Things:
    alarm = centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule="areas")
    assert alarm.gateway == GATEWAY
    return Things(alarm.id, incident_of(centre, alarm))


@pytest.fixture
async def people(api: FastAPI, centre: FakeCentre) -> AsyncIterator[dict[tuple[Role, str], httpx.AsyncClient]]:
    """Somebody of each role in each of the two areas, and of the other sector."""
    async with AsyncExitStack() as stack:
        made = {}
        for role in Role:
            for area, bounds in BOUNDS.items():
                user = UserRow(f"{role}-{area}", role.value, "$", 1, **bounds)
                centre.state.put_user(user)
                secret, row = begin_session(user, now=centre.clock.now_ms())
                centre.state.put_secret(row)
                client = httpx.AsyncClient(
                    transport=httpx.ASGITransport(api),
                    base_url="https://centre.test",
                    headers={"Cookie": f"{cookie_name(centre)}={secret}", "Sec-Fetch-Site": "same-origin"},
                )
                made[role, area] = await stack.enter_async_context(client)
        yield made


def test_every_route_of_the_app_has_a_cell_for_people_of_some_areas(api: FastAPI) -> None:
    routes = {route for route in routes_of(api) if POLICY.get(route) is not Open.EVERYONE}
    unset = [f"{method} {path}" for method, path in sorted(routes - set(REACH))]
    assert unset == [], f"no cell in REACH (cloud/access/scope.py) says what people of some areas get of {unset}"
    named = ("{gateway}", "{alarm}", "{incident}", "{record}", "{letter}", "{evacuation}")
    loose = (Reach.COMMON, Reach.LISTED)
    listed = [key for key, reach in REACH.items() if reach in loose and any(n in key[1] for n in named)]
    assert listed == [], "a route that names a thing looks it up"


async def test_every_cell_of_the_matrix_is_as_it_says(
    people: dict[tuple[Role, str], httpx.AsyncClient], things: Things
) -> None:
    wrong = []
    for (method, template), rule in POLICY.items():
        if not isinstance(rule, Role) or (method, template) in (ENDLESS, LAST):
            continue
        path, query = things.path(template), QUERIES.get(template, {})
        for (role, area), client in people.items():
            if not _is_asked((method, template), rule, role, area):
                continue
            body: dict[str, str] | None = {} if method in ("POST", "PUT") else None
            answer = await client.request(method, path, params=query, json=body)
            fault = _fault(answer, (method, template), allows(rule, role), area, things)
            if fault:
                wrong.append((method, path, str(role), area, answer.status_code, fault))
    assert wrong == [], "\n".join(map(str, wrong))


def _is_asked(route: tuple[str, str], least: Role, role: Role, area: str) -> bool:
    """The least role that may, within all bounds; whatever role, for a thing of another area or sector.

    Who may not is refused before areas are looked at; test_access.py asks every route as every role.
    """
    if role is least:
        return True
    return role.includes(least) and area != HERE and reach_of(*route) is Reach.LOOKED_UP


def _fault(answer: httpx.Response, route: tuple[str, str], may: bool, area: str, things: Things) -> str:
    """What is wrong with a cell; empty = nothing."""
    reach, status = reach_of(*route), answer.status_code
    if status >= 500:
        return "broken"
    if not may:
        return "" if status == 403 and things.shown_in(answer) == [] else "the role is let in"
    if reach is Reach.PROVINCE:
        return "" if status == 403 and answer.headers["content-type"] else "the whole province's is shown"
    if area != HERE and route != CONTRACT and things.shown_in(answer) and not _is_refusal(answer):
        return f"tells of {things.shown_in(answer)}"
    if reach is Reach.LOOKED_UP and area != HERE and any(name in route[1] for name in REAL):
        return "" if status == 404 else "a thing of another area or sector is there"
    return "the own area is refused" if status in (401, 403) else ""


def _is_refusal(answer: httpx.Response) -> bool:
    """An answer that says only what was asked for: "There is no alarm 'x'."."""
    return answer.status_code in (404, 422)


async def test_what_a_body_or_a_query_names_lies_in_the_own_area_too(
    people: dict[tuple[Role, str], httpx.AsyncClient], things: Things, centre: FakeCentre
) -> None:
    elsewhere = people[Role.OPERATOR, ELSEWHERE]
    series = await elsewhere.get("/api/v1/series", params=QUERIES["/api/v1/series"])
    assert series.status_code == 404
    assert (await elsewhere.post("/api/v1/incidents", json={"alarms": [things.alarm]})).status_code == 422
    own = centre.raise_alarm(
        "II", at=centre.clock.now_ms(), severity=2, rule="own", gateway="gw-thac-ba", site="site-thac-ba"
    )
    incident = incident_of(centre, own)
    merged = await elsewhere.post(f"/api/v1/incidents/{incident}/merge", json={"into": things.incident})
    assert merged.status_code == 404
    joined = await elsewhere.post(f"/api/v1/incidents/{incident}/alarms", json={"alarms": [things.alarm]})
    assert joined.status_code == 422
    listed = (await elsewhere.get("/api/v1/alarms")).json()["items"]
    assert [each["id"] for each in listed if each["rule"] in ("own", "areas")] == [own.id]
    assert things.incident not in (await elsewhere.get("/api/v1/incidents")).text


async def test_many_at_once_leaves_alarms_of_other_areas_alone_and_their_shelves_unseen(
    people: dict[tuple[Role, str], httpx.AsyncClient], things: Things, centre: FakeCentre
) -> None:
    here, elsewhere = people[Role.OPERATOR, HERE], people[Role.OPERATOR, ELSEWHERE]
    own = centre.raise_alarm(
        "II", at=centre.clock.now_ms(), severity=2, rule="own", gateway="gw-thac-ba", site="site-thac-ba"
    )
    until = centre.clock.now_ms() + 3_600_000
    shelving = {"action": "shelve", "alarms": [things.alarm, own.id], "reason": "Đang thay cảm biến.", "until": until}
    answer = (await elsewhere.post("/api/v1/alarms/bulk", json=shelving)).json()
    assert [(each["id"], each["done"]) for each in answer["items"]] == [(things.alarm, False), (own.id, True)]
    assert (await here.post("/api/v1/alarms/bulk", json=shelving)).json()["done"] == 1
    for client, seen in ((here, things.alarm), (elsewhere, own.id)):
        assert [each["alarm"] for each in (await client.get("/api/v1/shelves")).json()["items"]] == [seen]
        silenced = (await client.get("/api/v1/alarms/silenced")).json()["items"]
        assert [each["id"] for each in silenced if each["kind"] == "shelved"] == [seen]


async def test_dead_letters_and_records_of_other_areas_are_not_there(
    people: dict[tuple[Role, str], httpx.AsyncClient], centre: FakeCentre
) -> None:
    here, elsewhere = people[Role.ENGINEER, HERE], people[Role.ENGINEER, ELSEWHERE]
    row = CommissioningRow("r1", GATEWAY, "", "", "", "passed", 1, 2, 3, None, 0, "", "", "")
    centre.state.commissioning.add(row, ())
    letter = (await here.get("/api/v1/dead-letters")).json()["items"][0]["id"]
    discard = {"reason": "Không phải của tôi."}
    assert (await here.get(f"/api/v1/dead-letters/{letter}")).status_code == 200
    assert [each["id"] for each in (await here.get("/api/v1/commissioning")).json()["items"]] == ["r1"]
    for path in ("/api/v1/dead-letters", "/api/v1/commissioning"):
        assert (await elsewhere.get(path)).json() == {"items": [], "next": None}
    for path in (f"/api/v1/dead-letters/{letter}", "/api/v1/commissioning/r1", "/api/v1/commissioning/r1/pdf"):
        assert (await elsewhere.get(path)).status_code == 404
    refused = await elsewhere.post(f"/api/v1/dead-letters/{letter}/discard", json=discard)
    assert refused.status_code == 404
    assert (await here.get(f"/api/v1/dead-letters/{letter}")).json()["letter"]["state"] == "open"


async def test_a_token_that_is_bound_to_areas_sees_no_more_than_people_of_them(
    api: FastAPI, centre: FakeCentre, things: Things
) -> None:
    secret, row = begin_token("commune", Role.ENGINEER, now=centre.clock.now_ms(), days=1)
    centre.state.put_secret(replace(row, areas=kept([ELSEWHERE])))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api),
        base_url="https://centre.test",
        headers={"Authorization": f"Bearer {secret}"},
    ) as program:
        assert (await program.get(f"/api/v1/alarms/{things.alarm}")).status_code == 404
        assert (await program.get(f"/api/v1/gateways/{GATEWAY}")).status_code == 404
        assert (await program.get("/api/v1/exports")).status_code == 403
        assert {each["area"] for each in (await program.get("/api/v1/sites")).json()["items"]} == {ELSEWHERE}


async def test_the_live_feed_tells_of_the_own_area_only(centre: FakeCentre) -> None:
    number = centre.hub.number
    centre.measure(GATEWAY, DEVICE, "level_m", 31.9)
    centre.measure("gw-thac-ba", "gauge-thac-ba", "level_m", 57.4)
    centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule="live")
    hub = ScopedCentre(centre, Scope(frozenset({ELSEWHERE}))).hub
    async with asyncio.timeout(20):
        async for changes in hub.subscribe(number):
            assert [each.body["gateway"] for each in changes] == ["gw-thac-ba"]
            break


async def test_an_incident_that_was_sent_to_the_own_area_is_seen_though_its_site_lies_elsewhere(
    people: dict[tuple[Role, str], httpx.AsyncClient], things: Things, centre: FakeCentre
) -> None:
    alarm = centre.raise_alarm("II", at=centre.clock.now_ms(), severity=2, rule="sent")
    facts = Facts(title="Hồ xả lũ", site=alarm.site, area=ELSEWHERE, severity=2, alarms=(alarm.id,))
    change = open_incident(Action("operator", centre.clock.now_ms(), facts=facts))
    centre.incidents.keep(change)
    seen = (await people[Role.OPERATOR, ELSEWHERE].get("/api/v1/incidents")).json()["items"]
    assert [each["id"] for each in seen] == [change.incidents[0].id]


def test_nothing_named_is_the_whole_province() -> None:
    assert scope_of("").is_whole
    assert scope_of(kept(["b", "a", "a"])) == Scope(frozenset({"a", "b"}))
    assert not scope_of("a").sees("")
    assert scope_of("", "health").cares_for(Sector.HEALTH)
    assert not scope_of("", "health").cares_for(Sector.TRAFFIC)
    assert not scope_of("", "health").is_whole
