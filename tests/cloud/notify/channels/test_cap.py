"""The CAP channel: valid messages, the right order of Alert, Update, Cancel, and a folder that survives power cuts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cloud.notify.channels.cap.channel import Cap
from cloud.notify.channels.cap.config import CapConfig
from cloud.notify.channels.cap.message import message_of, severity_of, xml_of
from cloud.notify.content import NoticeContent, NoticeKind, Words
from cloud.notify.notifier import NoticeLinkError
from cloud.notify.registry import build_channel
from tests.cloud.notify.channels.cap_rules import checked, text
from tests.cloud.notify.contents import AT, CONTENT, VERY_LOW, content
from tests.fakes import ManualClock

ATOM = "{http://www.w3.org/2005/Atom}"
SENDER = "ioc.example.vn"


def config(folder: Path, **more: object) -> CapConfig:
    """A folder of messages."""
    return CapConfig.model_validate({"kind": "cap", "name": "cap", "folder": str(folder), "sender": SENDER} | more)


def step(number: int, **changes: object) -> NoticeContent:
    """A change of the alarm, so many minutes after the first."""
    return content(**({"key": f"alarm-1:{number}", "received_at": AT + number * 60_000} | changes))


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def alerts(folder: Path) -> list[ET.Element]:
    """The valid messages in a folder, the oldest first."""
    return [checked(path.read_bytes()) for path in sorted(folder.glob("*.xml"))]


def feed(folder: Path) -> list[tuple[str, str]]:
    """Kind and file of each entry of the feed."""
    root = ET.fromstring((folder / "feed.atom").read_bytes())  # noqa: S314 -- our own feed
    return [
        (entry.find(f"{ATOM}category").get("term"), entry.find(f"{ATOM}link").get("href"))  # type: ignore[union-attr]
        for entry in root.iter(f"{ATOM}entry")
    ]


def channel(wanted: CapConfig, *, now: int = AT) -> Cap:
    """The channel of a centre that has just started."""
    return Cap(wanted, places={"yen-bai": (21.717, 104.899)}, clock=ManualClock(now))


async def test_an_alarm_is_an_alert_then_updates_then_a_cancel_across_restarts(tmp_path: Path) -> None:
    wanted = config(tmp_path / "cap", base_url="https://ioc.example.vn/cap/")
    for number, changes in enumerate(({"level": "II", "severity": 2}, {}, {"kind": "cleared"})):
        await channel(wanted).send(step(number, **changes))
    first, second, third = alerts(tmp_path / "cap")
    assert [text(alert, "msgType") for alert in (first, second, third)] == ["Alert", "Update", "Cancel"]
    assert [text(alert, "sent") for alert in (first, third)] == [
        "2024-09-10T07:00:00+07:00",
        "2024-09-10T07:02:00+07:00",
    ]
    known = [f"{SENDER},{text(alert, 'identifier')},{text(alert, 'sent')}" for alert in (first, second)]
    assert text(second, "references").split() == known[:1]
    assert text(third, "references").split() == known
    assert text(third, "info/responseType") == "AllClear"
    assert text(third, "info/urgency") == "Past"
    entries = feed(tmp_path / "cap")
    assert [kind for kind, _ in entries] == ["Cancel", "Update", "Alert"]
    for _, href in entries:
        assert (tmp_path / "cap" / href.removeprefix("https://ioc.example.vn/cap/")).exists()
    await channel(wanted).send(step(3))
    assert text(alerts(tmp_path / "cap")[-1], "msgType") == "Alert", "it begins anew"


async def test_it_says_in_two_languages_that_it_is_an_internal_warning(tmp_path: Path) -> None:
    await channel(config(tmp_path, sender_name="IOC", contact="0216")).send(CONTENT)
    (alert,) = alerts(tmp_path)
    vi, en = alert.iter("{urn:oasis:names:tc:emergency:cap:1.2}info")
    assert (text(vi, "language"), text(en, "language")) == ("vi-VN", "en-US")
    assert text(vi, "headline") == "Cảnh báo kỹ thuật nội bộ: Sông Thao vượt báo động III"
    assert text(en, "headline") == "Internal technical warning: River Thao above alarm level III"
    assert "không phải bản tin dự báo" in text(alert, "note")
    assert "not an official forecast" in text(alert, "note")
    assert (text(vi, "category"), text(vi, "severity"), text(vi, "urgency")) == ("Met", "Extreme", "Immediate")
    assert text(vi, "area/circle") == "21.71700,104.89900 5"
    assert text(vi, "expires") == "2024-09-10T13:00:02+07:00"
    assert "33,98 m" in text(vi, "description")
    assert text(en, "web") == "https://ioc.example/alarms/alarm-1"
    assert (text(alert, "status"), text(alert, "scope")) == ("Actual", "Restricted")


async def test_the_level_is_told_in_the_language_of_each_part_and_kept_under_its_name(tmp_path: Path) -> None:
    await channel(config(tmp_path)).send(content(level="very low", level_shown=VERY_LOW))
    (alert,) = alerts(tmp_path)
    vi, en = alert.iter("{urn:oasis:names:tc:emergency:cap:1.2}info")
    assert "cấp rất thấp;" in text(vi, "description")
    assert "level very low;" in text(en, "description")
    assert [part.findall("{*}parameter/{*}value")[1].text for part in (vi, en)] == ["very low", "very low"]


@pytest.mark.parametrize(
    ("changes", "severity"),
    [
        ({"severity": 3, "level": "I", "value": 30.1, "threshold": 30.0}, "Minor"),
        ({"severity": 2, "level": "II", "value": 33.1, "threshold": 31.0}, "Moderate"),
        ({"value": 32.99}, "Severe"),
        ({"value": 33.0}, "Extreme"),
        ({"value": None}, "Severe"),
        ({"rule": "fire_alarm", "value": 99.0}, "Severe"),
        ({"unit": "mm", "value": 99.0}, "Severe"),
    ],
)
def test_severities_follow_the_flood_levels(changes: dict[str, object], severity: str, tmp_path: Path) -> None:
    assert severity_of(content(**changes), config(tmp_path)) == severity


async def test_a_notice_that_comes_again_changes_nothing_and_mends_the_feed(tmp_path: Path) -> None:
    for changes in ({}, {"kind": "cleared", "key": "end", "received_at": AT + 60_000}):
        await channel(config(tmp_path)).send(content(**changes))
        before = files(tmp_path)
        (tmp_path / "feed.atom").unlink()
        (tmp_path / ".half.xml.unfinished").write_bytes(b"<alert")
        await channel(config(tmp_path)).send(content(**changes))
        assert files(tmp_path) == before


async def test_what_comes_late_replaces_nothing_newer(tmp_path: Path) -> None:
    publisher = channel(config(tmp_path))
    await publisher.send(step(2, kind="cleared"))
    assert not files(tmp_path), "nothing was published that could be cancelled"
    await publisher.send(step(5))
    await publisher.send(step(4, level="II"))
    await publisher.send(step(6, kind="cleared"))
    await publisher.send(step(3, level="I"))
    assert [text(alert, "msgType") for alert in alerts(tmp_path)] == ["Alert", "Cancel"]


async def test_what_people_do_about_an_alarm_is_no_change_of_it(tmp_path: Path) -> None:
    publisher = channel(config(tmp_path))
    await publisher.send(step(0))
    await publisher.send(step(1, kind="escalated"))
    await publisher.send(step(2, kind="flapping"))
    assert [text(alert, "msgType") for alert in alerts(tmp_path)] == ["Alert", "Update"]


async def test_old_messages_are_forgotten_and_strange_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.xml").write_text("mine")
    (tmp_path / f"20240101T000000-{'a' * 16}-{'b' * 16}.xml").write_text("<broken")
    wanted = config(tmp_path, keep_days=2, feed_entries=2)
    clock = ManualClock(AT)
    publisher = Cap(wanted, clock=clock)
    for number in range(4):
        await publisher.send(content(alarm=f"alarm-{number}", key=f"{number}", received_at=clock.now_ms()))
        await clock.advance(timedelta(days=1).total_seconds())
    days = sorted(name[:8] for name in files(tmp_path) if name.startswith("2024"))
    assert days == ["20240101", "20240911", "20240912", "20240913"]
    assert len(feed(tmp_path)) == 2
    assert files(tmp_path)["notes.xml"] == b"mine"


async def test_tests_and_exercises_say_so(tmp_path: Path) -> None:
    await channel(config(tmp_path / "a")).send(content(kind="test"))
    await channel(config(tmp_path / "b", status="Exercise", scope="Private", addresses=["So TNMT", "bch"])).send(
        CONTENT
    )
    (test,), (exercise,) = alerts(tmp_path / "a"), alerts(tmp_path / "b")
    assert text(test, "status") == "Test"
    assert text(test, "note").startswith("THỬ NGHIỆM")
    assert text(exercise, "status") == "Exercise"
    assert text(exercise, "addresses") == '"So TNMT" bch'


async def test_areas_may_be_configured(tmp_path: Path) -> None:
    polygon = "21.7,104.8 21.8,104.8 21.8,104.9 21.7,104.8"
    area = {"description": {"vi": "Ven sông", "en": "Riverside"}, "polygons": [polygon], "geocodes": {"GSO": "132"}}
    await channel(config(tmp_path, areas={"yen-bai": area})).send(CONTENT)
    await channel(config(tmp_path)).send(content(site="@all", alarm="alarm-2", key="2"))
    by_alarm = {text(alert, "info/parameter/value"): alert for alert in alerts(tmp_path)}
    known, unknown = by_alarm["alarm-1"], by_alarm["alarm-2"]
    assert text(known, "info/area/areaDesc") == "Ven sông"
    assert text(known, "info/area/polygon") == polygon
    assert text(known, "info/area/geocode/value") == "132"
    assert not text(known, "info/area/circle")
    assert text(unknown, "info/area/areaDesc") == "Trạm Yên Bái"
    assert not text(unknown, "info/area/circle")


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    publisher = build_channel(
        config(tmp_path / "file" / "cap", keep_days=3650), places={"yen-bai": (21.7, 104.9)}
    ).notifier
    with pytest.raises(NoticeLinkError, match="Not a directory"):
        await publisher.send(CONTENT)
    (tmp_path / "file").unlink()
    await publisher.send(CONTENT)
    assert len(alerts(tmp_path / "file" / "cap")) == 1
    await publisher.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "two words"}, {"sender": "a,b"}, {"scope": "Private"}, {"restriction": ""},
        {"severities": {"1": "Minor"}}, {"base_url": "ftp://x"},
        {"areas": {"a": {"polygons": ["1,2 3,4 5,6 7,8"]}}}, {"areas": {"a": {"circles": ["1 2 3"]}}},
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        config(tmp_path, **wrong)


@given(
    words=st.text(max_size=300),
    kind=st.sampled_from(get_args(NoticeKind)),
    severity=st.integers(1, 4),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False, width=32),
    at=st.integers(0, 4_000_000_000_000),
    rest=st.lists(st.text(max_size=30), max_size=3),
)
def test_whatever_a_notice_says_its_message_is_valid(
    words: str, kind: NoticeKind, severity: int, value: float | None, at: int, rest: list[str]
) -> None:
    wanted = config(Path("cap"))
    said = Words(f"x{words}", f"x{words}")
    notice = content(kind=kind, severity=severity, value=value, received_at=at, text=said, instruction=said,
                     site_name=said, rest=tuple(rest), count=1 + len(rest))  # fmt: skip
    first = message_of(content(received_at=0), (), wanted)
    assert first is not None
    history = [first] if at >= 1000 and kind != "test" else []
    message = message_of(notice, history, wanted)
    if message is None:
        assert kind in ("cleared", "escalated")
        return
    alert = checked(xml_of(message, notice, wanted, replaced=history, place=(21.0, 104.0)))
    sent = datetime.fromisoformat(text(alert, "sent"))
    assert sent < datetime.fromisoformat(text(alert, "info/expires"))
    assert len(text(alert, "info/headline")) <= 160
