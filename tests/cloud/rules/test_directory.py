"""The directory of rules finds exactly those that look at a device."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.rules.directory import Directory
from cloud.rules.watch import Watch, selects
from tests.cloud.rules.builders import rule

names = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2)
selectors = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(["river_gauge_radar", "air_node"]),
        "point": st.just("level_m"),
        "devices": names,
        "gateways": names,
        "sites": names,
        "areas": names,
    }
)
one = st.sampled_from(["a", "b", "c"])


@given(st.lists(selectors, max_size=8), one, one, one)
def test_it_finds_what_asking_every_rule_would(
    wanted: list[dict[str, object]], gateway: str, device: str, site: str
) -> None:
    rules = [rule(f"rule_{number}", selector=selector) for number, selector in enumerate(wanted)]
    watch = Watch(gateway, device, "river_gauge_radar", site, {}, {})
    asked = [each for each in rules if selects(each.selector, watch, ("a", "top"))]
    assert Directory(rules).rules_of(watch, ("a", "top")) == asked
