"""Samples and happenings from messages."""

from __future__ import annotations

from device_profiles.load import load_catalogue
from edge_agent.connectors.onvif.report import OLDEST_MS, Standing, happenings, property_samples
from edge_agent.onvif.reading import Message

NOW = 1_725_926_400_000
PROFILE = load_catalogue()["onvif_camera"]


def motion(state: str, *, at_ms: int = NOW, operation: str = "Changed", source: str = "V1") -> Message:
    return Message("VideoSource/MotionAlarm", {"Source": source}, {"State": state}, at_ms, operation)


def kinds(told: list[Message], state: Standing) -> tuple[list[str], Standing]:
    found, state = happenings(PROFILE, "cam-1", state, told, offset_ms=0, now_ms=NOW)
    return [one.kind for one in found], state


def test_a_property_happens_when_it_begins_and_once_for_each_source() -> None:
    told, state = kinds([motion("true", operation="Initialized"), motion("true"), motion("1", source="V2")], Standing())
    assert told == ["motion", "motion"]
    told, state = kinds([motion("true")], state)
    assert told == []
    told, state = kinds([motion("false"), motion("true")], state)
    assert told == ["motion"]


def test_what_merely_happens_happens_each_time_and_has_an_id_of_its_own() -> None:
    crossed = Message("RuleEngine/LineDetector/Crossed", {"Rule": "gate"}, {"ObjectId": "7"}, NOW)
    found, _ = happenings(PROFILE, "cam-1", Standing(), [crossed, crossed], offset_ms=0, now_ms=NOW)
    assert [one.kind for one in found] == ["line_crossed", "line_crossed"]
    assert len({one.id for one in found}) == 2
    assert found[0].facts == {"Rule": "gate", "ObjectId": "7"}


def test_plates_and_faces_stay_at_the_camera() -> None:
    secrets = {"PlateNumber": "21A-123.45", "FaceId": "x", "PersonName": "y", "Likelihood": "0.9", "ObjectId": "7"}
    crossed = Message("RuleEngine/LineDetector/Crossed", {}, secrets, NOW)
    found, _ = happenings(PROFILE, "cam-1", Standing(), [crossed], offset_ms=0, now_ms=NOW)
    assert found[0].facts == {"ObjectId": "7"}


def test_the_cameras_time_is_put_right_and_a_time_that_cannot_be_is_now() -> None:
    told = [motion("true", at_ms=NOW - 2000 + 90_000), motion("false", at_ms=NOW + 90_000 + 1), motion("true", at_ms=0)]
    samples = property_samples(PROFILE, "cam-1", told, offset_ms=90_000, now_ms=NOW)
    assert [(one.value, one.observed_at) for one in samples] == [(True, NOW - 2000), (False, NOW), (True, NOW)]
    assert OLDEST_MS < NOW


def test_a_property_that_is_taken_back_or_makes_no_sense_is_unknown() -> None:
    told = [motion("true", operation="Deleted"), motion("perhaps"), Message("VideoSource/MotionAlarm", {}, {}, NOW)]
    samples = property_samples(PROFILE, "cam-1", told, offset_ms=0, now_ms=NOW)
    assert [(one.value, one.fault) for one in samples] == [(None, "missing"), (None, "type"), (None, "missing")]
