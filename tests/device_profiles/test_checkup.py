"""A check-up says what is wrong, what to do next, and skips what cannot be known."""

from __future__ import annotations

import asyncio

from device_profiles.checkup import (
    Check,
    Finding,
    as_document,
    check_up,
    error,
    exit_code,
    in_words,
    ok,
    summary,
    warning,
)
from device_profiles.schema import Text

SAID, STEP = Text(vi="Không ổn.", en="It is not well."), Text(vi="Sửa.", en="Mend it.")


def answering(key: str, finding: Finding, *needs: str) -> Check:
    """A check that finds this."""

    async def run() -> Finding:
        return finding

    return Check(key, Text(vi=f"mục {key}", en=f"the {key}"), run, needs)


WELL = ok("Tốt.", "Well.")


async def test_what_stands_on_a_failure_is_skipped_and_names_the_first_cause() -> None:
    checks = [
        answering("file", WELL),
        answering("name", error("dns", SAID, STEP, host="mqtt"), "file"),
        answering("port", WELL, "name"),
        answering("login", WELL, "port"),
        answering("disk", warning("low", SAID, STEP)),
    ]
    reports = [report async for report in check_up(checks)]
    assert [report.finding.status for report in reports] == ["ok", "error", "skipped", "skipped", "warning"]
    assert in_words(reports[3], "en") == [" 4 – the login: skipped because 2 failed"]
    assert in_words(reports[1], "vi") == [" 2 ✗ mục name: Không ổn.", "     → Sửa."]
    assert summary(reports, "en") == "1 ok, 1 warning, 1 error, 2 skipped"
    document = as_document(reports)
    assert document["exit"] == exit_code(reports) == 2
    assert document["checks"][1]["cause"] == "dns"  # type: ignore[index]


async def test_the_exit_code_is_that_of_the_gravest_finding() -> None:
    assert exit_code([report async for report in check_up([answering("a", WELL)])]) == 0
    both = [answering("a", WELL), answering("b", warning("low", SAID, STEP))]
    assert exit_code([report async for report in check_up(both)]) == 1


async def test_a_check_that_hangs_is_an_error_and_the_others_go_on() -> None:
    async def hang() -> Finding:
        await asyncio.Event().wait()
        return WELL

    checks = [Check("slow", SAID, hang), answering("disk", WELL)]
    reports = [report async for report in check_up(checks, within_s=0.01)]
    assert [(report.finding.status, report.finding.cause) for report in reports] == [("error", "too_long"), ("ok", "")]
