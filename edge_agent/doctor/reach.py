"""Whether a server can be reached: its name, its port, its certificate; and whether somebody stands in between."""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass

from device_profiles.checkup import Finding, error, ok
from device_profiles.schema import Text

PORT_WITHIN_S = 5.0
NAME_MISMATCH = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
DATES = frozenset({9, 10})  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
NETWORK_STEP = Text(
    vi="Kiểm tra SIM, ăng-ten, dây mạng; hỏi nhà mạng xem có chặn cổng này không.",
    en="Check SIM, antenna and network cable; ask the operator whether this port is blocked.",
)


@dataclass(frozen=True, slots=True)
class Door:
    """A server as the gateway has to reach it; `context` only where the link is TLS."""

    host: str
    port: int
    context: ssl.SSLContext | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


async def check_name(door: Door) -> Finding:
    """Whether the name of the server leads to an address."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(door.host, door.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        said = Text(
            vi=f"Không tìm thấy địa chỉ của {door.host} (DNS).", en=f"The name {door.host} leads to no address (DNS)."
        )
        step = Text(
            vi="Kiểm tra tên máy chủ trong cấu hình, SIM còn dữ liệu không, và máy chủ DNS của bộ định tuyến.",
            en="Check the server's name in the configuration, whether the SIM has data left, and the router's DNS.",
        )
        return error("dns", said, step, host=door.host)
    address = str(found[0][4][0])
    return ok(f"{door.host} là {address}.", f"{door.host} is {address}.", host=door.host, address=address)


async def check_port(door: Door, *, within_s: float = PORT_WITHIN_S) -> Finding:
    """Whether somebody takes connections there."""
    try:
        async with asyncio.timeout(within_s):
            _, writer = await asyncio.open_connection(door.host, door.port)
    except TimeoutError:
        said = Text(
            vi=f"{door} không trả lời trong {within_s:g} s: có tường lửa hoặc không có đường đi.",
            en=f"{door} does not answer within {within_s:g} s: a firewall, or no route.",
        )
        return error("no_route", said, NETWORK_STEP, port=door.port)
    except ConnectionRefusedError:
        said = Text(
            vi=f"{door} từ chối kết nối: máy chủ MQTT không chạy, hoặc sai cổng.",
            en=f"{door} refuses connections: the broker does not run, or the port is wrong.",
        )
        step = Text(
            vi="Gọi trung tâm: broker có đang chạy không? So cổng với cấu hình.",
            en="Call the centre: does the broker run? Compare the port with the configuration.",
        )
        return error("refused", said, step, port=door.port)
    except OSError as fault:
        said = Text(vi=f"Không tới được {door}: {fault}.", en=f"{door} cannot be reached: {fault}.")
        return error("no_route", said, NETWORK_STEP, port=door.port)
    writer.close()
    return ok(f"{door} nhận kết nối.", f"{door} takes connections.", port=door.port)


async def check_tls(door: Door, *, is_clock_wrong: bool = False) -> Finding:
    """Whether the server proves who it is."""
    if door.context is None:
        return ok("Không mã hoá (chỉ dùng trong mạng nội bộ).", "Not encrypted (for a local network only).")
    try:
        _, writer = await asyncio.open_connection(door.host, door.port, ssl=door.context)
    except ssl.SSLCertVerificationError as fault:
        return _untrusted(door, fault, is_clock_wrong=is_clock_wrong)
    except (ssl.SSLError, ConnectionError) as fault:
        return _in_between(door, fault)
    except OSError as fault:
        said = Text(vi=f"Kết nối tới {door} bị đứt: {fault}.", en=f"The connection to {door} broke: {fault}.")
        return error("lost", said, NETWORK_STEP)
    spoken = writer.get_extra_info("ssl_object")
    version = spoken.version() if spoken is not None else ""
    writer.close()
    return ok(f"Chứng thư của {door.host} đúng ({version}).", f"The certificate of {door.host} is good ({version}).")


def _untrusted(door: Door, fault: ssl.SSLCertVerificationError, *, is_clock_wrong: bool) -> Finding:
    why = fault.verify_message
    if fault.verify_code in DATES:
        said = Text(
            vi=f"Chứng thư của {door.host} hết hạn hoặc chưa có hiệu lực: {why}.",
            en=f"The certificate of {door.host} has run out or has not begun: {why}.",
        )
        step = Text(
            vi="Đồng hồ của cổng sai: sửa đồng hồ trước." if is_clock_wrong else "Gọi trung tâm: gia hạn chứng thư.",
            en="The gateway's clock is wrong: mend the clock first."
            if is_clock_wrong
            else "Call the centre: renew it.",
        )
        return error("tls_dates", said, step)
    if fault.verify_code in NAME_MISMATCH:
        said = Text(vi=f"Máy chủ trả lời không phải {door.host}: {why}.", en=f"Who answers is not {door.host}: {why}.")
        step = Text(
            vi="Tên trong cấu hình phải đúng như trong chứng thư; nếu đúng, có kẻ đứng giữa: báo trung tâm.",
            en="The name in the configuration must be that of the certificate; if it is, somebody stands in between.",
        )
        return error("tls_name", said, step)
    said = Text(
        vi=f"Không tin chứng thư của {door.host}: {why}.", en=f"The certificate of {door.host} is not trusted: {why}."
    )
    step = Text(
        vi="Cổng thuộc trung tâm khác, hoặc tệp CA sai (broker.ca_file). Đăng ký lại (`thacba-edge join`).",
        en="The gateway belongs to another centre, or the CA file is wrong (broker.ca_file). Join again.",
    )
    return error("wrong_ca", said, step)


def _in_between(door: Door, fault: OSError) -> Finding:
    said = Text(
        vi=f"Ở {door} không phải máy chủ TLS ({fault}): có trang đăng nhập Wi-Fi hoặc proxy chắn giữa.",
        en=f"At {door} no TLS server answers ({fault}): a captive portal or a proxy stands in between.",
    )
    step = Text(
        vi="Mở trình duyệt trong cùng mạng, đăng nhập mạng; hoặc dùng SIM khác.",
        en="Open a browser in the same network and log in to it; or use another SIM.",
    )
    return error("portal", said, step)
