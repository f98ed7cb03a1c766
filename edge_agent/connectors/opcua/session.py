"""One session with an OPC UA server: the only door to asyncua besides the certificates."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.crypto.uacrypto import CertProperties
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from edge_agent.connector import CommandError, LinkError, Scalar
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.opcua.papers import keep_certificate, kept_certificate, our_papers
from edge_agent.connectors.opcua.readout import NO_SUCH_NODE, Severity, Told, in_namespace

T = TypeVar("T")

SESSION_S = 60  # after a crash of ours the server frees the session by then: some have only a handful
WAITING = 10_000  # changes that nobody took yet; beyond it the oldest go, counted
MOST_READS = 200  # nodes in one question
MODES = {"sign": ua.MessageSecurityMode.Sign, "sign_and_encrypt": ua.MessageSecurityMode.SignAndEncrypt}
STRANGERS = (
    ua.uaerrors.BadUserAccessDenied, ua.uaerrors.BadIdentityTokenRejected, ua.uaerrors.BadIdentityTokenInvalid,
    ua.uaerrors.BadSecurityChecksFailed, ua.uaerrors.BadSecurityPolicyRejected, ua.uaerrors.BadSecurityModeRejected,
    ua.uaerrors.BadCertificateUntrusted, ua.uaerrors.BadCertificateInvalid, ua.uaerrors.BadCertificateUriInvalid,
    ua.uaerrors.BadUserSignatureInvalid, ua.uaerrors.BadCertificateTimeInvalid,
)  # fmt: skip
#  what asyncua raises when the other side is gone, or sends octets that are no message
NONSENSE = (UaError, struct.error, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, RuntimeError)
VENDOR_LOG = "asyncua"

log = logging.getLogger(__name__)


class Session:
    """An open session; every method raises LinkError when the server is lost."""

    def __init__(self, client: Any, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s
        self._namespaces: Sequence[str] = ()
        self._nodes: dict[str, Any] = {}
        self._texts: dict[Any, str] = {}
        self._news: deque[tuple[str, Told]] = deque(maxlen=WAITING)
        self._something = asyncio.Event()
        self._lost: str = ""
        self.dropped = 0

    async def know(self, nodes: Sequence[str]) -> None:
        """Finds these nodes: namespaces are numbered anew whenever a server starts."""
        self._namespaces = await _answered(self._client.get_namespace_array(), self._timeout_s)
        for text in nodes:
            with suppress(UaError, ValueError):
                if here := in_namespace(text, self._namespaces):
                    self._nodes[text] = node = self._client.get_node(here)
                    self._texts[node.nodeid] = text

    async def read(self, nodes: Sequence[str]) -> dict[str, Told]:
        """The values of these nodes now, with one question; those that the server does not know are bad."""
        known = [text for text in nodes if text in self._nodes]
        told = dict.fromkeys(nodes, NO_SUCH_NODE)
        for begin in range(0, len(known), MOST_READS):
            some = known[begin : begin + MOST_READS]
            asked = self._client.read_attributes([self._nodes[text] for text in some])
            values = await _answered(asked, self._timeout_s)
            told |= {text: told_of(value) for text, value in zip(some, values, strict=True)}
        return told

    async def subscribe(self, nodes: Sequence[str], *, every_s: float, queue: int) -> None:
        """Asks to be told of changes; nodes that cannot be watched are still read in every round."""
        known = [self._nodes[text] for text in dict.fromkeys(nodes) if text in self._nodes]
        subscription = await _answered(self._client.create_subscription(every_s * 1000, self), self._timeout_s)
        if known:
            asked = subscription.subscribe_data_change(known, queuesize=queue, sampling_interval=every_s * 1000)
            await _answered(asked, self._timeout_s)

    async def changes(self) -> Sequence[tuple[str, Told]]:
        """What changed since the last call, in order; waits for something. LinkError when the session ended."""
        await self._something.wait()
        self._something.clear()
        if self._lost:
            raise LinkError("no_answer", self._lost)
        news = list(self._news)
        self._news.clear()
        return news

    async def write(self, node: str, value: Scalar) -> None:
        """Writes a value in the type that the node has; CommandError when the server refuses."""
        found = self._nodes.get(node)
        if found is None:
            raise CommandError("the server has no such node")
        try:
            kind = await _answered(found.read_data_type_as_variant_type(), self._timeout_s)
            await _answered(found.write_value(ua.DataValue(_typed(value, kind))), self._timeout_s)
        except ServerSaysNoError as refusal:
            raise CommandError(f"the server refuses: {refusal}") from refusal

    def datachange_notification(self, node: Any, _value: object, data: Any) -> None:
        """Called by asyncua for each change."""
        text = self._texts.get(node.nodeid)
        if text is None:
            return
        if len(self._news) == WAITING:
            self.dropped += 1
            if self.dropped.bit_count() == 1:  # at 1, 2, 4, 8 ...
                log.warning("changes dropped", extra={"dropped": self.dropped})
        self._news.append((text, told_of(data.monitored_item.Value)))
        self._something.set()

    def status_change_notification(self, status: Any) -> None:
        """Called by asyncua when the server ends the subscription."""
        self.end(f"the subscription ended: {status.Status.name}")

    def end(self, why: str) -> None:
        """The connection is gone: whoever waits for changes hears so."""
        self._lost = why
        self._something.set()


class ServerSaysNoError(LinkError):
    """The server answered, and the answer is no."""


@asynccontextmanager
async def open_session(connection: OpcUaConnection, folder: Path) -> AsyncIterator[Session]:
    """A session as the configuration wants it; our certificate and the server's first one are kept in this folder."""
    logging.getLogger(VENDOR_LOG).setLevel(logging.CRITICAL)  # what matters comes to us as LinkError
    client = Client(connection.url, timeout=connection.timeout_s, watchdog_intervall=max(1.0, connection.timeout_s))
    client.name = client.description = "Thacba edge agent"
    client.session_timeout = SESSION_S * 1000
    session = Session(client, connection.timeout_s)

    async def lost(error: Exception) -> None:
        session.end(f"{connection.url} is lost: {error}")

    client.connection_lost_callback = lost
    patience_s = 3 * connection.timeout_s  # several questions and signatures
    try:
        seen = await _answered(_secure(client, connection, folder), patience_s)
        await _answered(client.connect(), patience_s)
        if seen:
            keep_certificate(connection, folder, seen)
        yield session
    except ServerSaysNoError as error:
        raise LinkError(error.fault, f"{connection.url}: {error.detail}") from error
    finally:
        await _closed(client, connection.timeout_s)


