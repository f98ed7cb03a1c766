"""The real offices of configurations and roll-outs around the sample province."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud.configuring.office import ConfigurationOffice
from cloud.configuring.rollouts import Rollout, RolloutDesk, RolloutOffice, Wish
from cloud.configuring.targets import Candidate, Target
from cloud.configuring.terms import Desk, Draft, Hand
from cloud.configuring.waves import Plan
from cloud.inventory.fleet import Fleet
from cloud.store.sql import SqlStateStore
from device_profiles.clock import Clock
from device_profiles.wire import State
from device_profiles.wire.messages import RunningConfiguration, Settings
from tests.cloud.api.sample_fleet import PROFILES, SITES
from tests.cloud.configuring.bench import KeptLink

THAO = """# Tủ sông Thao: radar, mưa, camera
[outbox]
max_days = 30

[[devices]]
id = "gauge-yen-bai"
profile = "river_gauge_radar"
name = { vi = "Trạm đo mực nước Yên Bái", en = "Yên Bái river gauge" }
connection = { kind = "modbus", transport = "tcp", host = "192.0.2.11" }

[[devices]]
id = "cam-hong-ha"
profile = "ip_camera"
name = { vi = "Camera phường Hồng Hà", en = "Hồng Hà camera" }
connection = { kind = "camera", url = "rtsp://192.0.2.12/1", username = "xem", password_file = "sealed:cam" }
"""
OTHER = """[[devices]]
id = "meter-pvhcc"
profile = "power_meter_sdm630"
name = { vi = "Công tơ tòa nhà", en = "Building meter" }
connection = { kind = "modbus", transport = "tcp", host = "192.0.2.21" }
"""
AREAS = {"132": ("132", "lao-cai"), "133": ("133", "lao-cai"), "137": ("137", "lao-cai"), "141": ("141", "lao-cai")}
AWAY = ("gw-nghia-lo",)


class SampleOffices:
    """Offices whose gateways say what the test wants; `fill` gives them something to show."""

    def __init__(self, state: SqlStateStore, clock: Clock) -> None:
        self.clock, self.fleet, self.link = clock, Fleet(), KeptLink(clock)
        self.box = ec.generate_private_key(ec.SECP256R1())
        self.gateways = [gateway for site in SITES for gateway in site.gateways]
        self.office = ConfigurationOffice(
            Desk(
                store=state.configurations, fleet=self.fleet, link=self.link, keys=self,
                knows=self.gateways.__contains__, profiles=PROFILES, key=Ed25519PrivateKey.generate(),
                audit=state.put_audit, clock=clock,
            )
        )  # fmt: skip
        candidates = [Candidate(each, site.id, AREAS[site.area]) for site in SITES for each in site.gateways]
        self.rollouts = RolloutOffice(
            RolloutDesk(state.configurations, self.office, self.fleet, lambda: candidates, state.put_audit, clock)
        )

    def public_key(self, gateway: str) -> ec.EllipticCurvePublicKey | None:
        """One box has a certificate."""
        return self.box.public_key() if gateway == "gw-thao" else None

    def runs(self, gateway: str, running: RunningConfiguration | None) -> None:
        """A gateway says what it runs."""
        now = self.clock.now_ms()
        born = State(1, "online", now, agent="thacba-edge 0.1.0", running=running)
        self.fleet.born(gateway, born, site="", received_at=now)
        if gateway in AWAY:
            self.fleet.born(gateway, State(1, "lost", now), site="", received_at=now)
        self.office.spoke(gateway)

    async def fill(self) -> Rollout:
        """Every way in which a gateway can stand, and a roll-out under way."""
        lan = Hand("engineer", "Lắp camera phường Hồng Hà")
        first = THAO.rpartition("[[devices]]")[0]
        await self.office.set(Draft("gw-thao", first), Hand("engineer", "Lần đầu"))
        await self.office.set(Draft("gw-thao", THAO, {"cam": "mật khẩu"}), lan)
        self.runs("gw-thao", RunningConfiguration(2, "ab", "centre", "active"))
        await self.office.set(Draft("gw-pvhcc", OTHER), Hand("admin", "Đổi địa chỉ công tơ"))
        self.runs("gw-pvhcc", RunningConfiguration(0, "cd", "file", "rolled_back", tried=1, reason="devices_away"))
        await self.office.set(Draft("gw-nghia-lo", OTHER.replace("meter-pvhcc", "lights-nghia-lo")), Hand("admin"))
        self.runs("gw-nghia-lo", RunningConfiguration(0, "cd", "file", "active"))
        settings = Settings(outbox={"max_days": 10})
        self.runs("gw-thac-ba", RunningConfiguration(1, "ef", "site", "trial", settings=settings))
        plan = Plan(sizes=(1, 2), soak_s=300)
        patch = "[outbox]\nmax_days = 45\n"
        target = Target(areas=("lao-cai",))
        return await self.rollouts.begin(Wish("Giữ dữ liệu 45 ngày", patch, target, plan, "engineer", "Mùa lũ"))
