"""An update from beginning to end, and each way in which it may end early: real files, wheels and processes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_profiles.wire.releases import SignedRelease
from edge_agent.control.protocol import ControlError
from edge_agent.updating.gate import Seen
from edge_agent.updating.record import Phase, installed
from edge_agent.updating.sources import FolderSource, SourceAwayError
from tests.edge_agent.updating.box import NEW, OLD, WHOLE, Gateway
from tests.fakes import ManualClock
from tests.waiting import eventually


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    made = Gateway(tmp_path)
    made.install_old()
    made.bring()
    return made


def said_by(home: Path) -> str:
    return subprocess.run([home / "bin/thacba-edge"], capture_output=True, text=True, check=True).stdout


async def ended(gateway: Gateway, *, seconds: float = 0) -> str:
    """Waits until the update is over; its reason. Lets time pass meanwhile."""
    clock = gateway.clock
    assert isinstance(clock, ManualClock)

    async def is_over() -> bool:
        await clock.advance(seconds)
        record = gateway.record  # read once: between two looks it may have begun
        return record.phase is Phase.IDLE and record.version != ""

    await eventually(is_over)
    return gateway.record.reason


async def on_trial(gateway: Gateway) -> None:
    """Fetches, installs, switches, restarts: the new version runs and has to prove itself."""
    async with gateway.up() as updater:
        await updater.verb({"action": "apply"})
        await eventually(lambda: gateway.restarts == 1)
    assert gateway.record.phase is Phase.RESTART
    assert gateway.start_again().phase is Phase.GATE


async def test_a_release_is_taken_tried_and_kept(gateway: Gateway) -> None:
    await on_trial(gateway)
    assert (gateway.running, gateway.link("current"), gateway.link("good")) == (NEW, NEW, OLD)
    assert said_by(gateway.root / "current") == f"hello from {NEW}\n"
    async with gateway.up():
        assert await ended(gateway, seconds=10) == ""
    assert (gateway.record.good, gateway.record.previous, gateway.link("good")) == (NEW, OLD, NEW)
    assert installed(gateway.root) == [OLD, NEW]
    assert not (gateway.updates / "download").exists()


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (Seen(link=False, devices=WHOLE.devices), "link"),
        (Seen(link=True, devices={"gauge-1": True, "gauge-2": False}), "gauge-2"),
    ],
)
async def test_a_version_that_lacks_what_was_there_goes_back(gateway: Gateway, seen: Seen, reason: str) -> None:
    await on_trial(gateway)
    gateway.seen, gateway.restarts = seen, 0
    async with gateway.up():
        await eventually(lambda: gateway.clock.advance(30) if not gateway.restarts else True)  # type: ignore[attr-defined]
    assert gateway.record.phase is Phase.ROLL_BACK
    gateway.start_again()
    assert (gateway.running, gateway.link("current"), gateway.link("good")) == (OLD, OLD, OLD)
    assert reason in gateway.record.failed[NEW]


async def test_what_was_silent_before_and_what_is_gone_is_not_missed(gateway: Gateway) -> None:
    gateway.seen = Seen(link=True, devices={"gauge-1": True, "gauge-2": True, "dead": False})
    await on_trial(gateway)
    gateway.seen = Seen(link=True, devices={"gauge-1": True, "dead": False})
    async with gateway.up():
        assert await ended(gateway, seconds=10) == ""
    assert gateway.record.good == NEW


@pytest.mark.parametrize(
    ("release", "word"),
    [
        ({"key": Ed25519PrivateKey.generate()}, "signature"),
        ({"minimum": "0.1.1"}, "0.1.1 or newer"),
        ({"outbox": 4}, "could not read it after a return"),
    ],
)
async def test_a_release_that_is_not_for_this_gateway_is_refused(
    gateway: Gateway, release: dict[str, object], word: str
) -> None:
    gateway.bring(**release)
    async with gateway.up() as updater:
        await updater.verb({"action": "apply"})
        assert word in await ended(gateway)
    assert installed(gateway.root) == [OLD]


async def test_a_release_that_is_too_large_is_refused_before_it_is_fetched(gateway: Gateway) -> None:
    gateway.max_bytes = 100
    async with gateway.up() as updater:
        await updater.verb({"action": "apply"})
        assert "at most" in await ended(gateway)
    assert not (gateway.updates / "download").exists()


async def test_a_wheel_that_is_not_what_was_signed_is_fetched_again_and_then_refused(gateway: Gateway) -> None:
    wheel = gateway.bring()
    wheel.write_bytes(wheel.read_bytes().replace(b"hello", b"jello"))
    async with gateway.up() as updater:
        await updater.verb({"action": "apply"})
        assert "never what was signed" in await ended(gateway)
    assert installed(gateway.root) == [OLD]


class ThinLink(FolderSource):
    """Hands out a few bytes at a time, and is away every other time."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[int] = []

    async def part(self, version: str, name: str, *, offset: int, length: int) -> bytes:
        self.asked.append(offset)
        if len(self.asked) % 2:
            raise SourceAwayError("one bar of 2G")
        return await super().part(version, name, offset=offset, length=min(length, 200))


