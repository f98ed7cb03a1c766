"""Reports that were made are listed, shown, printed and given as a table; those of nobody are not found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.cloud.api.fake_centre import FakeCentre
from tests.cloud.api.sample_report import COMING, SHA256, add_report

Clients = dict[str, httpx.AsyncClient]
REPORTS = "/api/v1/reports"


@pytest.fixture
def viewer(clients: Clients, centre: FakeCentre, tmp_path: Path) -> httpx.AsyncClient:
    """Somebody who may read, at a centre that made the report of June."""
    add_report(centre, tmp_path)
    (tmp_path / "2026-05.json").write_text("{}", encoding="utf-8")  # another version wrote it
    return clients["viewer"]


async def test_a_report_is_listed_with_its_verdicts_and_shown_with_its_definitions(viewer: httpx.AsyncClient) -> None:
    (listed,) = (await viewer.get(REPORTS)).json()["items"]
    assert (listed["month"], listed["met"], listed["missed"], listed["sha256"]) == ("2026-06", 7, 6, SHA256)
    found = (await viewer.get(f"{REPORTS}/2026-06")).json()
    fridges = next(each for each in found["indicators"] if each["definition"]["id"] == "fridges_in_range")
    assert (fridges["now"]["value"], fridges["definition"]["target"], fridges["verdict"]) == (99.86, 100.0, "missed")
    assert fridges["ledger"]["stored_pct"] == pytest.approx(99.954, abs=0.001)
    assert found["modules"][0]["now"]["vnd_per_device"] == 1_250_000
    repair = next(each for each in found["reactions"] if each["definition"]["id"] == "repair_lights")
    assert (repair["now"]["value"], repair["definition"]["target"], repair["verdict"]) == (51.0, 48.0, "missed")
    assert (found["months"][0], found["months"][-1]) == ("2025-07", "2026-06")
    assert (fridges["trend"][0], fridges["trend"][-1], len(fridges["trend"])) == (None, 99.86, 12)
    assert all(each["reason"]["vi"] for each in found["pending"])


async def test_it_is_given_on_paper_and_as_a_table(viewer: httpx.AsyncClient) -> None:
    paper = await viewer.get(f"{REPORTS}/2026-06/pdf", params={"language": "en"})
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    table = await viewer.get(f"{REPORTS}/2026-06/csv")
    assert table.content.startswith("\ufeffmonth,kind,indicator".encode())
    assert 'filename="report-2026-06.csv"' in table.headers["content-disposition"]


async def test_months_without_a_report_are_not_found(viewer: httpx.AsyncClient) -> None:
    for month, status in (("2026-04", 404), ("2026-05", 404), ("2026-13", 422)):
        for more in ("", "/pdf", "/csv"):
            assert (await viewer.get(f"{REPORTS}/{month}{more}")).status_code == status, month + more


@pytest.mark.parametrize(("language", "missed"), [("vi", "▲ Không đạt"), ("en", "▲ Missed")])
async def test_the_page_says_verdicts_in_words_and_never_rounds_up_to_a_target(
    viewer: httpx.AsyncClient, language: str, missed: str
) -> None:
    viewer.cookies.set("thacba_language", language)
    page = (await viewer.get("/reports/2026-06")).text
    assert page.count(missed) > 4
    cameras = page[page.index('id="op_cameras"') :]
    assert ("99,46 %" if language == "vi" else "99.46 %") in cameras
    assert {"vi": "07/2025 Không có dữ liệu", "en": "07/2025 No data"}[language] in cameras  # the line in words
    listed = (await viewer.get("/reports")).text
    assert "06/2026" in listed


@pytest.mark.parametrize(
    ("language", "coming", "failed"),
    [("vi", "tự lập báo cáo tháng 07/2026 lúc", "▲ Chưa lập được"), ("en", "07/2026 by itself on", "▲ The report for")],
)
async def test_the_page_says_when_the_next_report_comes_and_why_one_failed(
    viewer: httpx.AsyncClient, centre: FakeCentre, language: str, coming: str, failed: str
) -> None:
    viewer.cookies.set("thacba_language", language)
    page = (await viewer.get("/reports")).text
    assert coming in page
    assert "01/08/2026 03:00" in page
    assert (await viewer.get(f"{REPORTS}/next")).json() == {
        "month": "2026-07", "at": COMING.at, "trouble": "", "tried_at": None,
    }  # fmt: skip
    trouble = replace(COMING, trouble="the store does not answer", tried_at=COMING.at + 60_000)
    centre.settings = replace(centre.settings, coming_report=lambda: trouble)
    page = (await viewer.get("/reports")).text
    assert failed in page
    assert "the store does not answer" in page
