"""The webhook channel against a real HTTP server: stable JSON, one key, and no way into our own network."""

from __future__ import annotations

import hmac
import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cloud.errors import ConfigurationError
from cloud.notify.channels.webhook.channel import Webhook
from cloud.notify.channels.webhook.config import WebhookConfig
from cloud.notify.net_guard import check_address
from cloud.notify.notifier import NoticeLinkError, NoticeMisconfiguredError, NoticeRefusedError
from cloud.notify.registry import build_channel
from tests.cloud.notify.contents import CONTENT, VERY_LOW, content, http_answer, receiver


def config(url: str, **more: object) -> WebhookConfig:
    """A webhook to this machine."""
    return WebhookConfig.model_validate({"kind": "webhook", "name": "ops", "url": url, "allow_private": True, **more})


async def test_a_notice_arrives_as_json_with_its_key_and_signature(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("secret\n")
    async with receiver() as hook:
        webhook = build_channel(config(hook.url, signing_key_file=str(key))).notifier
        await webhook.send(content(level="very low", level_shown=VERY_LOW))
        await webhook.close()
    (request,) = hook.requests
    document = json.loads(request.body)
    assert request.line == "POST /hook HTTP/1.1"
    assert request.headers["idempotency-key"] == CONTENT.key == document["key"]
    assert request.headers["host"] == f"127.0.0.1:{hook.port}"
    assert request.headers["thacba-signature"] == f"sha256={hmac.new(b'secret', request.body, 'sha256').hexdigest()}"
    assert sorted(document) == [
        "alarm", "count", "device", "gateway", "instruction", "key", "kind", "label", "level", "level_shown", "link",
        "observed_at", "point", "received_at", "rest", "rule", "rule_version", "severity", "site", "site_name", "text",
        "threshold", "unit", "v", "value",
    ]  # fmt: skip
    assert (document["level"], document["level_shown"]) == ("very low", {"vi": "rất thấp", "en": "very low"})
    assert document["label"]["vi"] == "cảnh báo kỹ thuật nội bộ"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 422 Unprocessable\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
        b"not http at all\r\n\r\n",
        b"",
    ],
)
async def test_everything_but_2xx_is_tried_again(answer: bytes) -> None:
    async with receiver(answer) as hook:
        webhook = Webhook(config(hook.url))
        with pytest.raises(NoticeLinkError):
            await webhook.send(CONTENT)
        await webhook.close()
    assert len(hook.requests) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_wrong_address_or_secret_is_told_at_once(status: int) -> None:
    async with receiver(http_answer(status)) as hook:
        webhook = Webhook(config(hook.url))
        with pytest.raises(NoticeMisconfiguredError, match=str(status)):
            await webhook.send(CONTENT)
        await webhook.close()


async def test_a_slow_or_dead_receiver_is_tried_again() -> None:
    async with receiver() as hook:
        hook.muted = True
        webhook = Webhook(config(hook.url, timeout_s=0.2))
        with pytest.raises(NoticeLinkError, match="Timeout"):
            await webhook.send(CONTENT)
        await webhook.close()
    webhook = Webhook(config("http://127.0.0.1:1/"))
    with pytest.raises(NoticeLinkError):
        await webhook.send(CONTENT)
    await webhook.close()


async def test_this_machine_is_no_address_unless_allowed() -> None:
    async with receiver() as hook:
        for url in (hook.url, hook.url.replace("127.0.0.1", "localhost"), hook.url.replace("127.0.0.1", "0x7f000001")):
            webhook = Webhook(config(url, allow_private=False))
            with pytest.raises((NoticeRefusedError, NoticeLinkError)):
                await webhook.send(CONTENT)
            await webhook.close()
    assert not hook.requests


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "::",
                                     "::ffff:169.254.169.254", "2002:a9fe:a9fe::",
                                     "64:ff9b::a9fe:a9fe"])  # fmt: skip
def test_metadata_and_link_local_are_never_allowed(address: str) -> None:
    with pytest.raises(NoticeRefusedError):
        check_address(address, allow_private=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.9", "::1", "fd12::1",
                                     "100.64.0.1", "::ffff:10.0.0.1"])  # fmt: skip
def test_private_networks_need_permission(address: str) -> None:
    check_address(address, allow_private=True)
    with pytest.raises(NoticeRefusedError):
        check_address(address, allow_private=False)


def test_public_addresses_are_allowed() -> None:
    check_address("203.113.131.1", allow_private=False)
    check_address("2606:4700::1111", allow_private=False)


async def test_a_receiver_that_listens_on_one_of_its_addresses_is_found() -> None:
    async with receiver() as hook:
        webhook = Webhook(config(hook.url.replace("127.0.0.1", "localhost")))
        await webhook.send(CONTENT)
        await webhook.close()
    assert len(hook.requests) == 1


async def test_a_name_that_does_not_resolve_is_tried_again() -> None:
    webhook = Webhook(config("http://nowhere.invalid/"))
    with pytest.raises(NoticeLinkError, match="resolved"):
        await webhook.send(CONTENT)
    await webhook.close()


def test_a_missing_secret_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="NO_SUCH_KEY"):
        build_channel(config("http://127.0.0.1:1/", signing_key_env="NO_SUCH_KEY"))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        build_channel(config("http://127.0.0.1:1/", signing_key_file=str(tmp_path / "none")))
    with pytest.raises(ConfigurationError, match="certificate authority"):
        build_channel(config("https://127.0.0.1:1/", ca_file=str(tmp_path / "none")))


def self_signed(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate that nobody has vouched for, as file and as a server's context."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    secret = folder / f"{name}.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return pem, context


async def test_certificates_are_checked_against_the_name_although_the_address_is_pinned(tmp_path: Path) -> None:
    pem, right = self_signed(tmp_path, "localhost")
    _, wrong = self_signed(tmp_path, "other.test")
    async with receiver(tls=right) as hook:
        url = f"https://localhost:{hook.port}/hook"
        trusting = build_channel(config(url, ca_file=str(pem))).notifier
        await trusting.send(CONTENT)
        await trusting.close()
        assert hook.requests[0].headers["host"] == f"localhost:{hook.port}"
        await _is_not_believed(config(url))
    async with receiver(tls=wrong) as hook:
        await _is_not_believed(config(f"https://localhost:{hook.port}/hook", ca_file=str(tmp_path / "other.test.pem")))


async def _is_not_believed(wanted: WebhookConfig) -> None:
    webhook = build_channel(wanted).notifier
    with pytest.raises(NoticeLinkError, match=r"(?i)certificate"):
        await webhook.send(CONTENT)
    await webhook.close()


async def test_a_receiver_that_drips_is_given_up_in_time() -> None:
    async with receiver(b"HTTP/1.1 200 OK\r\nx-slow: ") as hook:  # never ends its headers
        hook.held_open = True
        webhook = Webhook(config(hook.url, timeout_s=0.2))
        with pytest.raises(NoticeLinkError, match="Timeout"):
            await webhook.send(CONTENT)
        await webhook.close()
