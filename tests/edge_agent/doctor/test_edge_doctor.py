"""The doctor of a gateway names the true cause of each prepared fault, on real servers and devices."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI

from device_profiles.checkup import Report, as_document, check_up, exit_code
from device_profiles.clock import Clock, SystemClock
from device_profiles.load import CATALOGUE, FileFaultsError, load_catalogue
from device_profiles.wire.claims import JoinAnswer, JoinRequest
from edge_agent.config import GatewayConfig
from edge_agent.doctor.centre import Centre
from edge_agent.doctor.checks import Patient, causes_of, checks_of
from edge_agent.identity.membership import as_member, credential_of
from edge_agent.identity.papers import request_pem, signing_request
from edge_agent.identity.store import IdentityStore
from edge_agent.planning import Plan, plan_for
from simulators.device import constant
from simulators.devices.modbus import ModbusDevice
from simulators.faults import FaultKind
from tests.disks import small_disk
from tests.edge_agent.identity.authority import DAY_MS, Authority, now_ms
from tests.edge_agent.identity.stand import GATEWAY, Stand, routes_of, served
from tests.fakes import ManualClock
from tests.servers import Server, free_port, run_mosquitto

PROFILES = load_catalogue(CATALOGUE)
GAUGE = PROFILES.profiles["river_gauge_radar"]
LEVELS = {"level_m": 28.4, "velocity_m_s": 1.5, "batt_v": 12.4}


@dataclass
class House:
    """An authority, a broker with mTLS that goes by its list of what is revoked, and a member's papers."""

    folder: Path
    authority: Authority
    port: int
    broker: Server

    def member(
        self, data_dir: Path, *, authority: Authority | None = None, made_at: int | None = None
    ) -> IdentityStore:
        """A gateway that has joined."""
        issuer = authority or self.authority
        store = IdentityStore(data_dir)
        csr = x509.load_pem_x509_csr(request_pem(signing_request(store.claim_key(), name="gateway")).encode())
        stand = Stand(issuer, url="https://centre.invalid", broker_url=f"mqtts://127.0.0.1:{self.port}")
        certificate = issuer.issue(csr, GATEWAY, now=made_at).public_bytes(Encoding.PEM).decode()
        chain = issuer.issuing.public_bytes(Encoding.PEM).decode()
        welcome = stand.joined(_request(store)).welcome
        store.take(JoinAnswer(GATEWAY, certificate, chain, issuer.pem, welcome))
        return store


def _request(store: IdentityStore) -> JoinRequest:
    return JoinRequest("", request_pem(signing_request(store.claim_key(), name="gateway")), "", "")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    authority, port = Authority(), free_port()
    certificate, key = authority.server(folder)
    (folder / "root.pem").write_text(authority.pem)
    (folder / "crl.pem").write_bytes(authority.revocation_list([]).public_bytes(Encoding.PEM))
    more = [f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}", f"cafile {folder / 'root.pem'}"]
    more += ["require_certificate true", "use_identity_as_username true", f"crlfile {folder / 'crl.pem'}"]
    with run_mosquitto(more=more) as broker:
        yield House(folder, authority, port, broker)


