"""What is proposed of what was found: expected models first and ticked, nothing twice, names that are free."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_profiles.load import CATALOGUE, load_catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.config import DeviceConfig
from edge_agent.discovery.finding import Finding
from edge_agent.page.door import EntryError
from edge_agent.page.offers import connection_entered, device_of, free_id, offers_of, with_secret

CATALOG = load_catalogue(CATALOGUE)
GAUGE: DeviceProfile = CATALOG["river_gauge_radar"]
CAMERA: DeviceProfile = CATALOG["ip_camera"]


def unit(number: int, *profiles: str) -> Finding:
    """A Modbus unit that answered."""
    connection = {"kind": "modbus", "transport": "tcp", "host": "10.0.0.5", "port": 502, "unit": number}
    return Finding("modbus_tcp", f"10.0.0.5:502/{number}", "Modbus", profiles, connection)


def test_as_many_are_ticked_as_the_site_expects_and_they_come_first() -> None:
    found = [unit(n, "power_meter_sdm630") for n in (1, 2)] + [unit(n, "river_gauge_radar") for n in (3, 4, 5)]
    expected = ["river_gauge_radar", "river_gauge_radar"]
    offers = offers_of(found, expected=expected, configured=[], catalogue=CATALOG)
    assert [(offer.finding.connection["unit"], offer.ticked) for offer in offers] == [
        (3, True), (4, True), (1, False), (2, False), (5, False),
    ]  # fmt: skip


def test_a_model_that_the_site_expects_is_proposed_before_one_that_fits_better() -> None:
    (offer,) = offers_of(
        [unit(1, "power_meter_sdm630", "river_gauge_radar")],
        expected=["river_gauge_radar"],
        configured=[],
        catalogue=CATALOG,
    )
    assert offer.proposed == "river_gauge_radar"
    assert offer.choices[:2] == ("power_meter_sdm630", "river_gauge_radar")
    assert "ip_camera" not in offer.choices


def test_what_is_in_use_is_not_offered_again_and_its_neighbour_on_the_wire_is() -> None:
    in_use = {"profile": "river_gauge_radar", "connection": {"kind": "modbus", "host": "10.0.0.5", "unit": 3}}
    found = [unit(3, "river_gauge_radar"), unit(4, "river_gauge_radar")]
    offers = offers_of(found, expected=["river_gauge_radar"], configured=[in_use], catalogue=CATALOG)
    assert [(offer.number, offer.ticked) for offer in offers] == [(1, False)]


def test_what_cannot_be_read_as_it_is_is_never_ticked() -> None:
    camera = Finding("onvif", "10.0.0.9", "cam", ("ip_camera",), {"kind": "camera", "url": "rtsp://c/"}, {}, ("url",))
    (offer,) = offers_of([camera], expected=["ip_camera"], configured=[], catalogue=CATALOG)
    assert (offer.usable, offer.ticked) == (False, False)


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "b"]), max_size=6))
def test_a_new_name_is_always_free(taken: list[str]) -> None:
    assert free_id("a", taken) not in taken


@pytest.mark.parametrize(
    ("kind", "entries", "profile"),
    [
        ("tcp", {"host": "10.0.0.5", "port": "502", "unit": "7"}, "river_gauge_radar"),
        ("rtu", {"serial_port": "/dev/ttyUSB0", "unit": "7", "baud_rate": "9600"}, "river_gauge_radar"),
        ("http", {"url": "http://10.0.0.6/data"}, "air_node"),
        ("http", {"url": "http://10.0.0.7:8080"}, "kiosk_queue"),
        ("camera", {"url": "rtsp://10.0.0.8/live"}, "ip_camera"),
    ],
)
def test_what_is_typed_becomes_a_device_that_the_agent_takes(kind: str, entries: dict[str, str], profile: str) -> None:
    model = CATALOG[profile]
    device = device_of(connection_entered(kind, entries, model), model, taken=[])
    assert DeviceConfig.model_validate(device).profile == profile


@pytest.mark.parametrize("url", ["rtsp://user:pass@10.0.0.8/live", "http://10.0.0.8/", "rtsp://"])
def test_an_address_of_a_camera_holds_no_password_and_is_one(url: str) -> None:
    with pytest.raises(EntryError):
        connection_entered("camera", {"url": url}, CAMERA)


def test_a_secret_travels_beside_the_device_under_a_name_of_its_own() -> None:
    device = device_of(connection_entered("camera", {"url": "rtsp://10.0.0.8/live"}, CAMERA), CAMERA, taken=[])
    known, secrets = with_secret(device, {"username": "thacba", "secret": "9"})
    assert "9" not in str(known["connection"]).replace("10.0.0.8", "")
    assert secrets == {"ip-camera-secret": "9"}
    assert DeviceConfig.model_validate(known).connection.kind == "camera"
