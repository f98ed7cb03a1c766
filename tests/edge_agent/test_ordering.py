"""Orders against what a profile allows, the words of devices, and whether a device shows what it was told."""

from __future__ import annotations

import pytest

from device_profiles.load import parse_profile
from device_profiles.schema import DeviceProfile, PointType
from device_profiles.writing import Write
from edge_agent.connector import CommandError, Scalar
from edge_agent.ordering import ordered, shows
from edge_agent.worded import meaning, wording

LAMP = """
profile = "lamp"
name = { vi = "Đèn", en = "Lamp" }
vendor = "generic"
model = "test"
sector = "urban"
protocol = "mqtt_json"
period_s = 60
owner = "test"
source = "test"
points = [{ key = "dim", name = { vi = "a", en = "a" }, source = { topic = "{name}" } }]

[[commands]]
verb = "set_dim"
name = { vi = "a", en = "a" }
arguments = ["dim"]
write = { source = { topic = "{name}/set" }, minimum = 0.0, maximum = 100.0, tolerance = 1.0 }

[[commands]]
verb = "off"
name = { vi = "a", en = "a" }
write = { source = { topic = "{name}/set" }, value = 0 }

[[commands]]
verb = "mode"
name = { vi = "a", en = "a" }
arguments = ["mode"]
write = { source = { topic = "{name}/set" }, allowed = ["auto", 1] }

[[commands]]
verb = "reboot"
name = { vi = "a", en = "a" }
"""


@pytest.fixture(scope="module")
def lamp() -> DeviceProfile:
    return parse_profile(LAMP)


@pytest.mark.parametrize(
    ("verb", "arguments", "expected"),
    [("set_dim", {"dim": 40}, 40), ("off", {}, 0), ("mode", {"mode": "auto"}, "auto"), ("mode", {"mode": 1}, 1)],
)
def test_an_order_within_the_limits_gives_its_value(
    lamp: DeviceProfile, verb: str, arguments: dict[str, Scalar], expected: Scalar
) -> None:
    assert ordered(lamp, verb, arguments)[1] == expected


@pytest.mark.parametrize(
    ("verb", "arguments", "reason"),
    [
        ("set_dim", {"dim": 101}, "0 to 100"),
        ("set_dim", {"dim": float("nan")}, "0 to 100"),
        ("set_dim", {"dim": True}, "0 to 100"),
        ("set_dim", {"dim": "50"}, "0 to 100"),
        ("set_dim", {}, "takes: dim"),
        ("off", {"dim": 1}, "no arguments"),
        ("mode", {"mode": True}, "'auto' or 1"),
        ("reboot", {}, "does not know"),
        ("explode", {}, "does not know"),
    ],
)
def test_every_other_order_is_refused_with_a_sentence(
    lamp: DeviceProfile, verb: str, arguments: dict[str, Scalar], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        ordered(lamp, verb, arguments)


def test_a_device_shows_an_order_within_its_tolerance(lamp: DeviceProfile) -> None:
    write: Write = ordered(lamp, "set_dim", {"dim": 40})[0]
    assert shows(write, 40, 41.0)
    assert not shows(write, 40, 41.5)
    assert not shows(write, 40, None)
    assert shows(write, "auto", "auto")


@pytest.mark.parametrize(
    ("raw", "words", "expected"),
    [
        ("ON", {"ON": 1.0}, (1.0, "")),
        (" ON ", {"ON": 1.0}, (1.0, "")),
        ("on", {"ON": 1.0}, (None, "not_a_number")),
        (True, {"true": 0.0}, (0.0, "")),
        (7, {"7": 3.0}, (3.0, "")),
        (True, {}, (True, "")),
        (True, {"ON": 1.0}, (None, "not_a_number")),
        ("12,5", {}, (None, "not_a_number")),
        (None, {}, (None, "missing")),
        ([1], {}, (None, "type")),
    ],
)
def test_a_word_that_nobody_explained_is_no_number(
    raw: object, words: dict[str, float], expected: tuple[Scalar | None, str]
) -> None:
    assert meaning(raw, PointType.FLOAT, words=words) == expected  # type: ignore[arg-type]


def test_a_text_stays_a_text_and_goes_out_as_one() -> None:
    assert meaning("7", PointType.STRING, words={}) == ("7", "")
    assert wording("7", words={}) == "7"
    assert wording(True, words={}) is True
    assert wording(50.0, words={}, scale=0.5) == 100
    assert wording(2, words={"a": 1.0}) is None
