"""Commands in: signed, for this gateway, in time, once; everything else is ignored or refused (F32)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from device_profiles.load import FileFaultsError
from device_profiles.schema import Command as Verb
from device_profiles.wire import Channel, Command, Result, decode, encode
from device_profiles.wire.signing import sign
from edge_agent.connector import CommandError, LinkError
from edge_agent.outbox.memory import memory_outbox
from edge_agent.outbox.owner import OutboxOwner
from edge_agent.uplink.commands import Commands, command_key, packed
from tests.edge_agent.centre import centre_at
from tests.edge_agent.rig import Obedient, plan, running
from tests.edge_agent.samples import NAME, profile
from tests.fakes import ManualClock
from tests.servers import Server
from tests.waiting import eventually

KEY = Ed25519PrivateKey.generate()
KIOSK = profile().model_copy(
    update={
        "commands": (
            Verb(verb="reboot", name=NAME),
            Verb(verb="show_message", name=NAME, arguments=("text",)),
        )
    }
)


def public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


class Desk:
    """Commands with their surroundings."""

    def __init__(self, *, key: str) -> None:
        self.clock = ManualClock()
        self.writer = Obedient()
        self.outbox = OutboxOwner(memory_outbox(), self.clock)
        self.commands = Commands(
            "gw-1",
            key=command_key(key),
            writers={"kiosk": self.writer},
            profiles={"kiosk": KIOSK},
            outbox=self.outbox,
            clock=self.clock,
        )

    def signed(
        self,
        number: int = 1,
        *,
        device: str = "kiosk",
        verb: str = "reboot",
        arguments: dict[str, int | float | bool | str] | None = None,
        gateway: str = "gw-1",
        lasts_ms: int = 60_000,
        key: Ed25519PrivateKey = KEY,
    ) -> bytes:
        now = self.clock.now_ms()
        return encode(sign(Command(1, f"c{number}", gateway, device, verb, now, now + lasts_ms, arguments or {}), key))


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk(key=public(KEY))
    yield made
    made.outbox.end()


async def outcome(desk: Desk, payload: bytes) -> tuple[str, str]:
    result = await desk.commands.answer(payload)
    return (result.outcome, result.detail) if result else ("ignored", "")


async def test_a_good_command_is_done_once(desk: Desk) -> None:
    payload = desk.signed(verb="show_message", arguments={"text": "Nghỉ trưa"})
    assert await outcome(desk, payload) == ("done", "restarting")
    assert await outcome(desk, payload) == ("ignored", "")
    assert desk.writer.told == [("show_message", {"text": "Nghỉ trưa"})]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"device": "gauge"}, ("refused", "no device gauge of this gateway takes commands")),
        ({"verb": "explode"}, ("refused", "the device knows reboot, show_message")),
        ({"verb": "show_message"}, ("refused", "show_message takes: text")),
        ({"arguments": {"now": True}}, ("refused", "reboot takes: no arguments")),
        ({"lasts_ms": -1}, ("expired", "came after its time")),
        ({"gateway": "gw-2"}, ("ignored", "")),
        ({"key": Ed25519PrivateKey.generate()}, ("ignored", "")),
    ],
)
async def test_what_does_not_fit_is_not_done(desk: Desk, changed: dict[str, object], expected: tuple[str, str]) -> None:
    assert await outcome(desk, desk.signed(**changed)) == expected  # type: ignore[arg-type]
    assert desk.writer.told == []


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"body": "{}", "signature": "AAAA"}', b"\xff" * 50])
async def test_junk_is_ignored_and_counted(desk: Desk, payload: bytes) -> None:
    assert await desk.commands.answer(payload) is None
    assert desk.commands.ignored == 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [(CommandError("printer busy"), "refused"), (LinkError("timeout", "kiosk"), "failed"), (TimeoutError(), "failed")],
)
async def test_the_devices_answer_is_told(desk: Desk, error: Exception, expected: str) -> None:
    desk.writer.error = error
    assert (await outcome(desk, desk.signed()))[0] == expected


async def test_without_a_key_nothing_is_obeyed() -> None:
    desk = Desk(key="")
    assert await outcome(desk, desk.signed()) == ("ignored", "")
    desk.outbox.end()


def test_a_retained_or_surplus_message_is_no_command(desk: Desk) -> None:
    desk.commands.take(desk.signed(), retained=True)
    for number in range(20):
        desk.commands.take(desk.signed(number), retained=False)
    assert desk.commands.ignored == 1 + 4


def test_a_wrong_key_is_a_fault_of_the_file() -> None:
    for text in ("nonsense!", base64.b64encode(b"short").decode()):
        with pytest.raises(FileFaultsError, match="Ed25519"):
            command_key(text)


async def test_a_command_travels_and_its_result_comes_back(mosquitto_server: Server, tmp_path: Path) -> None:
    desk = Desk(key="")
    desk.outbox.end()
    writer = Obedient()
    chosen = plan(tmp_path, ["kiosk"], port=mosquitto_server.port, gateway="gw-command", model=KIOSK, key=public(KEY))
    async with centre_at(mosquitto_server, gateway="gw-command") as centre:
        desk.clock = SystemTime()
        stale = desk.signed(9, gateway="gw-command")
        await centre.tell("gw-command", Channel.COMMAND, stale, retain=True)
        async with running(chosen, {}, writers={"kiosk": writer}):
            await eventually(lambda: centre.states, 10)
            await centre.tell("gw-command", Channel.COMMAND, desk.signed(1, gateway="gw-command"))
            await eventually(lambda: centre.results, 10)
        await centre.tell("gw-command", Channel.COMMAND, b"", retain=True)
    assert [(each.id, each.outcome, each.detail) for each in centre.results] == [("c1", "done", "restarting")]
    assert writer.told == [("reboot", {})]


class SystemTime(ManualClock):
    """The real time, for commands that meet a real agent."""

    def __init__(self) -> None:
        from device_profiles.clock import SystemClock

        super().__init__(SystemClock().now_ms())


class Answering:
    """Remote help that says what it was asked."""

    async def help(self, device: str, verb: str, arguments: Mapping[str, object]) -> str:
        """A long answer."""
        return f"{device} {verb} {dict(arguments)} " + "x" * 5_000


async def test_remote_help_is_for_the_gateway_and_its_devices_with_long_answers(desk: Desk) -> None:
    for device in ("", "@gateway"):
        refused = await desk.commands.answer(desk.signed(1 + len(device), device=device, verb="log_tail"))
        assert refused is not None
        assert refused.outcome == "refused"  # before the agent is ready for it
    desk.commands.helping = Answering()
    asked = desk.signed(20, device="@gateway", verb="log_tail", arguments={"lines": 5})
    told = await desk.commands.answer(asked)
    assert told is not None
    assert told.detail.startswith("@gateway log_tail {'lines': 5}")
    assert len(told.detail) > 5_000
    assert len(packed(told)) < 500
    assert decode(packed(told), Result) == told
    wrong = await desk.commands.answer(desk.signed(21, device="@gateway", verb="log_tail", arguments={"path": "/etc"}))
    assert wrong is not None
    assert (wrong.outcome, wrong.detail) == ("refused", "log_tail takes: lines, contains")
    own = await desk.commands.answer(desk.signed(22))
    assert own is not None
    assert desk.writer.told == [("reboot", {})]  # what the device can do itself goes its own way