async def _secure(client: Any, connection: OpcUaConnection, folder: Path) -> bytes:
    """Sets certificates and log-in; gives the server's certificate when it is seen for the first time."""
    seen = b""
    if connection.security != "none":
        papers = our_papers(connection, folder)
        client.application_uri = papers.application
        mode, kept = MODES[connection.security], kept_certificate(connection, folder)
        offers = await client.connect_and_get_server_endpoints()
        offered = _first(Client.find_endpoint(offers, mode, SecurityPolicyBasic256Sha256.URI).ServerCertificate)
        if kept is not None and kept != offered:  # else its owner would only see that nobody answers
            raise ServerSaysNoError("unauthorised", "the server has another certificate than the one that was kept")
        theirs = CertProperties(offered, "der")
        await client.set_security(
            SecurityPolicyBasic256Sha256, papers.certificate, papers.key, server_certificate=theirs, mode=mode
        )
        seen = b"" if kept is not None else offered
    password = connection.password()
    if password is not None:
        client.set_user(connection.username)
        client.set_password(password.get_secret_value())
    if connection.user_certificate_file is not None and connection.user_key_file is not None:
        await client.load_client_certificate(str(connection.user_certificate_file))
        await client.load_private_key(connection.user_key_file)
    return seen


def _first(chain: bytes) -> bytes:
    """The server's own certificate; some send those of their authorities behind it. DER says how long it is."""
    return chain[: int.from_bytes(chain[2:4], "big") + 4]


async def _answered(asked: Awaitable[T], timeout_s: float) -> T:
    """The answer; every way in which there can be none becomes a LinkError that says which."""
    try:
        async with asyncio.timeout(timeout_s):
            return await asked
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # somebody stops us; else asyncua cancelled its own question, because the connection broke
        raise LinkError("no_answer", "the connection broke") from error
    except (TimeoutError, OSError, *NONSENSE) as error:
        raise _lost(error, timeout_s) from error


def _lost(error: Exception, timeout_s: float) -> LinkError:
    """What it means that there is no answer, for whoever has to mend it."""
    match error:
        case TimeoutError():
            return LinkError("timeout", f"no answer within {timeout_s:g} s")
        case ConnectionRefusedError() | socket.gaierror():
            return LinkError("refused", str(error))
        case ConnectionError():
            return LinkError("no_answer", str(error) or "the connection broke")
        case OSError():
            return LinkError("refused", str(error))
        case UaStatusCodeError():
            return ServerSaysNoError("unauthorised" if isinstance(error, STRANGERS) else "device", _name(error))
    return LinkError("no_answer", f"{_name(error)}: {error}"[:200])


async def _closed(client: Any, timeout_s: float) -> None:
    """Lets go of the server, politely when it still listens."""
    with suppress(LinkError):
        await _answered(client.disconnect(), timeout_s)
    client.disconnect_socket()


def told_of(said: Any) -> Told:
    """What asyncua decoded, as ours."""
    code = said.StatusCode.value if said.StatusCode is not None else 0
    severity: Severity = "good" if code >> 30 == 0 else "uncertain" if code >> 30 == 1 else "bad"
    moment = said.SourceTimestamp or said.ServerTimestamp
    at_ms = None if moment is None else round(_utc(moment).timestamp() * 1000)
    value = said.Value.Value if said.Value is not None else None
    return Told(value, severity, "" if severity == "good" else said.StatusCode.name, at_ms)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _typed(value: Scalar, kind: Any) -> Any:
    whole = {
        ua.VariantType.SByte, ua.VariantType.Byte, ua.VariantType.Int16, ua.VariantType.UInt16, ua.VariantType.Int32,
        ua.VariantType.UInt32, ua.VariantType.Int64, ua.VariantType.UInt64,
    }  # fmt: skip
    if kind in whole and not isinstance(value, str):
        if value != int(value):
            raise CommandError(f"the node takes whole numbers, not {value}")
        return ua.Variant(int(value), kind)
    if kind is ua.VariantType.Boolean and value in (0, 1):
        return ua.Variant(bool(value), kind)
    if kind in (ua.VariantType.Float, ua.VariantType.Double) and not isinstance(value, str):
        return ua.Variant(float(value), kind)
    if kind is ua.VariantType.String:
        return ua.Variant(str(value), kind)
    raise CommandError(f"{value!r} is no {kind.name}")


def _name(error: Exception) -> str:
    return type(error).__name__
