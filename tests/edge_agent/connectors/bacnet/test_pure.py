"""The pure parts of the BACnet room: configuration, flags, values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.load import load_catalogue
from device_profiles.schema import PointType
from device_profiles.sources.bacnet import BacnetSource
from edge_agent.connectors.bacnet.config import BacnetConnection
from edge_agent.connectors.bacnet.readout import Spot, Told, sample
from edge_agent.connectors.bacnet.recorded import observe
from tests.readme_check import assert_documented

METER = load_catalogue()["siemens_md_bmed"]
SCALED = Spot("p_w", BacnetSource(object="analog-value,1010", scale=1000.0), PointType.FLOAT)
CODED = Spot("state", BacnetSource(object="multi-state-value,3", codes={"1": 0, "2": 5}), PointType.ENUM)


def test_every_field_of_the_configuration_is_described() -> None:
    assert_documented("edge_agent/connectors/bacnet", BacnetConnection)


@pytest.mark.parametrize(
    ("spot", "told", "value", "fault", "doubt"),
    [
        (SCALED, Told(42.75), 42750.0, "", ""),
        (SCALED, Told(42.75, frozenset({"in-alarm"})), 42750.0, "", ""),
        (SCALED, Told(1.0, frozenset({"overridden"})), 1000.0, "", "overridden"),
        (SCALED, Told(1.0, frozenset({"out-of-service", "overridden"})), 1000.0, "", "out_of_service"),
        (SCALED, Told(1.0, frozenset({"fault"}), "over-range"), None, "over_range", ""),
        (SCALED, Told(1.0, frozenset({"fault"}), "no-fault-detected"), None, "device", ""),
        (SCALED, Told(float("nan")), None, "not_a_number", ""),
        (SCALED, Told("warm"), None, "type", ""),
        (CODED, Told(2), 5, "", ""),
        (CODED, Told(3), None, "range", ""),
    ],
)
def test_what_a_device_says_becomes_a_value_or_a_reason(
    spot: Spot, told: Told, value: float | None, fault: str, doubt: str
) -> None:
    found = sample("meter", spot, told)
    assert (found.value, found.fault, found.doubt) == (value, fault, doubt)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(raw=JSON | st.dictionaries(st.sampled_from(["analog-value,1010", "analog-value,2010"]), JSON))
def test_whatever_was_recorded_every_point_has_a_value_or_a_reason(raw: object) -> None:
    found = observe("meter", METER, raw)
    assert [each.point for each in found] == ["p_w", "import_kwh"]  # type: ignore[union-attr]
    assert all((each.value is None) == bool(each.fault) for each in found)  # type: ignore[union-attr]
