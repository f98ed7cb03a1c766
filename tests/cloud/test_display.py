"""What pages ask of the fleet is what the fleet is now, whatever was kept of it before."""

from __future__ import annotations

from cloud.api.which import Which, counts_of, facts_by_site
from cloud.display import Display
from cloud.ingest.admission import Admission, AdmissionConfig
from cloud.inventory.fleet import Fleet
from cloud.inventory.freshness import stale_after_ms
from cloud.inventory.sites import Inventory
from cloud.store.base import Columns
from device_profiles.load import load_catalogue
from device_profiles.wire import BirthDevice, State
from tests.fakes import ManualClock

PROFILES = load_catalogue().profiles
GAUGE, RAIN = "river_gauge_radar", "rain_gauge_tipping"
POINT = {GAUGE: "level_m", RAIN: "rain_mm"}


class Province:
    """A fleet, and what is shown of it."""

    def __init__(self) -> None:
        self.clock, self.fleet = ManualClock(), Fleet()
        admission = Admission(AdmissionConfig(), Inventory({}, {}).gateways)
        self.display = Display(self.fleet, Inventory({}, {}), PROFILES, clock=self.clock, admission=admission)

    def says(self, gateway: str, device: str, profile: str, value: float, site: str = "s1") -> None:
        """A device of a gateway measures."""
        now, point = self.clock.now_ms(), POINT[profile]
        types = {point: PROFILES[profile].points[0].type}
        self.fleet.observed(
            Columns(site, gateway, device, profile, [now], {point: [value]}, {}, types), received_at=now
        )

    def is_born(self, gateway: str, *devices: tuple[str, str], site: str = "s1") -> None:
        """A gateway says which devices it has, of which models; each is called by its id."""
        named = [BirthDevice(each, profile, "0" * 12, f"Trạm {each}", f"Station {each}") for each, profile in devices]
        state = State(v=1, state="online", since=1, epoch="00000000000000aa", agent="1", devices=named)
        self.fleet.born(gateway, state, site=site, received_at=self.clock.now_ms())

    def ids(self, wanted: Which) -> list[str]:
        """The devices that are asked for."""
        return sorted(each.id for each in self.display.devices(wanted))

    def check(self) -> None:
        """What is kept along the way is what a look at every device says."""
        views = self.display.devices()
        counts = self.display.counts()
        fresh = {word: number for word, number in counts.freshness.items() if number}
        assert (counts.devices, fresh, counts.of_profile) == (
            (found := counts_of(views)).devices,
            dict(found.freshness),
            dict(found.of_profile),
        )
        facts = {site: each for site, each in self.display.site_facts().items() if each.models}
        assert facts == facts_by_site(views)


async def test_a_page_gets_the_devices_of_its_models_its_gateway_its_site() -> None:
    province = Province()
    province.says("gw-1", "g1", GAUGE, 31.0)
    province.says("gw-1", "r1", RAIN, 0.2)
    province.says("gw-2", "r2", RAIN, 0.4, site="s2")
    assert province.ids(Which(profiles=[RAIN])) == ["r1", "r2"]
    assert province.ids(Which(gateway="gw-1")) == ["g1", "r1"]
    assert province.ids(Which(profiles=[RAIN], site="s2")) == ["r2"]
    assert province.ids(Which(profiles=[], gateway="gw-1")) == []
    province.check()


async def test_what_is_counted_follows_readings_moves_and_the_time() -> None:
    province = Province()
    for number in range(4):
        province.says(f"gw-{number}", "g", GAUGE, 31.0, site=f"s{number % 2}")
    province.check()
    await province.clock.advance(1)
    province.says("gw-0", "g", GAUGE, 31.5, site="s0")
    province.fleet.moved("gw-1", "s9")
    province.check()
    assert province.ids(Which(site="s9")) == ["g"]
    assert [each.points[0].value for each in province.display.devices(Which(gateway="gw-0"))] == [31.5]
    await province.clock.advance(stale_after_ms(PROFILES[GAUGE].period_s) / 1000)  # the others were silent for longer
    assert province.display.counts().freshness["stale"] == 3
    province.check()
    await province.clock.advance(1.001)
    assert province.display.counts().freshness["stale"] == 4
    province.check()


async def test_what_is_gone_or_another_model_now_is_not_shown_as_it_was() -> None:
    province = Province()
    province.is_born("gw-1", ("a", GAUGE), ("b", RAIN))
    province.is_born("gw-2", ("cuoi", GAUGE))
    assert province.ids(Which()) == ["a", "b", "cuoi"]
    province.is_born("gw-1", ("a", RAIN))
    assert province.ids(Which()) == ["a", "cuoi"]
    assert province.ids(Which(profiles=[RAIN])) == ["a"]
    province.check()
    province.fleet.moved("gw-2", None)
    assert province.ids(Which()) == ["a"]
    assert province.display.devices_called(["cuoi"]) == [] == province.display.devices(Which(gateway="gw-2"))
    province.check()


async def test_a_device_is_found_by_what_it_is_called_now() -> None:
    province = Province()
    province.is_born("gw-1", ("suối-đỏ", GAUGE))
    assert [each.id for each in province.display.devices_called(["tram", "do"])] == ["suối-đỏ"]
    assert [each.id for each in province.display.devices_called(["muc", "nuoc", "s1"])] == ["suối-đỏ"]
    assert province.display.devices_called(["tram", "xanh"]) == []
    province.fleet.moved("gw-1", "bao-ha")
    assert [each.site for each in province.display.devices_called(["bao", "ha"])] == ["bao-ha"]
    assert province.display.devices_called(["s1"]) == []


async def test_a_gateway_is_seen_as_it_spoke_last() -> None:
    province = Province()
    province.says("gw-1", "g", GAUGE, 31.0)
    before = province.display.gateway("gw-1")
    assert province.display.gateway("gw-1") is before
    province.is_born("gw-1", ("g", GAUGE))
    assert (before.state, province.display.gateway("gw-1").state) == ("never", "online")
    province.check()
