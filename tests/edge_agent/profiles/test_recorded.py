"""Whatever somebody writes down as an answer: readings, or a sentence, and never a crash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.connector import EdgeError
from edge_agent.profiles.recorded import NotRecordedError, tell

PROFILES = load_catalogue()
OUR_OWN = ("derived", "interlock")
#  one model for each protocol: they are read by different rooms
ONE_OF_EACH = sorted({each.protocol: each.profile for each in PROFILES.profiles.values()}.items())
SPOKEN = [PROFILES[name] for protocol, name in ONE_OF_EACH if protocol not in OUR_OWN]
NAMES = [
    "input",
    "coil",
    "0",
    "1",
    "observed_at",
    "online",
    "fps",
    "topic",
    "payload",
    "object",
    "fCnt",
    "data",
    "time",
]
KEYS = st.sampled_from(NAMES) | st.text(max_size=8)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANSWERS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)


@pytest.mark.parametrize("profile", SPOKEN, ids=lambda profile: profile.protocol)
@settings(max_examples=40, deadline=None)  # the first answer of a room imports it
@given(raw=ANSWERS)
def test_any_answer_becomes_readings_or_a_sentence(profile: DeviceProfile, raw: object) -> None:
    try:
        told = tell(profile, raw)
    except EdgeError:
        return
    assert set(told.readings) <= {point.key for point in profile.points}
    assert all((reading.value is None) == reading.quality.startswith("bad:") for reading in told.readings.values())


def test_nobody_records_what_the_centre_works_out() -> None:
    with pytest.raises(NotRecordedError, match="worked out by the centre"):
        tell(PROFILES["index_flood_level"], {})