async def test_a_bad_link_goes_on_where_it_stopped(gateway: Gateway) -> None:
    link = gateway.source = ThinLink(gateway.stick)
    async with gateway.up() as updater:
        await updater.verb({"action": "apply"})
        await eventually(lambda: gateway.clock.advance(700) if len(link.asked) < 6 else True)  # type: ignore[attr-defined]
        assert (await updater.verb({}))["progress"]["bytes"] >= 400  # type: ignore[index]
    assert gateway.record.phase is Phase.DOWNLOAD
    async with gateway.up():  # killed, and started again
        await eventually(lambda: gateway.clock.advance(700) if not gateway.restarts else True)  # type: ignore[attr-defined]
    assert link.asked == sorted(link.asked)
    assert link.asked.count(0) == 2


async def test_a_file_that_has_all_its_bytes_and_not_yet_its_name_is_not_asked_for(gateway: Gateway) -> None:
    wheel = gateway.stick / f"thacba-{NEW}-py3-none-any.whl"
    link = gateway.source = ThinLink(gateway.stick)
    part = gateway.updates / "download" / NEW / f"{wheel.name}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(wheel.read_bytes())
    async with gateway.up() as updater:
        await updater.verb({"action": "apply", "version": NEW})
        await eventually(lambda: gateway.restarts)
    assert link.asked == []


async def test_an_update_under_way_can_be_given_up(gateway: Gateway) -> None:
    class Away(FolderSource):
        async def manifest(self, version: str) -> SignedRelease:
            raise SourceAwayError("no link")

    gateway.source = Away(gateway.stick)
    async with gateway.up() as updater:
        await updater.verb({"action": "apply", "version": NEW})
        await eventually(lambda: gateway.record.phase is Phase.INIT)
        with pytest.raises(ControlError, match="under way"):
            await updater.verb({"action": "apply", "version": NEW})
        await updater.verb({"action": "rollback"})
        assert "by hand" in await ended(gateway)


async def test_somebody_goes_back_to_the_version_before(gateway: Gateway) -> None:
    await on_trial(gateway)
    async with gateway.up() as updater:
        await ended(gateway, seconds=10)

        async def is_idle() -> bool:
            return (await updater.verb({}))["phase"] == "idle"

        await eventually(is_idle)
        gateway.restarts = 0
        assert (await updater.verb({"action": "rollback"}))["version"] == OLD
        await eventually(lambda: gateway.restarts)
    gateway.start_again()
    assert (gateway.running, gateway.link("current"), gateway.link("good")) == (OLD, OLD, OLD)
    async with gateway.up() as updater:
        with pytest.raises(ControlError, match="no version before"):
            await updater.verb({"action": "rollback"})
        updater.want(NEW)  # the centre's wish does not overrule the person at the cabinet
        assert (await updater.verb({}))["phase"] == "idle"
        assert (await updater.verb({"action": "check"}))["newer"] == [NEW]
        await updater.verb({"action": "apply", "version": NEW})  # the person may
        await eventually(lambda: gateway.restarts == 2)
    assert gateway.start_again().runs == NEW


async def test_the_centre_wants_a_version(gateway: Gateway) -> None:
    async with gateway.up() as updater:
        for version in ("", OLD, NEW, NEW):
            updater.want(version)
        await eventually(lambda: gateway.restarts == 1)
    assert gateway.record.version == NEW


async def test_a_trial_that_did_not_come_about_is_written_down(gateway: Gateway) -> None:
    await on_trial(gateway)
    gateway.running = OLD  # the launcher could not keep the record, so it started no trial
    async with gateway.up():
        await eventually(lambda: gateway.record.phase is Phase.IDLE)
    assert "started in its place" in gateway.record.failed[NEW]


@pytest.mark.parametrize(
    "asked", [{"action": "apply", "version": "../x"}, {"action": "apply", "version": OLD}, {"action": "dance"}]
)
async def test_a_wrong_wish_is_explained(gateway: Gateway, asked: dict[str, object]) -> None:
    async with gateway.up() as updater:
        with pytest.raises(ControlError):
            await updater.verb(asked)
