"""The office of configurations: versions, seals, signatures, what is sent again, and what comes from the site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cloud.configuring.sheet import ConfigurationRefusedError
from cloud.configuring.terms import ConfigurationChangedError, Draft, Hand, UnknownGatewayError
from device_profiles.wire.messages import RunningConfiguration, Settings
from device_profiles.wire.sealing import unseal
from tests.cloud.configuring.bench import TEXT, WITH_SECRET, Bench, working
from tests.waiting import eventually

LAN = Hand("lan", "thêm camera")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with working(Bench(tmp_path)) as found:
        yield found


async def test_what_is_set_is_kept_signed_and_sent_retained(bench: Bench) -> None:
    row = await bench.office.set(Draft("gw-1", TEXT), LAN)
    await bench.clock.advance(1)
    (sent,) = bench.sent_to("gw-1")
    assert (sent.version, sent.source, sent.confirm_within_s) == (1, "centre", 300)
    assert [each["id"] for each in sent.settings.devices or ()] == ["gauge"]
    assert (row.author, row.comment, row.text) == ("lan", "thêm camera", TEXT)
    assert bench.office.drift("gw-1").word == "silent"
    bench.runs("gw-1", 1)
    assert bench.office.drift("gw-1").word == "in_step"


async def test_secrets_are_sealed_to_the_gateway_and_kept_nowhere_in_clear(bench: Bench, tmp_path: Path) -> None:
    await bench.office.set(Draft("gw-1", WITH_SECRET, {"cam": "mật khẩu-2024"}), LAN)
    again = await bench.office.set(Draft("gw-1", WITH_SECRET + "# sửa\n"), LAN)
    key = bench.keys.private["gw-1"]
    assert unseal(key, again.sealed["cam"], context="gw-1/cam").decode() == "mật khẩu-2024"
    kept = await asyncio.to_thread(lambda: [each.read_bytes() for each in tmp_path.iterdir()])
    assert b"-2024" not in b"".join(kept)
    with pytest.raises(ConfigurationRefusedError, match="no certificate yet"):
        await bench.office.set(Draft("gw-2", WITH_SECRET, {"cam": "x"}), LAN)


async def test_a_seal_for_a_former_key_is_not_sent_to_the_new_one(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", WITH_SECRET, {"cam": "x"}), LAN)
    bench.keys.private["gw-1"] = ec.generate_private_key(ec.SECP256R1())
    assert (await bench.office.set(Draft("gw-1", WITH_SECRET + "\n"), LAN)).sealed == {}


async def test_nobody_overwrites_what_he_has_not_read(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), Hand("lan", match=0))
    with pytest.raises(ConfigurationChangedError):
        await bench.office.set(Draft("gw-1", TEXT), Hand("minh", match=0))
    with pytest.raises(UnknownGatewayError):
        await bench.office.set(Draft("gw-9", TEXT), LAN)
    with pytest.raises(ConfigurationRefusedError, match="moves in waves"):
        await bench.office.set(Draft("gw-1", 'release = "2.0"\n'), LAN)


async def test_a_preview_says_what_would_change_and_changes_nothing(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    preview = await bench.office.check(Draft("gw-1", TEXT.replace("10.0.0.7", "10.0.0.9")))
    assert [(each.key, each.before, each.after) for each in preview.changes] == [
        ("devices.gauge.connection.host", "10.0.0.7", "10.0.0.9")
    ]
    assert any(line.startswith("+connection") for line in preview.lines)
    assert len(await bench.office.versions("gw-1")) == 1


async def test_a_former_version_comes_back_under_a_new_number(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    await bench.office.set(Draft("gw-1", TEXT.replace("10.0.0.7", "10.0.0.9")), LAN)
    row = await bench.office.restore("gw-1", 1, Hand("minh"))
    assert (row.version, row.text) == (3, TEXT)
    with pytest.raises(UnknownGatewayError, match="7"):
        await bench.office.restore("gw-1", 7, LAN)


async def test_a_broker_that_forgot_is_told_again_but_not_of_those_in_step(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    await bench.office.set(Draft("gw-2", TEXT), LAN)
    bench.runs("gw-2", 1)
    await bench.clock.advance(1)
    bench.link.lost = "gone"
    await bench.clock.advance(1)
    bench.link.connect()
    await bench.clock.advance(2)
    assert [each.version for each in bench.sent_to("gw-1")] == [1]
    assert bench.sent_to("gw-2") == []


async def test_a_gateway_that_says_it_lags_is_sent_it_again_though_not_at_once(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    await bench.clock.advance(1)
    bench.runs("gw-1", 0, source="file")
    await bench.clock.advance(1)
    assert len(bench.sent_to("gw-1")) == 1
    await bench.clock.advance(61)
    bench.runs("gw-1", 0, source="file")
    await bench.clock.advance(1)
    assert len(bench.sent_to("gw-1")) == 2
    assert bench.office.drift("gw-1").word == "waiting"
    for after_s, sent in ((61, 2), (60, 3), (200, 3), (41, 4)):  # each time twice as late
        await bench.clock.advance(after_s)
        bench.runs("gw-1", 0, source="file")
        await bench.clock.advance(1)
        assert len(bench.sent_to("gw-1")) == sent


async def test_the_centre_remembers_after_kill_9(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    bench.office = bench.again()
    await bench.office.open()
    row = bench.office.desired("gw-1")
    assert row is not None
    assert row.version == 1


def at_site(version: int, period_s: int) -> RunningConfiguration:
    """What a technician made."""
    device: dict[str, object] = {
        "id": "gauge", "profile": "river_gauge_radar", "name": {"vi": "x", "en": "x"}, "period_s": period_s,
        "connection": {"kind": "modbus", "host": "10.0.0.7", "unit": None},
    }  # fmt: skip
    return RunningConfiguration(
        version=version, hash="ab", source="site", state="active", settings=Settings(devices=[device])
    )


async def test_what_was_changed_on_site_becomes_the_next_version(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    await bench.clock.advance(1)
    bench.born("gw-1", at_site(2, 30))
    assert bench.office.drift("gw-1").word == "site"
    await bench.clock.advance(1)
    await eventually(lambda: bench.office.drift("gw-1").word == "in_step" and bool(bench.audited), within_s=5)
    newest, first = await bench.office.versions("gw-1")
    assert (newest.version, newest.source) == (2, "site")
    assert "period_s = 30" in newest.text
    assert first.text == TEXT
    assert [each.action for each in bench.audited] == ["configuration_adopted"]
    assert len(bench.sent_to("gw-1")) == 1


async def test_a_site_that_took_the_same_number_wins_and_is_told_a_new_one(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    bench.born("gw-1", at_site(1, 30))
    await bench.clock.advance(1)
    await eventually(lambda: bool(bench.audited), within_s=5)
    await bench.clock.advance(1)
    row = bench.office.desired("gw-1")
    assert row is not None
    assert (row.version, row.source) == (2, "site")
    assert bench.sent_to("gw-1")[-1].version == 2
    bench.born("gw-1", at_site(1, 30))
    await bench.clock.advance(2)
    assert len(await bench.office.versions("gw-1")) == 2
    bench.born("gw-1", at_site(1, 45))
    await bench.clock.advance(1)
    await eventually(lambda: len(bench.audited) == 2, within_s=5)
    assert len(await bench.office.versions("gw-1")) == 3


async def test_a_configuration_that_was_rolled_back_says_why_and_the_next_has_a_higher_number(bench: Bench) -> None:
    await bench.office.set(Draft("gw-1", TEXT), LAN)
    bench.runs("gw-1", 0, source="file", state="rolled_back", tried=1, reason="link_away")
    drift = bench.office.drift("gw-1")
    assert (drift.word, drift.reason, drift.is_wrong) == ("rolled_back", "link_away", True)
    assert (await bench.office.set(Draft("gw-1", TEXT + "\n"), LAN)).version == 2
    assert bench.office.drift("gw-1").word == "waiting"
