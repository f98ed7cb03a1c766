"""Keeps the reports that were made, one file for each month, so that they outlive the readings that they came from."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from cloud.errors import CloudError
from cloud.reports.collect import MonthlyReport
from cloud.reports.month import Month, month_of
from cloud.reports.trend import months_until

log = logging.getLogger(__name__)

FOLDER: Final = "reports"
_NAME: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])\.json")
_REPORT: Final = TypeAdapter(MonthlyReport)


class UnreadableReportError(CloudError):
    """The file of a report is damaged, or another version wrote it."""


class ReportShelf:
    """The kept reports of one centre, in its data folder; without a folder there are none."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def put(self, report: MonthlyReport) -> None:
        """Keeps a report; one of the same month gives way."""
        path = self._path(report.month)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_bytes(_REPORT.dump_json(report))
        draft.replace(path)

    def months(self) -> list[Month]:
        """Which months are kept, newest first."""
        return sorted(_months(each.name for each in self._entries()), key=str, reverse=True)

    def report(self, month: Month) -> MonthlyReport | None:
        """The report of a month, if it was made; UnreadableReportError when its file is no report."""
        if self._folder is None:
            return None
        path = self._path(month)
        try:
            return _REPORT.validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValidationError, OSError) as error:
            raise UnreadableReportError(f"{path.name}: is no report that this version can read") from error

    def earlier(self, month: Month) -> dict[Month, MonthlyReport]:
        """The kept reports of the eleven months before; one that cannot be read is left out, and told in the log."""
        found = {}
        for each in months_until(month)[:-1]:
            try:
                report = self.report(each)
            except UnreadableReportError as error:
                log.warning("earlier report left out", extra={"month": str(each), "error": str(error)})
                continue
            if report is not None:
                found[each] = report
        return found

    def _entries(self) -> Iterable[Path]:
        return self._folder.iterdir() if self._folder is not None and self._folder.is_dir() else ()

    def _path(self, month: Month) -> Path:
        if self._folder is None:
            raise CloudError("no folder for reports is configured")
        return self._folder / f"{month}.json"


def _months(names: Iterable[str]) -> Iterable[Month]:
    return (month_of(name.removesuffix(".json")) for name in names if _NAME.fullmatch(name))
