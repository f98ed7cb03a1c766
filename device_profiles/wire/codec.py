"""Bytes to messages and back; limits are checked before anything is parsed, and sense before anything is believed."""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal, TypeVar

import msgspec
import zstandard

from device_profiles.wire.errors import WireError
from device_profiles.wire.messages import Batch, DeviceBlock, Message
from device_profiles.wire.proof import prove

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

Compression = Literal["none", "gzip", "zstd"]
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one message may be; beyond it the message is refused before it costs memory."""

    wire_bytes: int = 256 * 1024
    inflated_bytes: int = 2 * 1024 * 1024
    inflation_ratio: int = 200
    readings: int = 20_000
    brackets: int = 20_000


DEFAULT_LIMITS = Limits()
_batch_decoder = msgspec.json.Decoder(Batch)
_encoder = msgspec.json.Encoder()
_of_thread = threading.local()


def encode(message: Message, compression: Compression = "none") -> bytes:
    """The message as JSON, compressed when asked."""
    plain = _encoder.encode(message)
    if compression == "gzip":
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        return packer.compress(plain) + packer.flush()
    if compression == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(plain)
    return plain


def inflate(payload: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The plain JSON of a payload; WireError when it is too large or would unpack to more than the limits allow."""
    if len(payload) > limits.wire_bytes:
        raise WireError("too_large", f"{len(payload)} bytes, limit {limits.wire_bytes}")
    most = min(limits.inflated_bytes, len(payload) * limits.inflation_ratio)
    if payload.startswith(GZIP_MAGIC):
        return _gunzip(payload, most)
    if payload.startswith(ZSTD_MAGIC):
        return _unzstd(payload, most)
    return payload


def decode_batch(payload: bytes, limits: Limits = DEFAULT_LIMITS) -> Batch:
    """The batch in a payload, proven to keep the contract; WireError says what it breaks."""
    plain = inflate(payload, limits)
    if plain.count(b"[") + plain.count(b"{") > limits.brackets:
        raise WireError("too_deep", f"more than {limits.brackets} brackets")
    try:
        batch = _batch_decoder.decode(plain)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError("malformed", str(error)[:200]) from error
    prove(batch, max_readings=limits.readings)
    return batch


def decode(payload: bytes, kind: type[M], limits: Limits = DEFAULT_LIMITS) -> M:
    """Any other message of the contract; WireError says what is wrong with it."""
    plain = inflate(payload, limits)
    try:
        return msgspec.json.decode(plain, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError("malformed", str(error)[:200]) from error


def readings_in(block: DeviceBlock) -> int:
    """How many readings a block carries: values, and nulls that a quality code explains."""
    readings = 0
    for column in block.points.values():  # once for every batch: a plain loop takes half as long as a generator
        readings += len(column) - column.count(None)
    for key, marks in block.quality.items():
        column = block.points[key]
        readings += sum(1 for position, _ in marks if column[position] is None)
    return readings


def size_of(batch: Batch) -> int:
    """How many readings and events a batch carries: what the ledger counts."""
    return sum(readings_in(block) for block in batch.devices) + len(batch.events)


def absolute_times(times: list[int]) -> list[int]:
    """Times in ms since 1970 UTC from the first absolute one and the differences behind it."""
    return list(accumulate(times))


def relative_times(times: list[int]) -> list[int]:
    """The wire form of absolute times: the first, then differences."""
    return [times[0], *(later - earlier for earlier, later in pairwise(times))] if times else []


def _gunzip(payload: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj(31)
    try:
        plain = unpacker.decompress(payload, most)
    except zlib.error as error:
        raise WireError("malformed", f"gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise WireError("bomb", f"unpacks to more than {most} bytes")
    if not unpacker.eof or unpacker.unused_data:
        raise WireError("malformed", "gzip: cut short, or something follows it")
    return plain


def _unzstd(payload: bytes, most: int) -> bytes:
    # The frame says how much is in it, and the unpacker holds it to that: nothing is unpacked before the size is known.
    try:
        size = zstandard.frame_content_size(payload)
        if size < 0:
            raise WireError("malformed", "zstd: the frame does not say its content size")
        if size > most:
            raise WireError("bomb", f"unpacks to more than {most} bytes")
        return _zstd_unpacker().decompress(payload, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise WireError("malformed", f"zstd: {error}") from error


def _zstd_unpacker() -> zstandard.ZstdDecompressor:
    """One a thread: it must not be shared by two, and making it costs as much as unpacking a batch."""
    unpacker: zstandard.ZstdDecompressor | None = getattr(_of_thread, "unpacker", None)
    if unpacker is None:
        unpacker = _of_thread.unpacker = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024)
    return unpacker
