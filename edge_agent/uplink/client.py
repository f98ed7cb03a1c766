"""The gateway's connection to its centre: which certificates it believes and shows, and its verdict on ours."""

from __future__ import annotations

import select
import ssl

import aiomqtt

from edge_agent.connector import LinkError
from edge_agent.mqtt_client import CONNECT_S, NO_DELAY, PING_SHARE, GatewayClient, Handshake
from edge_agent.trust import trusting
from edge_agent.uplink.faults import DAMAGED
from edge_agent.uplink.link import Link

VERDICT_S = 2.0  # a satellite's round trip takes a third of it


class _Judged(Handshake):
    """In TLS 1.3 a broker judges our certificate after the handshake: hears its verdict before anything is said.

    Who speaks first finds the connection reset, and the alert that says why is lost with it. A broker that takes the
    certificate sends its session tickets at that moment; one that sends none costs `VERDICT_S`.
    """

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        if self.version() != "TLSv1.3" or not select.select([self], [], [], VERDICT_S)[0]:
            return
        patience_s = self.gettimeout()
        self.setblocking(False)
        try:
            self.recv(1)  # never an octet of MQTT: there the client speaks first
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self.settimeout(patience_s)
        except OSError:
            self.close()
            raise


def tls(link: Link, *, with_dates: bool) -> ssl.SSLContext:
    """Believes the broker as the link says, and shows it the link's certificate; LinkError when that cannot be read."""
    context = trusting(link.authorities, with_dates=with_dates)
    context.sslsocket_class = _Judged if link.credential else Handshake
    if link.credential is not None:
        try:
            context.load_cert_chain(link.credential.certificate_file, link.credential.key_file)
        except OSError as error:
            raise LinkError(DAMAGED, f"{link.credential.certificate_file} or its key: {error}") from error
    return context


def client_for(link: Link, name: str, will: aiomqtt.Will | None, *, with_dates: bool, inflight: int) -> GatewayClient:
    """A client of this broker, not connected yet; LinkError when the link's own certificate cannot be read."""
    client = GatewayClient(
        link.host,
        link.port,
        username=link.username or None,
        password=link.password,
        identifier=name,
        will=will,
        timeout=link.keep_alive_s,
        keepalive=max(1, int(link.keep_alive_s * PING_SHARE)),
        tls_context=tls(link, with_dates=with_dates) if link.encrypted else None,
        max_inflight_messages=inflight,
        socket_options=[NO_DELAY],
    )
    client.pending_calls_threshold = inflight
    client._client.connect_timeout = CONNECT_S  # aiomqtt offers no name for it; paho's own default is 5 s
    return client
