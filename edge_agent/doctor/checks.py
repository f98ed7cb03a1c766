"""The checks of a gateway, in the order in which one stands on another.

```
 configuration ─▶ name ─▶ port ─▶ certificate of the broker ─▶ log-in ─▶ the agent's receipts
       └─▶ devices        own certificate ──────────────────────┘         centre ─▶ clock
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from device_profiles.checkup import Check, Finding, Report, error, ok
from device_profiles.clock import Clock
from device_profiles.explain import Fault
from device_profiles.schema import Text
from edge_agent.clockwatch import EARLIEST_MS
from edge_agent.connector import LinkError
from edge_agent.device import Surroundings
from edge_agent.doctor.centre import Centre, check_centre
from edge_agent.doctor.devices import Standing, judge_addresses, judge_devices, same_address, standings_of
from edge_agent.doctor.machine import APART_ERROR_S, check_clock, check_disk
from edge_agent.doctor.papers import check_papers
from edge_agent.doctor.reach import Door, check_name, check_port, check_tls
from edge_agent.doctor.running import Said, is_linked, judge_agent, judge_configuration
from edge_agent.doctor.session import check_log_in
from edge_agent.once import read_once
from edge_agent.planning import Plan
from edge_agent.registry import build_connectors
from edge_agent.uplink.client import tls
from edge_agent.uplink.link import Link

MOST_FAULTS = 6
NAMES = {
    "configuration": Text(vi="Cấu hình", en="Configuration"),
    "disk": Text(vi="Đĩa", en="Disk"),
    "identity": Text(vi="Chứng thư của cổng", en="This gateway's certificate"),
    "centre": Text(vi="Trung tâm (HTTPS)", en="The centre (HTTPS)"),
    "clock": Text(vi="Đồng hồ", en="Clock"),
    "name": Text(vi="Tên máy chủ (DNS)", en="Name of the broker (DNS)"),
    "port": Text(vi="Đường tới broker", en="Way to the broker"),
    "tls": Text(vi="Chứng thư của broker", en="Certificate of the broker"),
    "log_in": Text(vi="Đăng nhập broker", en="Log-in at the broker"),
    "agent": Text(vi="Tác tử và xác nhận", en="Agent and receipts"),
    "running": Text(vi="Cấu hình đang chạy", en="Running configuration"),
    "devices": Text(vi="Thiết bị", en="Devices"),
}


@dataclass(slots=True)
class Patient:
    """What is known of the gateway before it is examined; the examination finds out `others_ms`, the centre's clock."""

    data_dir: Path
    clock: Clock
    plan: Plan | None
    faults: Sequence[Fault] = ()
    said: Said | None = None
    centre: Centre | None = None
    others_ms: int | None = None

    @property
    def is_clock_wrong(self) -> bool:
        """True when the wall clock cannot be believed."""
        now = self.clock.now_ms()
        return now < EARLIEST_MS or (self.others_ms is not None and abs(now - self.others_ms) > APART_ERROR_S * 1000)


def checks_of(patient: Patient) -> Iterator[Check]:
    """Every check that makes sense for this gateway."""
    yield _check("configuration", partial(_check_configuration, patient))
    yield _check("disk", partial(_check_disk, patient))
    if patient.centre is not None:
        yield _check("centre", partial(_ask_centre, patient, patient.centre))
    yield _check("clock", partial(_check_clock, patient))
    yield _check("identity", partial(_check_papers, patient))
    plan = patient.plan
    if plan is not None and plan.link is not None:
        link = plan.link
        door = _door(link)
        yield _check("name", partial(check_name, door), "configuration")
        yield _check("port", partial(check_port, door), "name")
        yield _check("tls", partial(_check_tls, patient, door), "port")
        yield _check("log_in", partial(_check_log_in, patient, link, plan.config.gateway.id), "tls")
    yield _check("agent", partial(_judge_agent, patient))
    if patient.said is not None:
        yield _check("running", partial(_judge_running, patient.said), "agent")
    yield _check("devices", partial(_check_devices, patient), "configuration")


