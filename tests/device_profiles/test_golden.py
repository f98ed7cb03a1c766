"""Each device model against a recorded answer: raw registers and documents must become these very readings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from device_profiles.load import load_catalogue
from edge_agent.profiles.recorded import tell
from edge_agent.sampling.reading import Reading

GOLDEN = Path(__file__).parent.parent / "golden" / "profiles"
CASES = sorted(GOLDEN.glob("*.json"))
PROFILES = load_catalogue().profiles
OUR_OWN = ("derived", "interlock")  # no device answers with these: what they say is tested where they are made


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_recorded_answer_becomes_these_readings(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    profile = PROFILES[path.stem.partition(".")[0]]
    assert len(case["source"]) > 10, "says where the answer comes from"
    told = tell(profile, case["raw"])
    expected: Mapping[str, object] = case["readings"]
    assert {point.key for point in profile.points} == set(expected), "every point of the model, and nothing else"
    assert {key: _as_written(told.readings.get(key), wanted) for key, wanted in expected.items()} == expected
    happened = [{"kind": each.kind, "facts": dict(each.facts)} for each in told.happenings]
    assert happened == case.get("events", [])


def test_every_model_has_a_recorded_answer() -> None:
    answered = {path.stem for path in CASES}
    assert {name for name, profile in PROFILES.items() if profile.protocol not in OUR_OWN} <= answered


def _as_written(reading: Reading | None, wanted: object) -> object:
    """The reading as a case writes it down."""
    if reading is None:
        return None
    if not reading.quality:
        return reading.value
    word, _, reason = reading.quality.partition(":")
    with_value = isinstance(wanted, dict) and "value" in wanted
    return {word: reason} | ({"value": reading.value} if with_value else {})
