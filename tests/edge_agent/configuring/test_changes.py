"""What a configuration changes, as names and in words."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from device_profiles.load import build, load_catalogue
from edge_agent.config import GatewayConfig
from edge_agent.configuring.changes import Changes, changes_between
from edge_agent.planning import Plan, plan_for

CATALOGUE = load_catalogue()
NAME = {"vi": "Trạm", "en": "Station"}


def device(device: str, **more: Any) -> dict[str, Any]:
    connection = {"kind": "modbus", "host": "10.0.0.5", "unit": 1}
    return {"id": device, "profile": "river_gauge_radar", "name": NAME, "connection": connection, **more}


def config(*devices: dict[str, Any], **tables: Any) -> Plan:
    raw = {
        "gateway": {"id": "gw-1", "name": NAME, "data_dir": "/d"},
        "broker": {"url": "mqtt://b"},
        "devices": devices,
        **tables,
    }
    return plan_for(build(raw, GatewayConfig, file="test"), CATALOGUE, file="test")


def test_one_of_twenty_devices_changes() -> None:
    many = [device(f"d{number}") for number in range(20)]
    then = [*many[:7], device("d7", period_s=5), *many[8:]]
    changes = changes_between(config(*many), config(*then))
    assert changes.changed == ("d7",)
    assert len(changes.unchanged) == 19
    assert not changes.uplink
    said = changes.document()
    assert said["en"] == [
        "Changes 1 device(s), whose connections are made anew: d7",
        "19 device(s) go on without interruption",
    ]


def test_devices_come_go_and_get_another_name() -> None:
    other_name = {"vi": "Khác", "en": "Other"}
    changes = changes_between(config(device("a"), device("b")), config(device("b", name=other_name), device("c")))
    assert changes == Changes(added=("c",), removed=("a",), renamed=("b",))


def test_each_table_is_named_and_no_value_is_said() -> None:
    then = config(
        gateway={"id": "gw-1", "name": NAME, "data_dir": "/d", "health_period_s": 5, "batch_s": 2},
        broker={"url": "mqtt://other.example", "username": "secret-user"},
        outbox={"max_days": 3},
        listen={"port": 9000},
    )
    changes = changes_between(config(), then)
    assert changes.uplink == ("url", "username", "health_period_s")
    assert (changes.outbox, changes.listen, changes.options) == (("max_days",), ("port",), ("batch_s",))
    assert "secret-user" not in str(changes.document())
    assert any("Đường truyền" in str(line) for line in changes.document()["vi"])  # type: ignore[attr-defined]


def test_a_default_that_is_said_may_differ_from_one_that_is_not() -> None:
    heartbeat = {"heartbeat_s": 5}
    said = config(device("a", report={"level_m": {**heartbeat, "deadband": 0}}))
    unsaid = config(device("a", report={"level_m": heartbeat}))
    assert CATALOGUE["river_gauge_radar"].points[0].report.deadband > 0
    assert changes_between(said, unsaid).changed == ("a",)


def test_a_first_broker_is_a_change_of_the_link() -> None:
    assert changes_between(config(broker=None), config()).uplink == ("broker",)
    assert changes_between(config(), config(broker=None)).uplink == ("broker",)


periods = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([1.0, 5.0]))


@given(periods, periods)
def test_every_device_stands_in_one_list(now: dict[str, float], then: dict[str, float]) -> None:
    one = config(*(device(name, period_s=period) for name, period in now.items()))
    other = config(*(device(name, period_s=period) for name, period in then.items()))
    changes = changes_between(one, other)
    lists = (*changes.added, *changes.removed, *changes.changed, *changes.renamed, *changes.unchanged)
    assert sorted(lists) == sorted({*now, *then})
    assert changes.any == ({d.id: d for d in one.devices} != {d.id: d for d in other.devices})
    assert changes_between(one, one).document()["en"][0] == "Nothing changes"  # type: ignore[index]
