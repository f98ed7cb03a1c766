"""Whether the agent runs, how it stands with the centre, and which configuration it goes by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from device_profiles.checkup import Finding, error, ok, warning
from device_profiles.schema import Text

Said = Mapping[str, Any]  # the answer of the verb `status`

START_STEP = Text(
    vi="`systemctl start thacba-edge`, rồi `journalctl -u thacba-edge -n 50`.",
    en="`systemctl start thacba-edge`, then `journalctl -u thacba-edge -n 50`.",
)
WAIT_STEP = Text(
    vi="Số liệu nằm an toàn trên cổng. Hỏi trung tâm: kho số liệu và tiến trình nhận có chạy không?",
    en="The readings are safe on the gateway. Ask the centre whether its store and its ingest run.",
)
MEND_STEP = Text(
    vi="Cấu hình tốt trước đó đang chạy. Sửa cấu hình ở trung tâm rồi gửi lại.",
    en="The last good configuration runs. Mend the configuration at the centre, and send it again.",
)


def is_linked(said: Said | None) -> bool:
    """True when the agent runs and has a session with the broker."""
    return said is not None and bool(said.get("link", {}).get("up"))


def judge_agent(said: Said | None) -> Finding:
    """Whether the agent runs and its readings arrive."""
    if said is None:
        return warning("not_running", Text(vi="Tác tử không chạy.", en="The agent does not run."), START_STEP)
    link, backlog = said.get("link", {}), int(said.get("backlog", {}).get("readings", 0))
    if not link.get("up"):
        fault = str(link.get("fault", ""))
        said_so = Text(
            vi=f"Tác tử chạy, chưa có kết nối ({fault}); {backlog} số đo chờ trên đĩa.",
            en=f"The agent runs without a link ({fault}); {backlog} readings wait on the disk.",
        )
        return warning("no_link", said_so, WAIT_STEP, backlog=backlog)
    receipts = int(link.get("receipts", 0))
    if backlog and not receipts:
        said_so = Text(
            vi=f"Có kết nối nhưng trung tâm chưa xác nhận gì; {backlog} số đo đang chờ.",
            en=f"There is a link, and the centre has acknowledged nothing; {backlog} readings wait.",
        )
        return error("no_receipt", said_so, WAIT_STEP, backlog=backlog)
    return ok(
        f"Tác tử chạy, {receipts} xác nhận từ trung tâm, {backlog} số đo đang chờ.",
        f"The agent runs, {receipts} receipts from the centre, {backlog} readings wait.",
        receipts=receipts,
        backlog=backlog,
    )


def judge_configuration(said: Said) -> Finding:
    """Whether the configuration that was wanted is the one that runs."""
    configuration = said.get("configuration", {})
    version, state = configuration.get("version", 0), str(configuration.get("state", "active"))
    reason = str(configuration.get("reason", ""))
    if state == "rolled_back":
        text = Text(vi=f"Cấu hình mới đã bị trả lại: {reason}.", en=f"The new configuration was taken back: {reason}.")
        return warning("rolled_back", text, MEND_STEP, version=version)
    if state == "trial":
        text = Text(vi=f"Đang thử cấu hình {version}.", en=f"Configuration {version} is being tried.")
        return ok(text.vi, text.en, version=version)
    return ok(f"Cấu hình {version} đang chạy.", f"Configuration {version} runs.", version=version)
