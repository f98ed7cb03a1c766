"""Rules over the API: read, checked, changed, refused with every fault at once, taken back, and never lost."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud.errors import StoreUnavailableError
from cloud.rule_files import RuleFiles
from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_rules import FLOOD, FLOOD_TESTS, PAPER, PAPER_TESTS, SILENCE

PATH = "/api/v1/rules"
FLOOD_PATH = f"{PATH}/flood_yen_bai"
Clients = dict[str, httpx.AsyncClient]
SECOND = FLOOD.replace("version = 1", "version = 2").replace("above = 30.00  # mét", "above = 30.10  # mét, cao hơn")
SECOND_TESTS = FLOOD_TESTS.replace("30.2]", "30.3]")
THIRD = SECOND.replace("version = 2", "version = 3")


@pytest.fixture
def engineer(clients: Clients) -> httpx.AsyncClient:
    return clients["engineer"]


@pytest.fixture
def folder(centre: FakeCentre) -> Path:
    return centre.sample_rules.folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def etag_of(client: httpx.AsyncClient, path: str = FLOOD_PATH) -> str:
    return (await client.get(path)).headers["etag"]


async def put(client: httpx.AsyncClient, text: str, tests: str, **headers: str) -> httpx.Response:
    body = {"text": text, "tests": tests, "comment": "theo công văn mới"}
    return await client.put(
        FLOOD_PATH, json=body, headers={name.replace("_", "-"): each for name, each in headers.items()}
    )


async def saved(client: httpx.AsyncClient, text: str = SECOND, tests: str = SECOND_TESTS) -> dict[str, Any]:
    answer = await put(client, text, tests, if_match=await etag_of(client))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_everybody_reads_the_list_and_finds_what_needs_care(clients: Clients, centre: FakeCentre) -> None:
    viewer = clients["viewer"]
    await centre.sample_rules.office.prove()
    centre.sample_rules.broken["silence"] = "ZeroDivisionError: division by zero"
    items = (await viewer.get(PATH)).json()["items"]
    assert [(each["id"], each["kind"], each["tests"], each["alarms_open"]) for each in items] == [
        ("flood_yen_bai", "threshold", "green", 1),
        ("paper", "threshold", "red", 1),
        ("silence", "stale", "none", 1),
    ]
    assert items[0]["levels"][1] == {
        "name": "II", "shown": {"vi": "II", "en": "II"}, "severity": 2,
        "side": "above", "threshold": 31.0, "clear": 30.95,
    }  # fmt: skip
    for query, wanted in (
        ({"state": "faulted"}, ["silence"]),
        ({"state": "red"}, ["paper"]),
        ({"state": "untested"}, ["silence"]),
        ({"state": "unconfirmed"}, ["paper", "silence"]),
        ({"q": "THAO báo"}, ["flood_yen_bai"]),
        ({"severity": "4"}, ["paper"]),
        ({"limit": "1"}, ["flood_yen_bai"]),
    ):
        found = (await viewer.get(PATH, params=query)).json()["items"]
        assert [each["id"] for each in found] == wanted, query


async def test_a_rule_is_shown_as_written_as_model_and_in_words(operator: httpx.AsyncClient) -> None:
    answer = await operator.get(FLOOD_PATH)
    rule = answer.json()
    assert rule["toml"] == FLOOD
    assert answer.headers["etag"] == f'"{rule["etag"]}"'
    assert rule["model"]["kind"]["levels"][0]["above"] == 30.0
    assert "Mức I (trung bình): từ 30 m trở lên, hết khi về 29,95 m." in rule["sentences"]["vi"]
    assert [(each["case"], each["fault"]) for each in rule["cases"]] == [("crosses_two_levels", ""), ("a_ripple", "")]


async def test_a_change_runs_at_once_and_keeps_comments_and_the_former_text(
    clients: Clients, centre: FakeCentre, folder: Path
) -> None:
    await centre.sample_rules.office.open()
    rule = await saved(clients["engineer"])
    assert (rule["version"], rule["toml"], rule["tests"]) == (2, SECOND, "green")
    assert (folder / "flood_yen_bai.toml").read_text("utf-8") == SECOND
    assert (folder / "flood_yen_bai.test.toml").read_text("utf-8") == SECOND_TESTS
    assert centre.sample_rules.installed[-1].rules["flood_yen_bai"].kind.level(1).threshold == 30.1
    assert [(each["version"], each["actor"], each["comment"], each["what"]) for each in rule["versions"]] == [
        (2, "program-engineer", "theo công văn mới", "saved"), (1, "file", "", "found"),
    ]  # fmt: skip
    former = (await clients["viewer"].get(f"{FLOOD_PATH}/versions/1")).json()
    assert former["toml"] == FLOOD
    assert "-above = 30.00  # mét" in former["difference"]
    assert "+above = 30.10  # mét, cao hơn" in former["difference"]
    audit = (await clients["admin"].get("/api/v1/audit")).json()["items"]
    assert (audit[0]["action"], audit[0]["target"]) == ("rule_save", "flood_yen_bai")


async def test_a_wrong_text_is_refused_with_every_fault_its_line_and_a_hint(
    engineer: httpx.AsyncClient, centre: FakeCentre, folder: Path
) -> None:
    wrong = FLOOD.replace('"level_m"', '"levl_m"').replace('unit = "m"', 'unit = "Cel"')
    wrong_tests = FLOOD_TESTS.replace("[0, 29.0]", '["noon", 29.0]', 1)
    answer = await put(engineer, wrong, wrong_tests, if_match=await etag_of(engineer))
    assert (answer.status_code, answer.json()["code"]) == (422, "rule_refused")
    found = [(each["file"], each["key"], each["line"], each["hint"]) for each in answer.json()["errors"]]
    assert ("flood_yen_bai.toml", "selector.point", 12, "did you mean 'level_m'?") in found
    assert any(each[0] == "flood_yen_bai.test.toml" and each[2] == 4 for each in found)
    assert centre.sample_rules.installed == []
    assert (folder / "flood_yen_bai.toml").read_text("utf-8") == FLOOD


@pytest.mark.parametrize(
    ("text", "tests", "key", "words"),
    [
        (FLOOD + "\n", FLOOD_TESTS, "version", "1 is not above 1"),
        (SECOND, "", "", "has no cases"),
        (
            SECOND,
            FLOOD_TESTS.replace("40 escalated II", "30 escalated II"),
            "case[crosses_two_levels].expect",
            "expect",
        ),
        (SECOND.replace('unit = "m"', 'unit = "Cel"'), SECOND_TESTS, "kind.unit", "Cel does not fit level_m"),
        (SECOND.replace('"flood_yen_bai"', '"other"'), SECOND_TESTS, "id", "not the name of the file"),
        ("x = " + "[" * 20_000, SECOND_TESTS, "", "nested too deeply"),
        (SECOND, SECOND_TESTS.replace("expect = []", "expect = []\nuntil = 900000"), "", "at most 50000"),
    ],
)
async def test_what_must_not_run_is_refused(
    engineer: httpx.AsyncClient, centre: FakeCentre, *, text: str, tests: str, key: str, words: str
) -> None:
    answer = await put(engineer, text, tests, if_match=await etag_of(engineer))
    assert answer.status_code == 422, answer.text
    assert any(each["key"] == key and words in each["reason"] for each in answer.json()["errors"]), answer.text
    assert centre.sample_rules.installed == []


async def test_checking_says_all_and_changes_nothing(engineer: httpx.AsyncClient, folder: Path) -> None:
    before = contents(folder)
    answer = await engineer.post(f"{PATH}/check", json={"text": SECOND, "tests": SECOND_TESTS})
    assert answer.json()["good"]
    assert [each["fault"] for each in answer.json()["cases"]] == ["", ""]
    assert "30,1 m" in answer.json()["sentences"]["vi"]
    wrong = (await engineer.post(f"{PATH}/check", json={"text": "id = ", "tests": "x = 1"})).json()
    assert not wrong["good"]
    assert {(each["file"], each["line"]) for each in wrong["faults"]} == {
        ("rule.toml", 1),
        ("rule.test.toml", 1),
        ("rule.test.toml", None),
    }
    assert contents(folder) == before


async def test_checking_notes_a_level_that_is_read_in_one_language_only(engineer: httpx.AsyncClient) -> None:
    text = SECOND.replace('name = "III"', 'name = "above the dyke"')
    told = (await engineer.post(f"{PATH}/check", json={"text": text, "tests": SECOND_TESTS})).json()
    (note,) = told["notes"]
    assert (told["good"], told["faults"]) == (True, [])
    assert note["key"] == "kind.levels[above the dyke]"
    assert text.splitlines()[note["line"]] == 'name = "above the dyke"', "its table begins a line before"
    assert 'add shown = { vi = "…", en = "above the dyke" }' in note["hint"]


async def test_two_people_do_not_overwrite_each_other(engineer: httpx.AsyncClient) -> None:
    seen = await etag_of(engineer)
    assert (await put(engineer, SECOND, SECOND_TESTS)).status_code == 428
    await saved(engineer)
    answer = await put(engineer, THIRD, SECOND_TESTS, if_match=seen)
    assert (answer.status_code, answer.json()["code"]) == (412, "changed")


async def test_tests_alone_may_change_without_a_new_version(engineer: httpx.AsyncClient) -> None:
    rule = await saved(engineer, FLOOD, FLOOD_TESTS + "\n# thêm ghi chú\n")
    assert rule["version"] == 1
    assert rule["tests_toml"].endswith("# thêm ghi chú\n")


async def test_a_new_rule_is_added_and_a_deleted_one_comes_back(
    engineer: httpx.AsyncClient, centre: FakeCentre, folder: Path
) -> None:
    path = f"{PATH}/paper_out"
    tests = PAPER_TESTS.replace("[10, 16.0]", "[10, 14.5]")
    body = {"text": PAPER.replace('"paper"', '"paper_out"'), "tests": tests}
    assert (await engineer.put(path, json=body)).status_code == 201
    etag = await etag_of(engineer, path)
    assert (await engineer.delete(path, headers={"If-Match": etag})).status_code == 204
    assert (await engineer.get(path)).status_code == 404
    assert not (folder / "paper_out.test.toml").exists()
    assert "paper_out" not in centre.sample_rules.installed[-1].rules
    again = await engineer.put(path, json=body)
    assert "1 is not above 1" in again.text
    restored = await engineer.post(f"{path}/restore/1", json={"comment": "xóa nhầm"})
    assert (restored.status_code, restored.json()["version"]) == (200, 2)
    assert restored.json()["tests"] == "green"
    versions = (await engineer.get(f"{path}/versions")).json()["items"]
    assert [each["what"] for each in versions] == ["restored", "deleted", "saved"]


async def test_a_former_version_comes_back_under_a_new_number(engineer: httpx.AsyncClient, centre: FakeCentre) -> None:
    await centre.sample_rules.office.open()
    await saved(engineer)
    answer = await engineer.post(f"{FLOOD_PATH}/restore/1", json={}, headers={"If-Match": await etag_of(engineer)})
    assert answer.json()["toml"] == FLOOD.replace("version = 1", "version = 3")
    unknown = await engineer.post(f"{FLOOD_PATH}/restore/9", json={}, headers={"If-Match": await etag_of(engineer)})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", FLOOD_PATH), ("DELETE", FLOOD_PATH), ("POST", f"{FLOOD_PATH}/restore/1"), ("POST", f"{PATH}/check")],
)
async def test_operators_read_and_engineers_change(operator: httpx.AsyncClient, method: str, path: str) -> None:
    assert (await operator.request(method, path, json={"text": "", "tests": ""})).status_code == 403


async def test_wrong_files_are_told_and_what_runs_goes_on(
    clients: Clients, stranger: httpx.AsyncClient, centre: FakeCentre, folder: Path
) -> None:
    await centre.sample_rules.office.open()
    (folder / "silence.toml").write_text(SILENCE.replace("after_s", "after"), encoding="utf-8")
    await centre.sample_rules.office.reload()
    listed = (await clients["viewer"].get(PATH)).json()
    assert len(listed["items"]) == 3
    assert {(each["file"], each["key"]) for each in listed["faults"]} == {
        ("silence.toml", "kind.levels[1].after_s"), ("silence.toml", "kind.levels[1].after"),
    }  # fmt: skip
    assert (await clients["viewer"].get(f"{PATH}/silence")).json()["differs"]
    centre.broken["rules"] = centre.sample_rules.office.fault()
    assert (await stranger.get("/healthz")).json() == {
        "status": "degraded", "parts": {"broker": True, "store": True, "state": True, "rules": False},
    }  # fmt: skip
    known = (await clients["viewer"].get("/healthz")).json()
    assert "silence.toml: kind.levels[1].after_s: is missing" in known["reasons"]["rules"]
    await saved(clients["engineer"])
    assert len((await clients["viewer"].get(PATH)).json()["faults"]) == 2
    (folder / "silence.toml").write_text(SILENCE, encoding="utf-8")
    await centre.sample_rules.office.reload()
    assert (await clients["viewer"].get(PATH)).json()["faults"] == []


class ReadOnlyFiles(RuleFiles):
    """A folder on a disk that is mounted read-only."""

    def write(self, rule: str, sheet: object) -> None:
        """Refuses, as the system does."""
        raise self._refusal(OSError(errno.EROFS, "Read-only file system"))


async def test_a_read_only_folder_is_said_with_how_to_mend_it(
    engineer: httpx.AsyncClient, centre: FakeCentre, folder: Path
) -> None:
    centre.sample_rules.opened_again(ReadOnlyFiles(folder))
    answer = await put(engineer, SECOND, SECOND_TESTS, if_match=await etag_of(engineer))
    assert answer.status_code == 409
    assert "ReadWritePaths=" in answer.json()["detail"]
    assert [each["what"] for each in (await engineer.get(FLOOD_PATH)).json()["versions"]] == ["found"]


async def test_a_judge_that_cannot_go_on_leaves_files_and_versions_as_they_were(
    engineer: httpx.AsyncClient, centre: FakeCentre, folder: Path
) -> None:
    centre.sample_rules.refuse = StoreUnavailableError("the state database is not available")
    answer = await put(engineer, SECOND, SECOND_TESTS, if_match=await etag_of(engineer))
    assert answer.status_code == 503
    assert (folder / "flood_yen_bai.toml").read_text("utf-8") == FLOOD
    assert (folder / "flood_yen_bai.test.toml").read_text("utf-8") == FLOOD_TESTS
    assert [each["what"] for each in (await engineer.get(FLOOD_PATH)).json()["versions"]] == ["found"]
    centre.sample_rules.refuse = None
    assert (await saved(engineer))["version"] == 2
