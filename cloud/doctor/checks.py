"""The checks of the centre, in the order in which one stands on another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cloud.config import CentreConfig
from cloud.doctor.files import check_files, check_folder, check_handles, check_key
from cloud.doctor.servers import check_broker, check_centre, check_readings, check_state
from device_profiles.checkup import Check
from device_profiles.clock import Clock
from device_profiles.schema import Text

NAMES = {
    "files": Text(vi="Cấu hình và các tệp", en="Configuration and files"),
    "folder": Text(vi="Thư mục dữ liệu", en="Data folder"),
    "key": Text(vi="Khoá ký lệnh", en="Command key"),
    "handles": Text(vi="Giới hạn hệ thống", en="Limits of the system"),
    "state": Text(vi="Cơ sở dữ liệu trạng thái", en="State database"),
    "readings": Text(vi="Kho số liệu", en="Store of readings"),
    "broker": Text(vi="Broker MQTT", en="MQTT broker"),
    "centre": Text(vi="Trung tâm đang chạy", en="Running centre"),
}


def checks_of(path: Path, config: CentreConfig | None, clock: Clock) -> Iterator[Check]:
    """Every check; without a configuration that can be read, only that is said."""
    yield Check("files", NAMES["files"], partial(check_files, path))
    yield Check("handles", NAMES["handles"], check_handles)
    if config is None:
        return
    yield Check("folder", NAMES["folder"], partial(check_folder, config.data_dir))
    yield Check("key", NAMES["key"], partial(check_key, config.data_dir), ["folder"])
    yield Check("state", NAMES["state"], partial(check_state, config), ["folder"])
    yield Check("readings", NAMES["readings"], partial(check_readings, config, clock), ["folder"])
    yield Check("broker", NAMES["broker"], partial(check_broker, config.broker, clock))
    yield Check("centre", NAMES["centre"], partial(check_centre, config))
