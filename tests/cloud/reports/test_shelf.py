"""Kept reports stay readable when newer versions tell more."""

from __future__ import annotations

import json
from pathlib import Path

from cloud.reports.shelf import ReportShelf
from cloud.reports.table import as_csv
from tests.cloud.api.sample_report import JUNE, sample_report


def test_a_report_of_before_trends_and_reactions_is_still_read(tmp_path: Path) -> None:
    shelf = ReportShelf(tmp_path)
    shelf.put(sample_report())
    assert shelf.report(JUNE) == sample_report()
    path = tmp_path / "2026-06.json"
    old = json.loads(path.read_text(encoding="utf-8"))
    del old["reactions"]
    for line in (*old["lines"], *old["modules"]):
        del line["trend"]
    path.write_text(json.dumps(old), encoding="utf-8")
    found = shelf.report(JUNE)
    assert found is not None
    assert (len(found.lines), found.reactions, found.lines[0].trend) == (len(sample_report().lines), (), ())
    assert "camera_online" in as_csv(found)
