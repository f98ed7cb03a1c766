"""What the centre takes of gateways, what it refuses and reports, and how files come in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.commissioning.checking import RecordRefusedError
from cloud.commissioning.config import CommissioningConfig
from cloud.commissioning.contents import Contents
from cloud.commissioning.office import CommissioningOffice, Desk, Part, Sender
from cloud.store.sql import SqlStateStore
from device_profiles.wire import encode
from device_profiles.wire.commissioning import CommissioningRecord, FileEntry, digest_of, sign_record
from tests.edge_agent.commissioning.visits import desk_in, finished, jpeg, png
from tests.fakes import ManualClock
from tests.readme_check import assert_documented

KEY = ec.generate_private_key(ec.SECP256R1())
OLD_KEY = ec.generate_private_key(ec.SECP256R1())
FOREIGN = ec.generate_private_key(ec.SECP256R1())
SENDER = Sender("gw-1", "10.0.0.7")
OTHER = Sender("gw-2", "10.0.0.8")


@dataclass
class Events:
    """Remembers what was reported."""

    told: list[tuple[str, str, str]] = field(default_factory=list)

    async def record(self, kind: str, *, gateway: str = "", source: str = "", detail: str = "") -> None:
        del source
        self.told.append((kind, gateway, detail.rpartition(": ")[2]))


@dataclass
class Bench:
    """An office over a real database and real files."""

    folder: Path
    state: SqlStateStore
    config: CommissioningConfig = field(default_factory=lambda: CommissioningConfig.model_validate({}))
    events: Events = field(default_factory=Events)
    clock: ManualClock = field(default_factory=ManualClock)

    @property
    def office(self) -> CommissioningOffice:
        """As after a restart, each time."""
        keys = {"gw-1": [KEY.public_key(), OLD_KEY.public_key()], "gw-2": [FOREIGN.public_key()]}
        contents = Contents(self.folder)
        desk = Desk(self.state.commissioning, contents, lambda gateway: keys.get(gateway, []), self.events, self.config)
        return CommissioningOffice(desk, self.clock)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    state = SqlStateStore(f"sqlite:///{tmp_path / 'centre.sqlite3'}")
    state.migrate()
    yield Bench(tmp_path, state)
    state.close()


@pytest.fixture
def record(tmp_path: Path) -> CommissioningRecord:
    """A finished visit with a photo and a signature."""
    return replace(finished(desk_in(tmp_path / "edge")), gateway="gw-1", site="yen-bai")


def pictures(tmp_path: Path, record: CommissioningRecord) -> dict[str, bytes]:
    folder = tmp_path / "edge" / "commissioning" / record.id / "files"
    return {file.sha256: (folder / file.sha256).read_bytes() for file in record.files}


def body(record: CommissioningRecord, key: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    return encode(sign_record(record, key))


async def test_a_record_and_its_files_are_taken_once(bench: Bench, record: CommissioningRecord, tmp_path: Path) -> None:
    receipt = await bench.office.take(SENDER, body(record))
    files = pictures(tmp_path, record)
    assert set(receipt.missing) == set(files)
    for sha256, content in files.items():
        done = await bench.office.take_part(SENDER, Part(record.id, sha256, 0, content))
        assert (done.done, done.received) == (True, len(content))
        assert bench.office.contents.path(sha256).read_bytes() == content
    again = await bench.office.take(SENDER, body(record))  # the answer was lost
    assert (again.missing, again.digest) == ([], receipt.digest)
    row = bench.state.commissioning.record(record.id)
    assert row is not None
    assert (row.complete_at, row.gateway, row.verdict) == (bench.clock.now_ms(), "gw-1", "pass")
    assert bench.events.told == []


async def test_a_former_key_of_the_gateway_still_counts(bench: Bench, record: CommissioningRecord) -> None:
    assert (await bench.office.take(SENDER, body(record, OLD_KEY))).missing


@pytest.mark.parametrize(
    ("sender", "key", "reason", "event"),
    [
        (SENDER, FOREIGN, "signature", "request_forged"),
        (OTHER, KEY, "signature", "request_forged"),  # gw-2 brings what gw-1 signed
        (OTHER, FOREIGN, "wrong_gateway", "request_forged"),  # gw-2 signs what speaks of gw-1
        (Sender("nobody"), KEY, "signature", "request_forged"),
    ],
)
async def test_foreign_signatures_and_wrong_gateways_are_refused_and_reported(
    bench: Bench, record: CommissioningRecord, sender: Sender, key: ec.EllipticCurvePrivateKey, reason: str, event: str
) -> None:
    with pytest.raises(RecordRefusedError) as refused:
        await bench.office.take(sender, body(record, key))
    assert refused.value.reason == reason
    assert bench.events.told == [(event, sender.gateway, reason)]
    assert bench.state.commissioning.record(record.id) is None


async def test_a_changed_text_is_not_what_was_signed(bench: Bench, record: CommissioningRecord) -> None:
    forged = body(record).replace(b"29.87", b"19.87")
    with pytest.raises(RecordRefusedError) as refused:
        await bench.office.take(SENDER, forged)
    assert refused.value.reason == "signature"


async def test_another_record_under_a_used_id_is_a_replay(bench: Bench, record: CommissioningRecord) -> None:
    await bench.office.take(SENDER, body(record))
    with pytest.raises(RecordRefusedError) as refused:
        await bench.office.take(SENDER, body(replace(record, note="khác")))
    assert refused.value.reason == "other_record"
    assert bench.events.told == [("request_replayed", "gw-1", "other_record")]
    row = bench.state.commissioning.record(record.id)
    assert row is not None
    assert "khác" not in row.body


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"verdict": "fail"}, "verdict_wrong"),
        ({"ended_at": 0}, "unfinished"),
        ({"technician": ""}, "unfinished"),
        ({"devices": []}, "unfinished"),
        ({"files": [FileEntry("a" * 64, "photo", "image/png", 9, "kein")]}, "files_wrong"),
        ({"files": [FileEntry("a" * 64, "photo", "image/png", 9)] * 2}, "files_wrong"),
        ({"files": [FileEntry("a" * 64, "photo", "image/png", 5_000_001)]}, "malformed"),
    ],
)
async def test_records_that_make_no_sense_are_refused(
    bench: Bench, record: CommissioningRecord, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(RecordRefusedError) as refused:
        await bench.office.take(SENDER, body(replace(record, **change)))
    assert refused.value.reason == reason
    assert bench.events.told == []  # a mistake of ours is no attack


@pytest.mark.parametrize("garbage", [b"", b"{}", b"\xff\xfe", b'{"body":"{}","signature":"x"}', b"[" * 10_000])
async def test_garbage_is_refused(bench: Bench, garbage: bytes) -> None:
    with pytest.raises(RecordRefusedError) as refused:
        await bench.office.take(SENDER, garbage)
    assert refused.value.reason in ("malformed", "signature")


async def test_files_come_in_parts_over_restarts(bench: Bench, record: CommissioningRecord) -> None:
    photo = jpeg(200_000)
    entry = FileEntry(digest_of(photo), "photo", "image/jpeg", len(photo))
    record = replace(record, files=[entry])
    await bench.office.take(SENDER, body(record))
    first = await bench.office.take_part(SENDER, Part(record.id, entry.sha256, 0, photo[:65_536]))
    assert (first.received, first.done) == (65_536, False)
    same = await bench.office.take_part(SENDER, Part(record.id, entry.sha256, 0, photo[:65_536]))  # lost answer
    assert same.received == 65_536
    assert (await bench.office.take(SENDER, body(record))).received == {entry.sha256: 65_536}
    gap = await bench.office.take_part(SENDER, Part(record.id, entry.sha256, 190_000, photo[190_000:]))
    assert (gap.received, gap.done) == (65_536, False)
    last = await bench.office.take_part(SENDER, Part(record.id, entry.sha256, 65_536, photo[65_536:]))
    assert last.done
    assert bench.office.contents.path(entry.sha256).read_bytes() == photo


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 999), max_size=12), twice=st.sets(st.integers(0, 12)))
async def test_any_cutting_and_repeating_gives_the_same_file(
    bench: Bench, record: CommissioningRecord, cuts: list[int], twice: set[int]
) -> None:
    import secrets

    photo = b"\xff\xd8\xff" + secrets.token_bytes(997)
    sha256 = digest_of(photo)
    files = [FileEntry(sha256, "photo", "image/jpeg", len(photo))]
    mine = replace(record, id=secrets.token_hex(16), files=files)
    bench.clock.set_wall(bench.clock.now_ms() + 86_400_000)  # so many a day are too many
    await bench.office.take(SENDER, body(mine))
    edges = sorted({0, *cuts, len(photo)})
    done = False
    for number, (begin, end) in enumerate(pairwise(edges)):
        for _ in range(2 if number in twice else 1):
            done = (await bench.office.take_part(SENDER, Part(mine.id, sha256, begin, photo[begin:end]))).done
    assert done
    assert bench.office.contents.path(sha256).read_bytes() == photo


@pytest.mark.parametrize(
    ("sender", "sha256", "content", "reason"),
    [
        (OTHER, "", png(), "unknown_file"),  # not the gateway of the record
        (SENDER, "b" * 64, png(), "unknown_file"),  # not named
        (SENDER, "../../etc/passwd", png(), "unknown_file"),
        (SENDER, "", b"x" * 100_000, "too_large"),
        (SENDER, "", None, "file_wrong"),  # as many bytes, but others
    ],
)
async def test_files_that_nobody_asked_for_are_refused(
    bench: Bench, record: CommissioningRecord, sender: Sender, sha256: str, content: bytes | None, reason: str
) -> None:
    await bench.office.take(SENDER, body(record))
    wanted = record.files[0]
    part = Part(record.id, sha256 or wanted.sha256, 0, content if content is not None else bytes(wanted.size))
    with pytest.raises(RecordRefusedError) as refused:
        await bench.office.take_part(sender, part)
    assert refused.value.reason == reason
    assert wanted.sha256 in (await bench.office.take(SENDER, body(record))).missing


async def test_a_file_that_is_no_picture_is_not_kept(bench: Bench, record: CommissioningRecord) -> None:
    page = b"<script>alert(1)</script>"
    entry = FileEntry(digest_of(page), "photo", "image/png", len(page))
    await bench.office.take(SENDER, body(replace(record, files=[entry])))
    with pytest.raises(RecordRefusedError, match="is not image/png"):
        await bench.office.take_part(SENDER, Part(record.id, entry.sha256, 0, page))
    assert not bench.office.contents.is_whole(entry.sha256)


async def test_room_and_number_are_bounded(bench: Bench, record: CommissioningRecord) -> None:
    bench.config = CommissioningConfig(total_mb=6, per_gateway_a_day=2)
    large = [FileEntry("c" * 64, "photo", "image/png", 4_000_000)]
    await bench.office.take(SENDER, body(replace(record, id="1" * 32, files=large)))
    more = [FileEntry("d" * 64, "photo", "image/png", 4_000_000)]
    with pytest.raises(RecordRefusedError, match="no room"):
        await bench.office.take(SENDER, body(replace(record, id="2" * 32, files=more)))
    await bench.office.take(SENDER, body(replace(record, id="3" * 32, files=[])))
    with pytest.raises(RecordRefusedError) as refused:
        await bench.office.take(SENDER, body(replace(record, id="4" * 32, files=[])))
    assert refused.value.reason == "too_many"
    again = await bench.office.take(SENDER, body(replace(record, id="1" * 32, files=large)))  # known: no new one
    assert again.missing == ["c" * 64]


async def test_a_picture_that_another_record_brought_is_not_asked_for_again(
    bench: Bench, record: CommissioningRecord, tmp_path: Path
) -> None:
    await bench.office.take(SENDER, body(record))
    for sha256, content in pictures(tmp_path, record).items():
        await bench.office.take_part(SENDER, Part(record.id, sha256, 0, content))
    assert (await bench.office.take(SENDER, body(replace(record, id="5" * 32)))).missing == []
    row = bench.state.commissioning.record("5" * 32)
    assert row is not None
    assert row.complete_at
    assert re.fullmatch("[0-9a-f]{64}", row.digest)


def test_every_bound_is_documented() -> None:
    assert_documented("cloud/commissioning", CommissioningConfig)
