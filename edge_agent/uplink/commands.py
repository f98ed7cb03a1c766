"""Commands in: signed by the centre, for this gateway, not expired, never done twice; and their results out."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from collections import deque
from collections.abc import Mapping
from typing import Literal, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from device_profiles.clock import Clock
from device_profiles.explain import Fault
from device_profiles.load import FileFaultsError
from device_profiles.schema import DeviceProfile
from device_profiles.wire import Command, Result, SignedCommand, WireError, decode, encode
from device_profiles.wire.helping import LONGEST_ANSWER, HelpVerb, argument_fault, help_verb
from device_profiles.wire.signing import verify
from edge_agent.connector import CommandError, LinkError, Writer
from edge_agent.outbox.owner import OutboxOwner

log = logging.getLogger(__name__)

WAITING_COMMANDS = 16
WAITING_RESULTS = 100
LONGEST_WRITE_S = 30.0
LONGEST_DETAIL = 200
PACKED_FROM = 512  # characters
Outcome = Literal["done", "failed", "refused", "expired"]


class Helping(Protocol):
    """Does what the centre may ask of any gateway (device_profiles/wire/helping.py)."""

    async def help(self, device: str, verb: str, arguments: Mapping[str, object]) -> str:
        """The answer as JSON; CommandError when it cannot be done, LinkError when the device does not answer."""


class Commands:
    """Owns the commands that wait and the results that nobody has heard yet; one task runs `run`."""

    def __init__(
        self,
        gateway: str,
        *,
        key: Ed25519PublicKey | None,
        writers: Mapping[str, Writer],
        profiles: Mapping[str, DeviceProfile],
        outbox: OutboxOwner,
        clock: Clock,
    ) -> None:
        self._gateway = gateway
        self._key = key
        self._writers = writers
        self._profiles = profiles
        self._outbox = outbox
        self._clock = clock
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(WAITING_COMMANDS)
        self.results: deque[Result] = deque(maxlen=WAITING_RESULTS)
        self.news = asyncio.Event()
        self.ignored = 0
        self.helping: Helping | None = None  # comes when everything that it asks is there

    def become(self, gateway: str, key: Ed25519PublicKey | None) -> None:
        """Obeys as this gateway, and this centre, from now on."""
        self._gateway = gateway
        self._key = key

    def take(self, payload: bytes, *, retained: bool) -> None:
        """Puts a message of the command topic in the queue; what a broker kept from long ago is no command."""
        if retained or self._waiting.full():
            self._ignore("retained" if retained else "too_many")
            return
        self._waiting.put_nowait(payload)

    async def run(self) -> None:
        """Carries out one command after the other, for ever."""
        while True:
            result = await self.answer(await self._waiting.get())
            if result is not None:
                self.results.append(result)
                self.news.set()

    async def answer(self, payload: bytes) -> Result | None:
        """What came of a message; None when it does not deserve an answer."""
        try:
            command = self._verified(payload)
        except WireError as error:
            self._ignore(error.reason)
            return None
        if max(self._clock.now_ms(), self._outbox.counters().latest_at) > command.expires_at:  # in 1970 nothing expires
            return self._result(command, "expired", "came after its time")
        if not await self._outbox.remember(command.id, until=command.expires_at):
            self._ignore("replayed")
            return None
        return await self._carry_out(command)

    async def _carry_out(self, command: Command) -> Result:
        helps = self._help_of(command)
        refusal = argument_fault(helps, command.arguments) if helps else self._refusal(command)
        if refusal:
            return self._result(command, "refused", refusal)
        log.info("command begun", extra={"id": command.id, "device": command.device, "verb": command.verb})
        within_s = helps.within_s if helps else LONGEST_WRITE_S
        try:
            async with asyncio.timeout(within_s):
                said = await self._done(command, helps)
        except CommandError as error:
            return self._result(command, "refused", str(error))
        except LinkError as error:
            return self._result(command, "failed", str(error))
        except TimeoutError:
            return self._result(command, "failed", f"no answer within {within_s:g} s")
        return self._result(command, "done", said, most=LONGEST_ANSWER if helps else LONGEST_DETAIL)

    async def _done(self, command: Command, helps: HelpVerb | None) -> str:
        if helps is not None and self.helping is not None:
            return await self.helping.help(command.device, command.verb, command.arguments)
        return await self._writers[command.device].write(command.verb, command.arguments)

    def _help_of(self, command: Command) -> HelpVerb | None:
        """The verb of remote help that is meant; a device's own command of that name goes first."""
        profile = self._profiles.get(command.device)
        is_its_own = profile is not None and any(each.verb == command.verb for each in profile.commands)
        return None if self.helping is None or is_its_own else help_verb(command.device, command.verb)

    def _refusal(self, command: Command) -> str:
        """Why the command cannot be carried out here; empty when it can."""
        if command.device not in self._writers:
            return f"no device {command.device} of this gateway takes commands"
        known = {each.verb: set(each.arguments) for each in self._profiles[command.device].commands}
        if command.verb not in known:
            return f"the device knows {', '.join(sorted(known))}"
        if set(command.arguments) != known[command.verb]:
            return f"{command.verb} takes: {', '.join(sorted(known[command.verb])) or 'no arguments'}"
        return ""

    def _verified(self, payload: bytes) -> Command:
        if self._key is None:
            raise WireError("no_key", "this gateway knows no centre that may command it")
        return verify(decode(payload, SignedCommand), self._key, gateway=self._gateway)

    def _result(self, command: Command, outcome: Outcome, detail: str, *, most: int = LONGEST_DETAIL) -> Result:
        log.info("command ended", extra={"id": command.id, "outcome": outcome, "detail": detail[:LONGEST_DETAIL]})
        return Result(
            v=1,
            id=command.id,
            outcome=outcome,
            at=self._clock.now_ms(),
            detail=detail[:most],
        )

    def _ignore(self, reason: str) -> None:
        self.ignored += 1
        log.warning("command ignored", extra={"reason": reason})


def packed(result: Result) -> bytes:
    """A result as it travels: a long one compressed, for it may be a whole configuration over a thin link."""
    return encode(result, "zstd" if len(result.detail) > PACKED_FROM else "none")


def command_key(text: str) -> Ed25519PublicKey | None:
    """The centre's public key from the configuration; None when it is empty."""
    if not text:
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        hint = "`thacba-cloud keys` prints it"
        raise FileFaultsError([Fault("gateway.toml", "centre.command_key", "is not an Ed25519 key", hint)]) from error
