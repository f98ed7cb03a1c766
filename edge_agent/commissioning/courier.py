"""Carries finished records to the centre: signs them once the gateway has joined, sends files in parts, never gives up.

```
 record.json ─▶ sign (gateway's key) ─▶ POST ─▶ missing files ─▶ PUT parts of 64 KiB ─▶ POST again: nothing missing
```
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from device_profiles.backoff import Backoff
from device_profiles.wire import WireError, decode, encode
from device_profiles.wire.commissioning import FileReceipt, RecordReceipt, SignedRecord, sign_record, verify_record
from edge_agent.clockwatch import ClockWatch
from edge_agent.commissioning.desk import Desk, DeskError, Refusal
from edge_agent.identity.centre import Answer, Question, trouble_of
from edge_agent.identity.errors import AwayError, IdentityError, RefusedError
from edge_agent.identity.member import MemberDoor
from edge_agent.identity.papers import Identity
from edge_agent.racing import first_of

PATH = "/api/v1/commissioning"
PART_BYTES = 65_536  # gets through in the time of one request even at 20 kbit/s
LOOK_S = 15.0  # the page is another program: it leaves records on the disk and rings no bell
REFUSED_AGAIN_S = 6 * 3600.0
DAY_S = 86_400.0
KEPT_MS = 180 * 86_400_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the courier is: how many records wait, and the code of what keeps them (empty when nothing does)."""

    waiting: int = 0
    fault: str = ""


class Courier:
    """One gateway's; runs until cancelled."""

    def __init__(self, desk: Desk, identity: Callable[[], Identity | None], clock: ClockWatch) -> None:
        self._desk = desk
        self._identity = identity
        self._clock = clock
        self._news = asyncio.Event()
        self._retry = Backoff(base_s=5.0, cap_s=120.0)
        self._not_before: dict[str, float] = {}
        self._tidy_at = 0.0
        self.standing = Standing()

    async def run(self) -> None:
        """Looks, sends, waits; for ever."""
        while True:
            self._news.clear()
            wait_s = await self.attempt()
            await first_of(self._news.wait(), self._clock.sleep(wait_s))

    def hurry(self) -> None:
        """Somebody finished a record, or the link is back: try now."""
        self._retry.reset()
        self._not_before.clear()
        self._news.set()

    async def attempt(self) -> float:
        """Sends what can be sent; seconds until the next attempt is worth while."""
        try:
            return await self._send_all()
        except OSError as error:  # a full or failing disk must not end the program that reads the devices
            return self._stands(max(1, self.standing.waiting), f"disk: {error.strerror or error}", LOOK_S)

    async def _send_all(self) -> float:
        waiting = await asyncio.to_thread(self._desk.waiting)
        try:
            identity = self._identity() if waiting else None
            if waiting and identity is None:
                return self._stands(len(waiting), "not_joined", LOOK_S)
            for identifier in waiting:
                if identity is not None and self._not_before.get(identifier, 0.0) <= self._clock.monotonic():
                    await self._offer(identity, identifier)
        except AwayError as error:
            return self._stands(len(waiting), error.code, self._retry.next_delay())
        except IdentityError as error:  # our own papers are damaged: the identity room tells people
            return self._stands(len(waiting), error.code, LOOK_S)
        self._retry.reset()
        left = await asyncio.to_thread(self._desk.waiting)
        await self._tidy()
        return self._stands(len(left), "refused" if left else "", LOOK_S)

    async def _tidy(self) -> None:
        """Lets go of old records that were sent, once a day."""
        if self._clock.monotonic() >= self._tidy_at:
            self._tidy_at = self._clock.monotonic() + DAY_S
            await asyncio.to_thread(self._desk.forget, sent_before=self._clock.now_ms() - KEPT_MS)

    def _stands(self, waiting: int, fault: str, wait_s: float) -> float:
        now = Standing(waiting, fault if waiting else "")
        if now.fault and now.fault != self.standing.fault:
            log.info("commissioning records wait", extra={"records": now.waiting, "fault": now.fault})
        self.standing = now
        return wait_s

    async def _offer(self, identity: Identity, identifier: str) -> None:
        """One record; what the centre refuses stays on disk with the reason."""
        try:
            await self._deliver(identity, identifier)
        except (RefusedError, DeskError, WireError) as error:
            code = error.code if isinstance(error, RefusedError) else "damaged"
            refusal = Refusal(code, str(error)[:300], self._clock.now_ms())
            await asyncio.to_thread(self._desk.refused, identifier, refusal)
            self._not_before[identifier] = self._clock.monotonic() + REFUSED_AGAIN_S
            log.warning("commissioning record refused", extra={"record": identifier, "code": code})
        else:
            log.info("commissioning record sent", extra={"record": identifier})

    async def _deliver(self, identity: Identity, identifier: str) -> None:
        signed = await asyncio.to_thread(self._signed, identity, identifier)
        door = MemberDoor(identity, self._clock)
        receipt = await self._post(door, signed)
        for sha256 in receipt.missing:
            content = await asyncio.to_thread(self._desk.content, identifier, sha256)
            await _upload(door, f"{PATH}/{identifier}/files/{sha256}", content, receipt.received.get(sha256, 0))
        if receipt.missing:
            receipt = await self._post(door, signed)
        if receipt.missing:
            raise AwayError("centre_fault", f"{len(receipt.missing)} files are missing though they were sent")
        await asyncio.to_thread(self._desk.settle, identifier, receipt)

    def _signed(self, identity: Identity, identifier: str) -> SignedRecord:
        """The record in this gateway's name and with the key in force; signed anew only when that has changed."""
        kept = self._desk.signed(identifier)
        key = identity.key
        try:
            if kept is not None:
                verify_record(kept, key.public_key(), gateway=identity.gateway)
                return kept
        except WireError as error:
            log.info("commissioning record signed anew", extra={"record": identifier, "reason": error.reason})
        record = self._desk.record(identifier)
        signed = sign_record(replace(record, gateway=identity.gateway, site=identity.welcome.site), key)
        self._desk.keep_signed(identifier, signed)
        return signed

    @staticmethod
    async def _post(door: MemberDoor, signed: SignedRecord) -> RecordReceipt:
        return decode(_good(await door.ask(Question("POST", PATH, encode(signed)))), RecordReceipt)

    async def answer(self, _arguments: Mapping[str, object]) -> Mapping[str, object]:
        """The verb `commissioning` of the control socket: tries at once, and says how it stands."""
        self.hurry()
        return {"waiting": self.standing.waiting, "fault": self.standing.fault}


async def _upload(door: MemberDoor, target: str, content: bytes, begin: int) -> None:
    """The parts that the centre does not have yet, one after the other."""
    place = begin if 0 <= begin < len(content) else 0
    while True:
        part = content[place : place + PART_BYTES]
        question = Question("PUT", f"{target}?offset={place}", part, kind="application/octet-stream")
        receipt = decode(_good(await door.ask(question)), FileReceipt)
        if receipt.done:
            return
        if receipt.received == place or not 0 <= receipt.received < len(content):
            raise AwayError("centre_fault", "the centre takes no more of a file")
        place = receipt.received


def _good(answer: Answer) -> bytes:
    if not answer.good:
        raise trouble_of(answer)
    return answer.body
