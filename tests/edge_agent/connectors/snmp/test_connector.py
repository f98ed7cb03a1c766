"""SNMP devices asked for real: Debian's snmpd answers over UDP, as 2c and as 3, well and unwell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from device_profiles.load import load_catalogue
from device_profiles.schema import DeviceProfile
from edge_agent.connector import CommandError, LinkError
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.snmp.connector import SnmpDevice
from edge_agent.connectors.snmp.engine import Engine
from tests.edge_agent.connectors.snmp.agents import AUTH, PRIVACY, USER, overrides, run_snmpd, secrets
from tests.servers import Server
from tests.waiting import eventually

CATALOGUE = load_catalogue()
UPS, SWITCH, PDU = (CATALOGUE[name] for name in ("generic_ups_mib", "generic_if_mib_switch", "apc_switched_pdu"))
U = "1.3.6.1.2.1.33.1"
OUTLET = "1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.3"
COUNTER = "1.3.6.1.4.1.99999.1.0"  # private: answered by a script of snmpd
ON_BATTERY: Mapping[str, tuple[str, object]] = {
    f"{U}.2.2.0": ("integer", 90),
    f"{U}.2.3.0": ("integer", 41),
    f"{U}.2.4.0": ("integer", 87),
    f"{U}.4.1.0": ("integer", 5),
    OUTLET: ("integer", 1),
}


@pytest.fixture(scope="module")
def agent() -> Iterator[Server]:
    with run_snmpd(*overrides(ON_BATTERY)) as server:
        yield server


@asynccontextmanager
async def device(port: int, profile: DeviceProfile, folder: Path, **fields: Any) -> AsyncIterator[SnmpDevice]:
    files: dict[str, Any] = dict(secrets(folder))
    fields = {"host": "127.0.0.1", "port": port, "version": "2c", "timeout_s": 2.0, "retries": 0, **files, **fields}
    made = SnmpDevice("d", SnmpConnection(**fields), profile, Engine())
    try:
        yield made
    finally:
        await made.close()


async def values(made: SnmpDevice) -> dict[str, Any]:
    return {sample.point: sample.fault or sample.value for sample in await made.poll()}


@pytest.mark.parametrize("version", ["2c", "3"])
async def test_a_ups_on_battery_is_read(agent: Server, tmp_path: Path, version: str) -> None:
    async with device(agent.port, UPS, tmp_path, version=version, username=USER) as ups:
        read = await values(ups)
    assert read == {"mains": False, "battery_pct": 87, "battery_min": 41, "output_source": 2, "temp_c": "missing"}


async def test_columns_are_walked_and_rows_found_by_name(agent: Server, tmp_path: Path) -> None:
    async with device(agent.port, SWITCH, tmp_path, rows={"uplink": "lo"}, max_values=2) as switch:
        first = await values(switch)
        assert first["uplink"] is True
        assert isinstance(first["ports_down"], int)
        assert "util_pct" not in first  # a rate has no value before its second count
    async with device(agent.port, SWITCH, tmp_path, rows={"uplink": "no-such-port"}) as switch:
        read = await values(switch)
        assert read["uplink"] == read["util_pct"] == "no_such_row"
        assert isinstance(read["ports_down"], int)


async def test_a_column_longer_than_allowed_is_bad(agent: Server, tmp_path: Path) -> None:
    system = _with_sources(UPS, {"mains": {"oid": "1.3.6.1.2.1.1", "reads": "count"}})
    async with device(agent.port, system, tmp_path, max_rows=4) as made:
        assert (await values(made))["mains"] == "too_long"


async def test_a_counter_that_wraps_keeps_its_rate_and_one_that_was_cleared_has_none(tmp_path: Path) -> None:
    counter, script = tmp_path / "counter", tmp_path / "answer.sh"
    counter.write_text("4294967000\n")
    answer = (
        f"case $ask in PING) echo PONG;; get) read oid; echo $oid; echo counter; cat {counter};; *) echo NONE;; esac"
    )
    script.write_text(f"while read ask; do {answer}; done\n")
    counted = _with_sources(UPS, {"battery_min": {"oid": COUNTER, "reads": "per_s"}})
    with run_snmpd(f"pass_persist {COUNTER.removesuffix('.0')} /bin/sh {script}") as server:
        async with device(server.port, counted, tmp_path) as made:
            assert "battery_min" not in await values(made)
            counter.write_text("704\n")  # 1000 more, once round
            grown = await eventually(partial(_growth, made))
            assert isinstance(grown, float)
            assert 0 < grown <= 1000 * 100
            counter.write_text("600\n")  # no counter runs back
            assert await eventually(partial(_growth, made)) == "restarted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "3", "username": "nobody"},
        {"version": "3", "username": USER, "auth": "sha"},
        {"version": "3", "username": USER, "privacy_password_file": None, "privacy_password_env": "WRONG_PASSWORD"},
    ],
    ids=["user", "auth", "privacy"],
)
async def test_a_wrong_log_in_is_said_plainly(
    agent: Server, tmp_path: Path, wrong: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG_PASSWORD", "not-this-one")
    async with device(agent.port, UPS, tmp_path, timeout_s=0.5, **wrong) as made:
        with pytest.raises(LinkError) as lost:
            await made.poll()
    assert lost.value.fault in ("unauthorised", "timeout")
    assert AUTH not in str(lost.value)
    assert PRIVACY not in str(lost.value)


async def test_a_password_that_was_mended_counts_with_the_next_poll(agent: Server, tmp_path: Path) -> None:
    async with device(agent.port, UPS, tmp_path, version="3", username=USER, timeout_s=0.5) as ups:
        (tmp_path / "auth_password").write_text("not-this-one")
        with pytest.raises(LinkError, match="does not know this log-in"):
            await ups.poll()
        (tmp_path / "auth_password").write_text(AUTH)
        assert (await values(ups))["battery_pct"] == 87


async def test_a_device_that_dies_and_comes_back(tmp_path: Path) -> None:
    with run_snmpd(*overrides(ON_BATTERY)) as server:
        async with device(server.port, UPS, tmp_path, timeout_s=0.3) as ups:
            assert (await values(ups))["battery_pct"] == 87
            server.pause()
            with pytest.raises(LinkError, match="timeout"):
                await ups.poll()
            server.resume()
            assert (await eventually(partial(_read, ups)))["battery_pct"] == 87


async def test_a_set_is_bounded_and_read_back(agent: Server, tmp_path: Path) -> None:
    async with device(agent.port, PDU, tmp_path, rows={"outlet": 3}, writes="allowed") as pdu:
        assert "2 written" in await pdu.write("outlet_off", {})
        assert (await values(pdu))["outlet_on"] is False
        with pytest.raises(CommandError, match="does not know"):
            await pdu.write("outlet_reboot", {})
        with pytest.raises(CommandError, match="no arguments"):
            await pdu.write("outlet_on", {"value": 7})
    async with device(agent.port, PDU, tmp_path, rows={"outlet": 3}) as pdu:
        with pytest.raises(CommandError, match="allows no writes"):
            await pdu.write("outlet_on", {})
    async with device(agent.port, PDU, tmp_path, rows={"outlet": 9}, writes="allowed") as pdu:
        with pytest.raises(CommandError, match="no such value"):
            await pdu.write("outlet_on", {})
    reader = {"write_community_file": None, "writes": "allowed", "rows": {"outlet": 3}}
    async with device(agent.port, PDU, tmp_path, **reader) as pdu:
        with pytest.raises(CommandError, match=r"may not|lets nobody"):
            await pdu.write("outlet_on", {})


async def test_devices_with_one_log_in_share_an_engine_and_do_not_wait_for_each_other(
    agent: Server, tmp_path: Path
) -> None:
    engine, files = Engine(), dict(secrets(tmp_path))
    with run_snmpd() as dead:
        dead.pause()
        ports = (agent.port, dead.port)
        common: dict[str, Any] = {"host": "127.0.0.1", "version": "2c", "timeout_s": 1.0, "retries": 0, **files}
        made = [SnmpDevice(str(port), SnmpConnection(port=port, **common), UPS, engine) for port in ports]
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            silent = group.create_task(_fault(made[1]))
            assert (await values(made[0]))["battery_pct"] == 87
            assert not silent.done()
        assert silent.result() == "timeout"
        dead.resume()
    await made[1].close()
    assert engine.in_use
    await made[0].close()
    assert not engine.in_use


async def _fault(made: SnmpDevice) -> str:
    try:
        await made.poll()
    except LinkError as error:
        return error.fault
    return ""


async def _read(made: SnmpDevice) -> Mapping[str, Any]:
    try:
        return await values(made)
    except LinkError:
        return {}


async def _growth(made: SnmpDevice) -> float | str:
    """Nothing while two polls fall into one hundredth of a second, or nothing has grown."""
    told: float | str = (await values(made)).get("battery_min", 0.0)
    return told


def _with_sources(profile: DeviceProfile, changes: Mapping[str, Mapping[str, Any]]) -> DeviceProfile:
    said: dict[str, Any] = profile.model_dump(mode="json")
    points: Sequence[dict[str, Any]] = said["points"]
    for point in points:
        if point["key"] in changes:
            point["type"], point["source"] = "float", {"protocol": "snmp", **changes[point["key"]]}
    return DeviceProfile.model_validate({**said, "points": points, "sector": profile.sector}, strict=False)