@dataclass
class Case:
    """A gateway that is well, for a test to make ill; `patient` is what the doctor gets to see."""

    house: House
    data_dir: Path
    device: ModbusDevice
    config: dict[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    centre: Centre | None = None
    said: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        self.data_dir.mkdir(exist_ok=True)
        self.config = {"gateway": {"data_dir": str(self.data_dir)}, "devices": [self.gauge("gauge-1", 1)]}

    def gauge(self, name: str, unit: int) -> dict[str, Any]:
        """One device of the configuration."""
        wire = {"kind": "modbus", "host": "127.0.0.1", "port": self.device.port, "unit": unit, "timeout_s": 0.3}
        return {"id": name, "profile": "river_gauge_radar", "name": {"vi": "Trạm", "en": "Gauge"}, "connection": wire}

    def plan(self) -> Plan:
        config = GatewayConfig.model_validate(self.config)
        store = IdentityStore(self.data_dir)
        identity = store.load()
        if identity is None:
            return plan_for(config, PROFILES, file="gateway.toml")
        return plan_for(
            as_member(config, identity, store), PROFILES, file="gateway.toml", credential=credential_of(store)
        )

    def patient(self) -> Patient:
        try:
            plan, faults = self.plan(), ()
        except FileFaultsError as error:
            return Patient(self.data_dir, self.clock, None, error.faults, said=self.said, centre=self.centre)
        return Patient(self.data_dir, self.clock, plan, faults, said=self.said, centre=self.centre)


@pytest.fixture
async def case(house: House, tmp_path: Path) -> AsyncIterator[Case]:
    async with ModbusDevice(GAUGE, constant(**LEVELS)) as device:
        made = Case(house, tmp_path / "data", device)
        house.member(made.data_dir)
        yield made


async def examined(case: Case) -> list[Report]:
    reports = [report async for report in check_up(list(checks_of(case.patient())))]
    for report in reports:
        finding = report.finding
        assert finding.status in ("ok", "skipped") or finding.step is not None, "every fault has a next step"
    assert as_document(reports)["exit"] == exit_code(reports)
    return reports


def errors(reports: list[Report]) -> dict[str, str]:
    """The causes of what does not work, by check."""
    return {report.key: report.finding.cause for report in reports if report.finding.status == "error"}


async def test_a_gateway_that_is_well_has_no_errors(case: Case) -> None:
    reports = await examined(case)
    assert not errors(reports)
    assert causes_of(reports) == ["clock_unknown", "not_running"]


def unknown_name(case: Case) -> None:
    case.config["broker"] = {"url": "mqtt://mqtt.invalid:1883"}
    case.config["gateway"]["id"] = GATEWAY


def clock_of_1970(case: Case) -> None:
    case.clock = ManualClock(1000)


def foreign_authority(case: Case) -> None:
    (case.data_dir / "stranger.pem").write_text(Authority("stranger").pem)
    url = f"mqtts://127.0.0.1:{case.house.port}"
    case.config["broker"] = {"url": url, "ca_file": str(case.data_dir / "stranger.pem")}


def other_name(case: Case) -> None:
    store = IdentityStore(case.data_dir)
    url = f"mqtts://localhost:{case.house.port}"
    case.config["broker"] = {"url": url, "ca_file": str(store.broker_authorities_file)}


def expired(case: Case) -> None:
    case.house.member(case.data_dir, made_at=now_ms() - 100 * DAY_MS)


def expires_soon(case: Case) -> None:
    case.house.member(case.data_dir, made_at=now_ms() - 87 * DAY_MS)


def joined_elsewhere(case: Case) -> None:
    store = case.house.member(case.data_dir, authority=Authority("elsewhere"))
    store.broker_authorities_file.write_text(case.house.authority.pem)


def broker_down(case: Case) -> None:
    case.config["broker"] = {"url": f"mqtt://127.0.0.1:{free_port()}"}
    case.config["gateway"]["id"] = GATEWAY


def not_joined(case: Case) -> None:
    case.data_dir = case.data_dir.with_name("fresh")
    case.data_dir.mkdir()
    case.config["gateway"]["data_dir"] = str(case.data_dir)


def no_folder(case: Case) -> None:
    case.config["gateway"]["id"] = GATEWAY
    case.config["broker"] = {"url": f"mqtt://127.0.0.1:{case.house.broker.port}"}
    case.data_dir = case.data_dir.with_name("gone")
    case.config["gateway"]["data_dir"] = str(case.data_dir)


def silent_device(case: Case) -> None:
    case.device.faults.start(FaultKind.SILENT)


def wrong_register(case: Case) -> None:
    case.device.faults.exception_code = 2
    case.device.faults.start(FaultKind.EXCEPTION)


def one_address_for_two(case: Case) -> None:
    case.config["devices"].append(case.gauge("gauge-2", 1))


def wrong_file(case: Case) -> None:
    case.config["devices"][0]["profile"] = "river_gauge_rader"


def no_receipts(case: Case) -> None:
    case.said = {"link": {"up": True, "receipts": 0}, "backlog": {"readings": 4711}, "devices": []}


def taken_back(case: Case) -> None:
    configuration = {"version": 6, "state": "rolled_back", "reason": "link"}
    devices = [{"id": "gauge-1", "fault": ""}]
    case.said = {"link": {"up": True, "receipts": 9}, "configuration": configuration, "devices": devices}


FAULTS: list[tuple[Callable[[Case], None], str, str]] = [
    (unknown_name, "name", "dns"),
    (clock_of_1970, "clock", "clock_1970"),
    (foreign_authority, "tls", "wrong_ca"),
    (other_name, "tls", "tls_name"),
    (expired, "identity", "expired"),
    (joined_elsewhere, "log_in", "foreign"),
    (broker_down, "port", "refused"),
    (not_joined, "identity", "not_joined"),
    (no_folder, "disk", "no_folder"),
    (silent_device, "devices", "device_silent"),
    (wrong_register, "devices", "wrong_profile"),
    (one_address_for_two, "devices", "address_conflict"),
    (wrong_file, "configuration", "configuration"),
    (no_receipts, "agent", "no_receipt"),
]


@pytest.mark.parametrize(("make_ill", "check", "cause"), FAULTS, ids=[each[0].__name__ for each in FAULTS])
async def test_it_names_the_true_cause(case: Case, make_ill: Callable[[Case], None], check: str, cause: str) -> None:
    make_ill(case)
    found = errors(await examined(case))
    assert found.get(check) == cause
    assert next(iter(found)) == check, f"the first error leads to it: {found}"


@pytest.mark.parametrize(
    ("make_ill", "cause"), [(expires_soon, "expires_soon"), (taken_back, "rolled_back")], ids=["soon", "rolled_back"]
)
async def test_it_warns_of_what_is_coming(case: Case, make_ill: Callable[[Case], None], cause: str) -> None:
    make_ill(case)
    reports = await examined(case)
    assert not errors(reports)
    assert cause in causes_of(reports)


async def test_a_full_disk_is_named(case: Case, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", megabytes=2) as disk:
        case.house.member(disk)
        case.data_dir = disk
        assert errors(await examined(case)) == {"disk": "disk_full"}


async def test_a_revoked_certificate_is_named(case: Case) -> None:
    house, store = case.house, IdentityStore(case.data_dir)
    identity = store.load()
    assert identity is not None
    listed = house.authority.revocation_list([identity.certificate]).public_bytes(Encoding.PEM)
    (house.folder / "revoked.pem").write_bytes(listed)
    port = free_port()
    certificate, key = house.authority.server(house.folder)
    more = [f"listener {port} 127.0.0.1", f"certfile {certificate}", f"keyfile {key}"]
    more += [
        f"cafile {house.folder / 'root.pem'}",
        "require_certificate true",
        f"crlfile {house.folder / 'revoked.pem'}",
    ]
    with run_mosquitto(more=more):
        case.config["broker"] = {"url": f"mqtts://127.0.0.1:{port}", "ca_file": str(store.broker_authorities_file)}
        assert errors(await examined(case)) == {"log_in": "revoked"}


async def test_a_refused_password_is_named(case: Case) -> None:
    with run_mosquitto(username="gw", password="right") as broker:
        (case.data_dir / "password").write_text("wrong")
        case.config["gateway"]["id"] = GATEWAY
        case.config["broker"] = {
            "url": broker.url, "username": "gw", "password_file": str(case.data_dir / "password"),
        }  # fmt: skip
        assert errors(await examined(case)) == {"log_in": "unauthorised"}


async def test_a_firewall_that_drops_everything_is_named(case: Case) -> None:
    with socket.socket() as wall, socket.socket() as first, socket.socket() as second:
        wall.bind(("127.0.0.1", 0))
        wall.listen(0)
        for full in (first, second):
            full.setblocking(False)
            full.connect_ex(wall.getsockname())
        case.config["broker"] = {"url": f"mqtt://127.0.0.1:{wall.getsockname()[1]}"}
        case.config["gateway"]["id"] = GATEWAY
        assert errors(await examined(case)) == {"port": "no_route"}


@asynccontextmanager
async def portal() -> AsyncIterator[int]:
    """A page that answers whatever is asked, as in a hotel."""
    app = FastAPI()

    @app.get("/{path:path}")
    async def page(path: str) -> str:
        return f"log in first {path}"

    async with served(app, None) as port:
        yield port


@pytest.mark.parametrize("scheme", ["mqtt", "mqtts"])
async def test_a_captive_portal_is_named(case: Case, scheme: str) -> None:
    async with portal() as port:
        store = IdentityStore(case.data_dir)
        authorities = {"ca_file": str(store.broker_authorities_file)} if scheme == "mqtts" else {}
        case.config["broker"] = {"url": f"{scheme}://127.0.0.1:{port}", **authorities}
        found = errors(await examined(case))
    assert list(found.values()) == ["portal"]


async def test_the_clock_is_held_against_that_of_the_centre(case: Case, tmp_path: Path) -> None:
    authority = case.house.authority
    stand = Stand(authority)
    async with served(routes_of(stand), authority.server(tmp_path)) as port:
        case.centre = Centre(f"https://127.0.0.1:{port}", authority.pem)
        assert causes_of(await examined(case)) == ["not_running"]
        case.clock = ManualClock(now_ms() + 3 * 3_600_000)
        assert errors(await examined(case)) == {"clock": "clock_wrong"}
    assert "centre_unreachable" in errors(await examined(case)).values()
