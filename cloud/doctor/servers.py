"""The servers that the centre needs: state database, store of readings, broker, and the centre itself."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx

from cloud.config import BrokerConfig, CentreConfig, InfluxStoreConfig
from cloud.errors import CloudError, StoreUnavailableError
from cloud.ingest.inbox import Inbox
from cloud.ingest.subscriber import MqttLink
from cloud.metrics import Metrics
from cloud.stores import open_readings, open_state
from device_profiles.checkup import Finding, error, ok, warning
from device_profiles.clock import Clock
from device_profiles.schema import Text

LINK_WITHIN_S = 5.0
SUBSCRIBED_S = 0.3  # the subscriptions of the link are under way when it says that it is there
LOOK_S = 0.05
ANSWER_WITHIN_S = 10.0
STATE_STEP = Text(
    vi="Máy chủ cơ sở dữ liệu có chạy không? Kiểm tra state.url, tên và mật khẩu.",
    en="Does the database server run? Check state.url, the name and the password.",
)
STORE_STEP = Text(
    vi="InfluxDB có chạy không? Kiểm tra store.url, tên, mật khẩu, đĩa của máy chủ. Cảnh báo vẫn hoạt động.",
    en="Does InfluxDB run? Check store.url, the name, the password and the server's disk. Alarms go on meanwhile.",
)
BROKER_STEP = Text(
    vi="Mosquitto có chạy không (`systemctl status mosquitto`)? Kiểm tra broker.url, tên, mật khẩu, chứng thư.",
    en="Does Mosquitto run (`systemctl status mosquitto`)? Check broker.url, the name, the password, the certificates.",
)
START_STEP = Text(
    vi="`systemctl start thacba-cloud`, rồi xem nhật ký.", en="`systemctl start thacba-cloud`, see the log."
)


async def check_state(config: CentreConfig) -> Finding:
    """Whether the state database answers, with a schema that this program knows."""

    def ask() -> int:
        state = open_state(config)
        try:
            state.migrate()
            return len(state.users())
        finally:
            state.close()

    try:
        users = await asyncio.to_thread(ask)
    except CloudError as fault:
        said = Text(vi=f"Cơ sở dữ liệu trạng thái: {fault}.", en=f"The state database: {fault}.")
        return error("state", said, STATE_STEP)
    if not users:
        said = Text(vi="Chưa có người dùng nào.", en="There is no user yet.")
        step = Text(vi="`thacba-cloud user add TÊN --role admin`.", en="`thacba-cloud user add NAME --role admin`.")
        return warning("no_user", said, step)
    return ok(f"Trả lời, {users} người dùng.", f"It answers, {users} users.", users=users)


async def check_readings(config: CentreConfig, clock: Clock) -> Finding:
    """Whether the store of readings takes a canary point."""
    store, roll_ups = open_readings(config, clock)
    try:
        await store.open()
        said = await store.check()
    except StoreUnavailableError as fault:
        text = Text(vi=f"Kho số liệu không nhận: {fault}.", en=f"The store of readings takes nothing: {fault}.")
        return error("readings", text, STORE_STEP)
    finally:
        await store.close()
        await roll_ups.close()
    kind = "InfluxDB" if isinstance(config.store, InfluxStoreConfig) else "SQLite"
    return ok(f"{kind}: {said}.", f"{kind}: {said}.")


async def check_broker(config: BrokerConfig, clock: Clock) -> Finding:
    """Whether the broker lets us in and takes our subscriptions; under another name, so that the centre stays."""
    ours = config.model_copy(update={"client_id": f"thacba-doctor-{uuid4().hex[:8]}"})
    metrics = Metrics()
    link = MqttLink(ours, clock, metrics)
    inbox = Inbox(clock, metrics, most_messages=1000, most_bytes=16 * 1024 * 1024)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(link.run(inbox))
        is_in = await _lets_in(link, clock)
        running.cancel()
    if not is_in:
        said = Text(vi=f"{config.url}: {link.fault()}.", en=f"{config.url}: {link.fault()}.")
        return error("broker", said, BROKER_STEP)
    return ok(f"{config.url} cho đăng nhập.", f"{config.url} lets us in.")


async def check_centre(config: CentreConfig) -> Finding:
    """Whether the centre runs on this machine, and what it says of itself."""
    host = "127.0.0.1" if config.http.host in ("0.0.0.0", "::") else config.http.host
    url = f"http://{host}:{config.http.port}/healthz"
    try:
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False) as client:
            answer = await client.get(url)
            parts = answer.json()["parts"]
    except (httpx.ConnectError, httpx.TimeoutException) as fault:
        said = Text(vi=f"Trung tâm không trả lời ở {url}.", en=f"No centre answers at {url} ({fault}).")
        return warning("not_running", said, START_STEP)
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        said = Text(vi=f"Chương trình khác chiếm {url}.", en=f"Another program answers at {url}.")
        return error("port_taken", said, Text(vi="Đổi http.port hoặc dừng nó.", en="Change http.port, or stop it."))
    ill = sorted(part for part, works in parts.items() if not works)
    if ill:
        names = ", ".join(ill)
        said = Text(vi=f"Trung tâm chạy, nhưng: {names}.", en=f"The centre runs, but not: {names}.")
        return error("degraded", said, Text(vi="Xem các mục khác và nhật ký.", en="See the other checks, and the log."))
    return ok("Trung tâm đang chạy, mọi phần đều tốt.", "The centre runs, every part of it.")


async def _lets_in(link: MqttLink, clock: Clock) -> bool:
    try:
        async with asyncio.timeout(LINK_WITHIN_S):
            while link.fault():
                await clock.sleep(LOOK_S)
    except TimeoutError:
        return False
    await clock.sleep(SUBSCRIBED_S)
    return True
