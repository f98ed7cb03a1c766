"""Who may come in, what every answer wears, and what a phone may keep."""

from __future__ import annotations

import re

from edge_agent.page.access import FREE_TRIES
from tests.edge_agent.page.rig import Rig

ANYTHING = b"anything"


async def test_a_stranger_sees_nothing_but_the_door(rig: Rig) -> None:
    for path in ("/", "/join", "/devices", "/values", "/checks", "/finish", "/done"):
        answer = await rig.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?back={path}")
    for path in ("/part/status", "/part/values", "/part/search", "/part/join", "/files/" + "0" * 64):
        assert (await rig.client.get(path)).status_code == 401
    for path in ("/join", "/devices", "/devices/hand", "/devices/remove", "/checks", "/finish", "/restart"):
        assert (await rig.client.post(path)).status_code == 303
    assert (await rig.client.post("/files/photo", content=ANYTHING)).status_code == 401
    assert rig.agent.asked == []


async def test_the_door_tells_a_wrong_code_from_too_many(rig: Rig) -> None:
    for _ in range(FREE_TRIES - 1):
        answer = await rig.client.post("/login", data={"code": "00"})
        assert answer.status_code == 403
    assert "Mã không đúng" in answer.text
    answer = await rig.client.post("/login", data={"code": "00"})
    assert answer.status_code == 429
    assert "Đợi 1 phút" in answer.text
    assert (await rig.client.post("/login", data={"code": rig.code})).status_code == 429


async def test_the_session_lives_in_a_cookie_that_other_sites_cannot_use(rig: Rig) -> None:
    answer = await rig.client.post("/login", data={"code": rig.code, "back": "//evil.example"})
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    foreign = await rig.client.post("/restart", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    own = await rig.client.post("/restart", headers={"Origin": "http://thacba.local:8090"})
    assert own.status_code == 303
    await rig.client.post("/leave")
    assert (await rig.client.get("/")).status_code == 303


async def test_every_answer_wears_the_shield(inside: Rig) -> None:
    for path in ("/", "/login", "/nowhere", "/static/style.css", "/part/status"):
        headers = (await inside.client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
    large = await inside.client.post("/checks", content=b"x" * 200_000)
    assert large.status_code == 413
    assert (await inside.client.get("/nowhere")).status_code == 404


async def test_the_page_speaks_english_too(inside: Rig) -> None:
    await inside.client.get("/preferences?language=en&back=/")
    inside.agent.link = {"up": False, "fault": "dns"}
    text = await inside.see("/")
    assert '<html lang="en"' in text
    assert "The name of the centre&#39;s server is not found." in text


async def test_the_page_can_be_installed(rig: Rig) -> None:
    manifest = (await rig.client.get("/manifest.webmanifest")).json()
    assert manifest["display"] == "standalone"
    for icon in manifest["icons"]:
        assert (await rig.client.get(icon["src"])).headers["content-type"] == "image/png"
    worker = await rig.client.get("/worker.js")
    for path in re.findall(r'"(/[a-z0-9./_-]+)"', worker.text):
        assert (await rig.client.get(path)).status_code == 200, path
