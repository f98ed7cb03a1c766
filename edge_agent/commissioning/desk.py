"""Where visits lie on the gateway: every step is on disk before it is said, finished records wait until they are sent.

```
 commissioning/<id>/draft.json ── finish ──▶ record.json ── sign ──▶ signed.json ── sent ──▶ receipt.json
                    files/<sha256>                                refusal.json ◀── refused    (files go)
```
The newest of these names says in which state a visit is; each is written whole or not at all.
"""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from device_profiles.folders import make_lasting
from device_profiles.wire import encode
from device_profiles.wire.codec import decode
from device_profiles.wire.commissioning import (
    RECORD_ID,
    RECORD_LIMITS,
    CommissioningRecord,
    FileEntry,
    FileKind,
    RecordReceipt,
    SignedRecord,
    Verdict,
)
from device_profiles.wire.errors import WireError
from edge_agent.commissioning import steps
from edge_agent.commissioning.pictures import entry_of
from edge_agent.commissioning.steps import StepError
from edge_agent.connector import EdgeError
from edge_agent.lasting import remove_lasting, write_lasting

FOLDER = "commissioning"
DRAFT, RECORD, SIGNED, RECEIPT = "draft.json", "record.json", "signed.json", "receipt.json"
REFUSAL, FILES = "refusal.json", "files"
MAX_OPEN = 20  # drafts and unsent records of one gateway: more is somebody filling the disk
LEAST_FREE_BYTES = 50_000_000  # the outbox needs the disk more than a photo does

State: TypeAlias = Literal["draft", "waiting", "refused", "sent"]
Step: TypeAlias = Callable[[CommissioningRecord], CommissioningRecord]


class Refusal(msgspec.Struct, frozen=True):
    """Why the centre does not take a record; it is kept, and offered again from time to time."""

    code: str
    detail: str
    at: int