def _check(key: str, run: Callable[[], Awaitable[Finding]], *needs: str) -> Check:
    return Check(key, NAMES[key], run, needs)


def _door(link: Link) -> Door:
    """A certificate of ours that cannot be read is the matter of another check."""
    try:
        return Door(link.host, link.port, tls(link, with_dates=True) if link.encrypted else None)
    except LinkError:
        return Door(link.host, link.port, tls(replace(link, credential=None), with_dates=True))


async def _check_configuration(patient: Patient) -> Finding:
    faults = patient.faults
    if not faults and patient.plan is not None:
        count = len(patient.plan.devices)
        return ok(f"Đúng, {count} thiết bị.", f"Good, {count} devices.", devices=count)
    shown = "; ".join(map(str, faults[:MOST_FAULTS])) + (
        f" (+{len(faults) - MOST_FAULTS})" if faults[MOST_FAULTS:] else ""
    )
    said = Text(vi=f"{len(faults)} lỗi: {shown}", en=f"{len(faults)} faults: {shown}")
    step = Text(
        vi="Sửa từng dòng, rồi `thacba-edge check`. Cấu hình tốt trước đó vẫn chạy.",
        en="Mend each line, then `thacba-edge check`. The last good configuration still runs.",
    )
    return error("configuration", said, step, faults=len(faults))


async def _check_disk(patient: Patient) -> Finding:
    wanted = patient.plan.bounds.max_bytes if patient.plan is not None else 0
    return await asyncio.to_thread(check_disk, patient.data_dir, wanted=wanted)


async def _ask_centre(patient: Patient, centre: Centre) -> Finding:
    finding, patient.others_ms = await check_centre(centre)
    return finding


async def _check_clock(patient: Patient) -> Finding:
    whose = patient.centre.url if patient.centre is not None else ""
    return check_clock(patient.clock.now_ms(), others_ms=patient.others_ms, whose=whose)


async def _check_papers(patient: Patient) -> Finding:
    link = patient.plan.link if patient.plan is not None else None
    return await asyncio.to_thread(
        check_papers,
        patient.data_dir,
        now_ms=patient.others_ms or patient.clock.now_ms(),
        is_clock_wrong=patient.is_clock_wrong,
        has_password=link is not None and link.credential is None,
    )


async def _check_tls(patient: Patient, door: Door) -> Finding:
    return await check_tls(door, is_clock_wrong=patient.is_clock_wrong)


async def _check_log_in(patient: Patient, link: Link, gateway: str) -> Finding:
    if is_linked(patient.said):
        return ok(f"Tác tử đang có kết nối với tên {gateway}.", f"The agent has a session as {gateway}.")
    return await check_log_in(link, gateway, with_dates=not patient.is_clock_wrong)


async def _judge_agent(patient: Patient) -> Finding:
    return judge_agent(patient.said)


async def _judge_running(said: Said) -> Finding:
    return judge_configuration(said)


async def _check_devices(patient: Patient) -> Finding:
    twice = judge_addresses(same_address(patient.plan.devices)) if patient.plan is not None else None
    if twice is not None:
        return twice
    if patient.said is not None:
        known = patient.said.get("devices", [])
        return judge_devices([Standing(each["id"], each.get("fault", "")) for each in known])
    plan = patient.plan
    if plan is None:
        return judge_devices([])
    around = Surroundings(plan.config.listen, patient.data_dir, patient.clock, looks_only=True)
    connectors = build_connectors(plan.devices, around)
    return judge_devices(standings_of(await read_once(plan.devices, connectors, patient.clock)))


def causes_of(reports: Sequence[Report]) -> list[str]:
    """The causes of everything that is not well, the gravest first."""
    ill = [report.finding for report in reports if report.finding.status in ("error", "warning")]
    return [finding.cause for finding in sorted(ill, key=lambda finding: finding.status != "error")]
