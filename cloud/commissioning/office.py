"""Takes records and their files from gateways: believes nothing unsigned, loses nothing, and takes nothing twice.

```
 POST record ─▶ key of the gateway? verdicts? room? ─▶ row + names of files ─▶ receipt: these are missing
 PUT  part   ─▶ named by a record of this gateway? next byte? ─▶ disk ─▶ whole: digest, picture? ─▶ row ─▶ done
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from cloud.commissioning.checking import NEVER_MEANT, RecordRefusedError, believed, read_signed
from cloud.commissioning.config import CommissioningConfig
from cloud.commissioning.contents import Contents
from cloud.enrolment import security
from cloud.errors import StateConflictError
from cloud.incidents.sniffing import type_of
from cloud.store.commissioning_port import CommissioningFileRow, CommissioningRow, CommissioningStore
from device_profiles.clock import Clock
from device_profiles.wire.commissioning import (
    CommissioningRecord,
    FileReceipt,
    RecordReceipt,
    SignedRecord,
    digest_of,
)

DAY_MS = 86_400_000
MAX_PART_BYTES = 1_000_000
MEGABYTE = 1_000_000

Keys = Callable[[str], Sequence[EllipticCurvePublicKey]]  # the keys of a gateway's certificates that count


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a request: the gateway that signed it, and the address that it came from."""

    gateway: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a file: of which record, which file, and from which byte on."""

    record: str
    sha256: str
    offset: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Desk:
    """What the office works with."""

    store: CommissioningStore
    contents: Contents
    keys: Keys
    events: security.SecurityEvents
    config: CommissioningConfig


class CommissioningOffice:
    """The only writer of commissioning records."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self.store = desk.store
        self.contents = desk.contents
        self._desk = desk
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def take(self, sender: Sender, body: bytes) -> RecordReceipt:
        """Keeps a record and says which files are missing; the same record again gets the same answer."""
        try:
            signed = read_signed(body)
            keys = await asyncio.to_thread(self._desk.keys, sender.gateway)
            record = believed(signed, keys, gateway=sender.gateway)
            async with self._one_at_a_time:
                return await asyncio.to_thread(self._keep, record, signed)
        except RecordRefusedError as refusal:
            await self._report(sender, refusal)
            raise

    async def take_part(self, sender: Sender, part: Part) -> FileReceipt:
        """Keeps a piece of a file; a piece that does not begin where the last one ended is not taken, only answered."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._keep_part, sender, part)

    async def _report(self, sender: Sender, refusal: RecordRefusedError) -> None:
        if refusal.reason in NEVER_MEANT:
            kind = security.REQUEST_REPLAYED if refusal.reason == "other_record" else security.REQUEST_FORGED
            detail = f"commissioning record: {refusal.reason}"
            await self._desk.events.record(kind, gateway=sender.gateway, source=sender.address, detail=detail)

    def _keep(self, record: CommissioningRecord, signed: SignedRecord) -> RecordReceipt:
        digest = digest_of(signed.body.encode())
        there = self.store.record(record.id)
        if there is None:
            self._check_room(record)
            row, files = rows_of(record, signed, now=self._clock.now_ms())
            try:
                self.store.add(row, files)
            except StateConflictError as error:
                raise RecordRefusedError("other_record", "The id of the record is taken.") from error
        elif (there.digest, there.gateway) != (digest, record.gateway):
            raise RecordRefusedError("other_record", "Another record was sent under this id before.")
        return self._receipt(record.id, digest)

    def _check_room(self, record: CommissioningRecord) -> None:
        config = self._desk.config
        if self.store.count(record.gateway, since=self._clock.now_ms() - DAY_MS) >= config.per_gateway_a_day:
            raise RecordRefusedError("too_many", "This gateway has sent as many records as it may in a day.")
        more = sum(file.size for file in record.files)
        if self.store.named_bytes() + more > config.total_mb * MEGABYTE:
            raise RecordRefusedError("no_room", "There is no room for more photos: tell whoever runs the centre.")

    def _receipt(self, record: str, digest: str) -> RecordReceipt:
        """Files that another record brought already are not asked for again."""
        missing: list[str] = []
        for file in self.store.files(record):
            if file.received_at is None and self.contents.is_whole(file.sha256):
                self.store.received(record, file.sha256, at=self._clock.now_ms())
            elif file.received_at is None:
                missing.append(file.sha256)
        begun = {sha256: self.contents.received(record, sha256) for sha256 in missing}
        return RecordReceipt(record, digest, missing, {sha256: size for sha256, size in begun.items() if size})

    def _keep_part(self, sender: Sender, part: Part) -> FileReceipt:
        file = self._file(sender, part)
        if file.received_at is not None:
            return FileReceipt(file.sha256, file.size, done=True)
        there = self.contents.received(part.record, part.sha256)
        if there < file.size and (part.offset != there or not part.content):
            return FileReceipt(file.sha256, there, done=False)
        if there < file.size and there + len(part.content) > file.size:
            raise RecordRefusedError("too_large", f"The record names {file.size} bytes for this file.")
        if there < file.size:
            there = self.contents.add(part.record, part.sha256, part.content)
        if there < file.size:
            return FileReceipt(file.sha256, there, done=False)
        self._settle(file)
        return FileReceipt(file.sha256, file.size, done=True)

    def _settle(self, file: CommissioningFileRow) -> None:
        head = self.contents.settle(file.record, file.sha256)
        if head is None:
            raise RecordRefusedError("file_wrong", "The file is not the one that the record names: send it again.")
        if type_of(head) != file.type:
            self.contents.drop(file.sha256)
            raise RecordRefusedError("file_wrong", f"The file is not {file.type}.")
        self.store.received(file.record, file.sha256, at=self._clock.now_ms())

    def _file(self, sender: Sender, part: Part) -> CommissioningFileRow:
        row = self.store.record(part.record)
        mine = self.store.files(part.record) if row and row.gateway == sender.gateway else ()
        for file in mine:
            if file.sha256 == part.sha256:
                return file
        raise RecordRefusedError("unknown_file", "No record of this gateway names this file.")


def rows_of(
    record: CommissioningRecord, signed: SignedRecord, *, now: int
) -> tuple[CommissioningRow, list[CommissioningFileRow]]:
    """What is kept of a record, before any file has come."""
    row = CommissioningRow(
        id=record.id,
        gateway=record.gateway,
        site=record.site,
        serial=record.serial,
        technician=record.technician,
        verdict=record.verdict,
        begun_at=record.begun_at,
        ended_at=record.ended_at,
        received_at=now,
        complete_at=None if record.files else now,
        devices=len(record.devices),
        digest=digest_of(signed.body.encode()),
        body=signed.body,
        signature=signed.signature,
    )
    files = [
        CommissioningFileRow(record.id, each.sha256, each.kind, each.type, each.size, each.device, each.caption)
        for each in record.files
    ]
    return row, files
