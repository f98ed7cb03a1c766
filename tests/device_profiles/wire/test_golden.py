"""The published wire contract: whoever breaks a golden file must make version 2."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from device_profiles.wire import (
    Batch,
    Channel,
    Health,
    Receipt,
    Result,
    SignedCommand,
    State,
    WireError,
    absolute_times,
    decode,
    decode_batch,
    encode,
    parse_topic,
    size_of,
    topic_for,
)
from device_profiles.wire.messages import Message
from device_profiles.wire.signing import verify

GOLDEN = Path(__file__).parents[2] / "golden" / "wire"
VALID = sorted((GOLDEN / "valid").iterdir())
INVALID = sorted((GOLDEN / "invalid").iterdir())
KINDS: dict[str, type[Message]] = {
    "health": Health,
    "receipt": Receipt,
    "result": Result,
    "signed_command": SignedCommand,
    "state": State,
}


def _name(case: Path) -> str:
    return case.name


def _case(folder: Path) -> tuple[str, bytes, dict[str, Any]]:
    """The kind of message, its bytes and what is expected of it."""
    (payload,) = [path for path in folder.iterdir() if path.name != "expected.json"]
    expected: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert expected["about"].endswith("."), "every case says in a sentence what it shows"
    return payload.name.split(".")[0], payload.read_bytes(), expected


@pytest.mark.parametrize("folder", VALID, ids=_name)
def test_what_the_contract_allows_is_read_as_published(folder: Path) -> None:
    kind, payload, expected = _case(folder)
    if kind == "batch":
        batch = decode_batch(payload)
        assert _summary(batch) == {key: value for key, value in expected.items() if key != "about"}
        if folder.name not in ("gzip", "zstd"):  # the bytes of a compressor may differ between its versions
            assert encode(batch) == payload
    else:
        message = decode(payload, KINDS[kind])
        assert json.loads(encode(message)) == expected["message"]
        assert encode(message) == payload


@pytest.mark.parametrize("folder", INVALID, ids=_name)
def test_what_the_contract_forbids_is_refused_with_its_reason(folder: Path) -> None:
    kind, payload, expected = _case(folder)
    with pytest.raises(WireError) as caught:
        _read(kind, payload, expected)
    assert caught.value.reason == expected["reason"]
    assert len(str(caught.value)) < 400, "the reject log keeps reasons short"


def test_a_signed_command_of_the_contract_is_the_centres() -> None:
    _, payload, expected = _case(GOLDEN / "valid" / "signed_command")
    assert msgspec.to_builtins(_verified(payload, expected)) == expected["command"]


def test_the_topics_are_as_published() -> None:
    topics = json.loads((GOLDEN / "topics.json").read_text(encoding="utf-8"))
    for gateway, by_channel in topics["valid"].items():
        assert {channel.value: topic_for(gateway, channel) for channel in Channel} == by_channel
        for channel, topic in by_channel.items():
            address = parse_topic(topic)
            assert (address.gateway, address.channel) == (gateway, channel)
    for topic in topics["invalid"]:
        with pytest.raises(WireError, match="topic"):
            parse_topic(topic)


def _read(kind: str, payload: bytes, expected: dict[str, Any]) -> Message:
    if kind == "batch":
        return decode_batch(payload)
    if kind == "signed_command":
        return _verified(payload, expected)
    return decode(payload, KINDS[kind])


def _verified(payload: bytes, expected: dict[str, Any]) -> Message:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(expected["public_key"]))
    return verify(decode(payload, SignedCommand), key, gateway=expected["gateway"])


def _summary(batch: Batch) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(msgspec.json.encode(batch))
    devices = [
        {**block, "times": absolute_times(block["times"]), "quality": block.get("quality", {})}
        for block in plain.get("devices", [])
    ]
    drops = [list(drop.values()) for drop in plain.get("dropped", [])]
    return {
        "readings": size_of(batch),
        "epoch": batch.epoch,
        "sequence": batch.sequence,
        "base": batch.base,
        "clock": batch.clock,
        "devices": devices,
        "events": [{**event, "facts": event.get("facts", {})} for event in plain.get("events", [])],
        "dropped": drops,
    }
