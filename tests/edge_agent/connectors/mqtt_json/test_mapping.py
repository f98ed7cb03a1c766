"""What messages mean: topics, records, words, times, and whatever else may arrive."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from device_profiles.load import parse_profile
from device_profiles.sources.mqtt_json import MqttJsonSource
from edge_agent.connector import Happening, Sample
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.connectors.mqtt_json.mapping import MOST_RECORDS, Hearing, observations, topics_of
from edge_agent.connectors.mqtt_json.setting import published
from edge_agent.mqtt_message import Message
from tests.readme_check import assert_documented

NOW = 1_725_926_400_000
PROFILE = parse_profile(
    """
profile = "post"
name = { vi = "Trụ", en = "Post" }
vendor = "generic"
model = "test"
sector = "security"
protocol = "mqtt_json"
period_s = 60
owner = "test"
source = "test"
events = ["sos"]
event_sources = { sos = "z/{name} action=emergency" }

[[points]]
key = "online"
name = { vi = "Có mặt", en = "Online" }
type = "bool"
source = { topic = "z/{name}/availability", path = "state", words = { online = 1, offline = 0 }, retained = true }

[[points]]
key = "level"
name = { vi = "Mức", en = "Level" }
source = { topic = "z/{name}", path = "level", time = "at" }

[[points]]
key = "door"
name = { vi = "Cửa", en = "Door" }
type = "bool"
source = { topic = "z/{name}", path = "contact", words = { true = 0, false = 1 } }

[[points]]
key = "tank"
name = { vi = "Bể", en = "Tank" }
source = { topic = "t", records = "{name}.all", path = "tank", time = "ts", time_unit = "s" }

[[points]]
key = "plain"
name = { vi = "Số", en = "Number" }
source = { topic = "z/{name}/plain", scale = 0.5, offset = 1.0, time_unit = "s" }
"""
)
HEARING = Hearing("d", "p1", PROFILE)


def heard(topic: str, payload: object, *, retained: bool = False) -> list[Sample | Happening]:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return observations(HEARING, Message(topic, content, retained), now_ms=NOW)


def test_it_asks_for_every_topic_of_its_name_and_no_other() -> None:
    assert topics_of(PROFILE, "p1") == {"z/p1", "z/p1/availability", "z/p1/plain", "t"}


def test_a_message_tells_what_it_holds_and_nothing_else() -> None:
    assert heard("z/p1", {"level": 2.5}) == [Sample("d", "level", 2.5)]
    assert heard("z/p2", {"level": 2.5}) == []
    assert heard("z/p1/plain", b" 7 ") == [Sample("d", "plain", 4.5)]
    assert heard("z/p1/plain", b"") == []


def test_words_may_be_truth_values() -> None:
    assert heard("z/p1", {"contact": False}) == [Sample("d", "door", 1.0)]


def test_several_records_keep_their_own_times_and_a_bad_time_is_doubted() -> None:
    records = [{"level": 1, "at": NOW - 5000}, {"level": 2, "at": "yesterday"}, {"level": 3, "at": NOW + 10**9}]
    assert [(each.value, each.observed_at) for each in heard("z/p1", records) if isinstance(each, Sample)] == [
        (1, NOW - 5000),
        (2, -1),
        (3, -1),
    ]


def test_a_list_without_end_is_read_to_its_bound() -> None:
    assert len(heard("z/p1", [{"level": 1}] * (MOST_RECORDS + 5))) == MOST_RECORDS


def test_when_the_device_is_gone_nobody_knows_its_points() -> None:
    told = heard("z/p1/availability", {"state": "offline"}, retained=True)
    assert {(each.point, each.value, each.fault) for each in told if isinstance(each, Sample)} == {
        ("online", 0.0, ""),
        ("level", None, "no_answer"),
        ("door", None, "no_answer"),
        ("plain", None, "no_answer"),
        ("tank", None, "no_answer"),
    }


def test_records_of_a_gateway_are_found_by_the_devices_name() -> None:
    told = heard(
        "t", {"p1": {"all": [{"tank": 5, "ts": 1_725_926_399.5}, {"tank": 6, "ts": "now"}]}, "p2": {"all": []}}
    )
    assert told == [Sample("d", "tank", 5, NOW - 500), Sample("d", "tank", 6, -1)]
    assert heard("t", {"p2": {"all": [{"tank": 5}]}}) == []
    assert heard("t", {"p1": {"all": {"tank": 5}}}) == [Sample("d", "tank", 5)]


def test_a_value_without_end_is_unreadable() -> None:
    assert heard("z/p1/plain", b"7" * 5000) == [Sample("d", "plain", None, fault="device")]
    assert heard("z/p1", b'{"level":' + b"7" * 70_000) == [
        Sample("d", key, None, fault="device") for key in ("level", "door")
    ]


def test_a_press_happens_once_and_never_from_a_kept_message() -> None:
    assert [each.kind for each in heard("z/p1", {"action": "emergency"}) if isinstance(each, Happening)] == ["sos"]
    assert heard("z/p1", {"action": "emergency"}, retained=True) == []
    assert heard("z/p1", {"action": "arm"}) == []


@settings(deadline=None)
@given(st.sampled_from(["z/p1", "z/p1/plain", "z/p1/availability"]), st.binary(max_size=200))
def test_no_bytes_end_the_agent(topic: str, payload: bytes) -> None:
    heard(topic, payload)


nested = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["level", "at", "contact", "state", "action", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.sampled_from(["z/p1", "z/p1/plain", "z/p1/availability"]), nested)
def test_no_document_ends_the_agent(topic: str, document: object) -> None:
    for each in heard(topic, document):
        assert each.observed_at is None or each.observed_at <= NOW + 300_000


def test_an_order_is_said_in_the_devices_own_words() -> None:
    plain = MqttJsonSource(topic="t", words={"ON": 1, "OFF": 0})
    assert (published(plain, True), published(plain, 0), published(plain, 7)) == (b"ON", b"OFF", None)
    deep = MqttJsonSource(topic="t", path="params.on", fixed={"id": 1, "method": "Switch.Set"})
    assert published(deep, True) == b'{"id":1,"method":"Switch.Set","params":{"on":true}}'
    scaled = MqttJsonSource(topic="t", path="brightness", scale=100 / 254)
    assert published(scaled, 50.0) == b'{"brightness":127}'


def test_each_field_of_the_configuration_is_described() -> None:
    assert_documented("edge_agent/connectors/mqtt_json", MqttJsonConnection)
