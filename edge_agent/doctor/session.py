"""Whether the broker lets this gateway in, and lets it speak and hear on its own topics."""

from __future__ import annotations

import aiomqtt

from device_profiles.checkup import Finding, error, ok
from device_profiles.schema import Text
from device_profiles.wire import Channel, topic_for
from edge_agent.connector import LinkError
from edge_agent.supervisor import UNAUTHORISED
from edge_agent.uplink.client import client_for
from edge_agent.uplink.faults import EXPIRED, REVOKED, UNWANTED, WANTED, fault_of
from edge_agent.uplink.link import Link

REFUSED_SUBSCRIPTION = 128
CALL_STEP = Text(
    vi="Gọi trung tâm: cổng này có trong danh sách không, mật khẩu hoặc chứng thư có đúng không?",
    en="Call the centre: is this gateway listed, and is its password or certificate right?",
)
NEW_CLAIM = Text(
    vi="Xin trung tâm một mã ghi danh mới: `thacba-edge join MÃ --anew`.",
    en="Ask the centre for a new claim: `thacba-edge join CODE --anew`.",
)
SAID: dict[str, tuple[Text, Text]] = {
    UNAUTHORISED: (
        Text(vi="Broker không cho đăng nhập: sai tên hoặc mật khẩu.", en="The broker refuses the name or password."),
        CALL_STEP,
    ),
    REVOKED: (
        Text(vi="Chứng thư của cổng đã bị thu hồi.", en="This gateway's certificate has been revoked."),
        NEW_CLAIM,
    ),
    EXPIRED: (
        Text(vi="Broker cho là chứng thư của cổng đã hết hạn.", en="The broker says that our certificate has run out."),
        NEW_CLAIM,
    ),
    UNWANTED: (
        Text(
            vi="Broker không tin chứng thư của cổng: cổng thuộc trung tâm khác.",
            en="The broker does not trust this gateway's certificate: it belongs to another centre.",
        ),
        NEW_CLAIM,
    ),
    WANTED: (
        Text(vi="Broker đòi chứng thư, cổng chưa ghi danh.", en="The broker wants a certificate, and we have none."),
        Text(vi="Ghi danh: `thacba-edge join MÃ`.", en="Join: `thacba-edge join CODE`."),
    ),
    "not_mqtt": (
        Text(
            vi="Ở cổng này không phải broker MQTT: trang đăng nhập Wi-Fi hoặc proxy trả lời thay.",
            en="No MQTT broker answers there: a captive portal or a proxy does.",
        ),
        Text(vi="Đăng nhập mạng đó, hoặc dùng SIM khác.", en="Log in to that network, or use another SIM."),
    ),
}
CAUSES = {REVOKED: "revoked", EXPIRED: "expired", UNWANTED: "foreign", WANTED: "not_joined", "not_mqtt": "portal"}


async def check_log_in(link: Link, gateway: str, *, with_dates: bool) -> Finding:
    """Whether the broker lets us in and takes our subscriptions. For a gateway that has no session just now."""
    try:
        async with client_for(link, gateway, None, with_dates=with_dates, inflight=1) as client:
            for channel in (Channel.RECEIPT, Channel.COMMAND):
                granted = await client.subscribe(topic_for(gateway, channel), qos=1)
                if any(getattr(code, "value", code) >= REFUSED_SUBSCRIPTION for code in granted):
                    return _foreign_topic(gateway)
    except LinkError as fault:
        return _refused(fault.fault, str(fault))
    except aiomqtt.MqttError as fault:
        answer = getattr(getattr(fault, "rc", None), "value", None)
        return _refused(fault_of(str(fault), answer=answer), str(fault))
    return ok(f"Broker nhận {gateway}.", f"The broker takes {gateway}.")


def _foreign_topic(gateway: str) -> Finding:
    said = Text(
        vi=f"Broker không cho {gateway} nghe chủ đề của chính nó.",
        en=f"The broker does not let {gateway} hear its own topics.",
    )
    step = Text(
        vi="Mã cổng trong cấu hình phải trùng tên trong chứng thư hoặc tên đăng nhập.",
        en="The gateway's id in the configuration must be the name in its certificate, or of its log-in.",
    )
    return error("foreign_topic", said, step)


def _refused(fault: str, detail: str) -> Finding:
    known = SAID.get(fault)
    if known is not None:
        return error(CAUSES.get(fault, fault), *known, detail=detail[:200])
    said = Text(vi=f"Không đăng nhập được: {detail[:200]}.", en=f"No session with the broker: {detail[:200]}.")
    return error(fault, said, CALL_STEP)
