"""The live inventory answers with the files and the registry together, and the file wins."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud.inventory.live import Added, LiveInventory, SitesOfGateways
from cloud.inventory.sites import Inventory, Site
from cloud.places import places_of
from device_profiles.schema import Text

NAME = Text(vi="Cổng", en="Gateway")


def _site(name: str, *gateways: str) -> Site:
    entries = [{"id": each, "name": {"vi": each, "en": each}} for each in gateways]
    return Site.model_validate(
        {"id": name, "name": {"vi": name, "en": name}, "area": "a", "lat": 21, "lon": 105, "gateways": entries}
    )


def _filed() -> Inventory:
    sites = {"north": _site("north", "gw-1", "gw-2"), "south": _site("south")}
    return Inventory(sites, {}, {each.id: site for site in sites.values() for each in site.gateways})


def test_an_added_gateway_is_at_its_site_at_once_and_gone_when_it_is_taken_out() -> None:
    live = LiveInventory(_filed())
    listed, places = SitesOfGateways(live), places_of(live)
    live.install([Added("gw-9", "south", NAME)])
    assert live.site_of("gw-9") is live.sites["south"]
    assert [each.id for each in live.sites["south"].gateways] == ["gw-9"]
    assert live.gateway("gw-9") is not None
    assert "gw-9" in live
    assert listed["gw-9"] == places.sites["gw-9"] == "south"
    live.install([Added("gw-9", "north", NAME)])
    assert places.sites["gw-9"] == "north"
    live.install([])
    assert "gw-9" not in live
    assert "gw-9" not in places.sites


def test_the_file_wins_and_the_barred_are_nobodys() -> None:
    live = LiveInventory(_filed())
    live.install([Added("gw-1", "south", NAME), Added("gw-9", "nowhere", NAME)], barred={"gw-2"})
    assert live.site_of("gw-1") is live.sites["north"]
    assert live.site_of("gw-2") is None
    assert live.gateway("gw-2") is None
    assert live.site_of("gw-9") is None


def test_one_gateway_after_the_other_comes_moves_and_goes() -> None:
    live = LiveInventory(_filed())
    live.put(Added("gw-9", "south", NAME))
    former = live.site_of("gw-9")
    live.put(Added("gw-8", "south", NAME))
    assert live.site_of("gw-9") is live.site_of("gw-8") is live.sites["south"]
    assert former is not live.sites["south"]
    live.put(Added("gw-9", "north", NAME))
    assert {each.id for each in live.sites["south"].gateways} == {"gw-8"}
    live.bar("gw-1")
    assert {each.id for each in live.sites["north"].gateways} == {"gw-2", "gw-9"}
    live.put(Added("gw-1", "south", NAME))
    assert live.site_of("gw-1") is live.sites["north"]
    live.bar("gw-unheard-of")


NAMES = st.sampled_from([f"gw-{number}" for number in range(5)])


@given(st.lists(st.tuples(NAMES, st.sampled_from(["north", "south"])), max_size=5), st.sets(NAMES))
def test_every_view_says_the_same(added: list[tuple[str, str]], barred: set[str]) -> None:
    live = LiveInventory(_filed())
    live.install([Added(gateway, site, NAME) for gateway, site in dict(added).items()], barred)
    by_site = {each.id: site.id for site in live.sites.values() for each in site.gateways}
    assert by_site == dict(SitesOfGateways(live)) == {gateway: site.id for gateway, site in live.gateways.items()}
    assert not by_site.keys() & barred
    assert all((live.gateway(each) is not None) == (each in live) for each in [*by_site, *barred])


STEPS = st.tuples(NAMES, st.sampled_from(["north", "south", "bar"]))


@given(st.lists(STEPS, max_size=12))
def test_steps_lead_where_a_fresh_start_leads(steps: list[tuple[str, str]]) -> None:
    live, fresh = LiveInventory(_filed()), LiveInventory(_filed())
    last: dict[str, str] = {}
    for gateway, where in steps:
        last[gateway] = where
        if where == "bar":
            live.bar(gateway)
        else:
            live.put(Added(gateway, where, NAME))
    placed = [Added(gateway, where, NAME) for gateway, where in last.items() if where != "bar"]
    fresh.install(placed, {gateway for gateway, where in last.items() if where == "bar"})
    assert dict(SitesOfGateways(live)) == dict(SitesOfGateways(fresh))
    for name, site in live.sites.items():
        assert {each.id for each in site.gateways} == {each.id for each in fresh.sites[name].gateways}