class DeskError(EdgeError):
    """There is no such visit, no room for one more, or its files are damaged; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One line of the list of visits."""

    id: str
    state: State
    technician: str
    begun_at: int
    ended_at: int
    verdict: Verdict
    devices: int
    files: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a visit begins; `gateway` and `site` stay empty on a gateway that has not joined."""

    gateway: str = ""
    site: str = ""
    serial: str = ""
    technician: str = ""
    agent: str = ""
    clock: Literal["good", "doubtful"] = "good"


class Desk:
    """The visits of one gateway. Synchronous: call it off the event loop. Safe with several processes."""

    def __init__(self, data_dir: Path, now: Callable[[], int]) -> None:
        self._folder = data_dir / FOLDER
        self._now = now

    def begin(self, opening: Opening) -> CommissioningRecord:
        """A new draft, on disk."""
        with self._alone():
            if sum(visit.state != "sent" for visit in self.visits()) >= MAX_OPEN:
                raise DeskError(f"{MAX_OPEN} visits are open or not sent yet: finish or discard one first")
            record = CommissioningRecord(
                v=1,
                id=secrets.token_hex(16),
                gateway=opening.gateway,
                site=opening.site,
                serial=opening.serial,
                technician=opening.technician,
                begun_at=self._now(),
                ended_at=0,
                verdict="unjudged",
                agent=opening.agent,
                clock=opening.clock,
            )
            make_lasting(self._folder / record.id / FILES, mode=0o700)
            write_lasting(self._folder / record.id / DRAFT, encode(record))
        return record

    def visits(self) -> Sequence[Visit]:
        """Every visit that is kept, the newest first; one that cannot be read any more is left out."""
        found = [visit for visit in map(self._visit, self._ids()) if visit is not None]
        return sorted(found, key=lambda visit: (visit.begun_at, visit.id), reverse=True)

    def state(self, identifier: str) -> State:
        """How far a visit is."""
        folder = self._of(identifier)
        if (folder / RECEIPT).exists():
            return "sent"
        if (folder / REFUSAL).exists():
            return "refused"
        return "waiting" if (folder / RECORD).exists() else "draft"

    def record(self, identifier: str) -> CommissioningRecord:
        """The visit as it is now, or as it was finished."""
        folder = self._of(identifier)
        for name in (RECORD, DRAFT):
            try:
                return decode((folder / name).read_bytes(), CommissioningRecord, RECORD_LIMITS)
            except FileNotFoundError:
                continue
            except (WireError, OSError) as error:
                raise DeskError(f"{name} of visit {identifier} cannot be read: {error}") from error
        raise DeskError(f"there is no visit {identifier!r}")

    def change(self, identifier: str, step: Step) -> CommissioningRecord:
        """Takes a step (edge_agent.commissioning.steps); StepError and nothing changed when it does not fit."""
        with self._alone():
            record = step(self._draft(identifier))
            write_lasting(self._of(identifier) / DRAFT, encode(record))
        return record

    def attach(
        self, identifier: str, content: bytes, *, kind: FileKind, device: str = "", caption: str = ""
    ) -> FileEntry:
        """A photo or the signature, on disk before the draft names it; StepError when it is too large or no picture."""
        entry = entry_of(content, kind=kind, device=device, caption=caption)
        with self._alone():
            record = steps.with_file(self._draft(identifier), entry)
            if shutil.disk_usage(self._folder).free - len(content) < LEAST_FREE_BYTES:
                raise DeskError("the disk is nearly full: no more pictures")
            folder = self._of(identifier)
            if not (folder / FILES / entry.sha256).exists():
                write_lasting(folder / FILES / entry.sha256, content)
            write_lasting(folder / DRAFT, encode(record))
            self._forget_unnamed(record)
        return entry

    def detach(self, identifier: str, sha256: str) -> CommissioningRecord:
        """Takes a picture away again."""
        record = self.change(identifier, lambda draft: steps.without_file(draft, sha256))
        with self._alone():
            self._forget_unnamed(record)
        return record

    def content(self, identifier: str, sha256: str) -> bytes:
        """A picture of a visit; DeskError when it has none such, or not any more."""
        if all(file.sha256 != sha256 for file in self.record(identifier).files):
            raise DeskError("the visit has no such file")
        try:
            return (self._of(identifier) / FILES / sha256).read_bytes()
        except OSError as error:
            raise DeskError(f"the file cannot be read: {error}") from error

    def finish(self, identifier: str) -> CommissioningRecord:
        """Ends a visit: from here on it waits for its signature and the centre. Twice is the same as once."""
        with self._alone():
            folder = self._of(identifier)
            if (folder / RECORD).exists():
                return self.record(identifier)
            record = steps.finished(self._draft(identifier), now=self._now())
            write_lasting(folder / RECORD, encode(record))
            remove_lasting(folder / DRAFT)
            self._forget_unnamed(record)
        return record

    def discard(self, identifier: str) -> None:
        """Throws a draft away; a finished record cannot be discarded."""
        with self._alone():
            self._draft(identifier)
            shutil.rmtree(self._of(identifier))

    # -- for the courier ------------------------------------------------------------------------------------------

    def waiting(self) -> Sequence[str]:
        """The ids of finished records that the centre does not have yet, the oldest first."""
        waiting = [identifier for identifier in self._ids() if self.state(identifier) in ("waiting", "refused")]
        lines = [visit for visit in map(self._visit, waiting) if visit is not None]
        return [visit.id for visit in sorted(lines, key=lambda visit: (visit.ended_at, visit.id))]

    def refusal(self, identifier: str) -> Refusal | None:
        """Why the centre did not take a record; None when it did, or was not asked yet."""
        try:
            return msgspec.json.decode((self._of(identifier) / REFUSAL).read_bytes(), type=Refusal)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def refused(self, identifier: str, refusal: Refusal) -> None:
        """Notes that the centre does not take a record."""
        write_lasting(self._of(identifier) / REFUSAL, msgspec.json.encode(refusal))

    def signed(self, identifier: str) -> SignedRecord | None:
        """The signature that a record waits with; None when nobody has signed it yet."""
        try:
            return decode((self._of(identifier) / SIGNED).read_bytes(), SignedRecord, RECORD_LIMITS)
        except FileNotFoundError:
            return None
        except WireError as error:
            raise DeskError(f"{SIGNED} of visit {identifier} is damaged: {error}") from error

    def keep_signed(self, identifier: str, signed: SignedRecord) -> None:
        """Keeps what will be sent, so that it is sent again in the same words after a power cut."""
        write_lasting(self._of(identifier) / SIGNED, encode(signed))

    def settle(self, identifier: str, receipt: RecordReceipt) -> None:
        """The centre has everything: the pictures may go, the record stays to be looked at."""
        folder = self._of(identifier)
        write_lasting(folder / RECEIPT, encode(receipt))
        remove_lasting(folder / REFUSAL)
        shutil.rmtree(folder / FILES, ignore_errors=True)

    def forget(self, *, sent_before: int) -> int:
        """Lets go of records that were sent and ended before that time; says how many."""
        old = [visit for visit in self.visits() if visit.state == "sent" and visit.ended_at < sent_before]
        for visit in old:
            shutil.rmtree(self._of(visit.id))
        return len(old)

    def _visit(self, identifier: str) -> Visit | None:
        try:
            return _line(self.record(identifier), self.state(identifier))
        except DeskError:  # what cannot be read hides nothing else
            return None

    def _draft(self, identifier: str) -> CommissioningRecord:
        if self.state(identifier) != "draft":
            raise StepError("the record is signed and cannot be changed any more")
        return self.record(identifier)

    def _of(self, identifier: str) -> Path:
        if not RECORD_ID.fullmatch(identifier):  # it becomes the name of a folder
            raise DeskError(f"there is no visit {identifier!r}")
        return self._folder / identifier

    def _ids(self) -> Iterator[str]:
        if self._folder.is_dir():
            yield from (path.name for path in self._folder.iterdir() if RECORD_ID.fullmatch(path.name))

    def _forget_unnamed(self, record: CommissioningRecord) -> None:
        named = {file.sha256 for file in record.files}
        for path in (self._of(record.id) / FILES).iterdir():
            if path.name not in named:
                path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One change at a time, also between the page and the agent."""
        make_lasting(self._folder, mode=0o700)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _line(record: CommissioningRecord, state: State) -> Visit:
    return Visit(
        record.id,
        state,
        record.technician,
        record.begun_at,
        record.ended_at,
        record.verdict,
        len(record.devices),
        len(record.files),
    )
