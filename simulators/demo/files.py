"""The files that the programs of a demonstration read: one per gateway, one for the centre, and where secrets lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import SecretStr

from device_profiles.schema import Text
from simulators.demo.broker import BrokerAccess
from simulators.demo.fleet import DemoDevice, DemoGateway
from simulators.demo.ports import HOST

BROKER_PASSWORD = "THACBA_DEMO_BROKER_PASSWORD"  # noqa: S105 -- the variable's name
STORE_PASSWORD = "THACBA_DEMO_STORE_PASSWORD"  # noqa: S105
HEALTH_PERIOD_S = 3.0  # a screen of a demonstration shall not wait for news of a gateway
BATCH_S = 0.5

Table = dict[str, Any]  # what TOML is written from
Connection = Mapping[str, Any]  # how an agent reaches a device, as its gateway.toml says it


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """An InfluxDB that readings go to."""

    url: str
    database: str
    username: str
    password: SecretStr


def write_gateway(
    folder: Path,
    gateway: DemoGateway,
    connections: Mapping[str, Connection],
    *,
    broker: BrokerAccess,
    listen_port: int,
    command_key: str,
) -> Path:
    """Writes one gateway.toml and says where."""
    table: Table = {
        "gateway": {
            "id": gateway.id,
            "name": _words(gateway.name),
            "data_dir": f"data/{gateway.id}",
            "health_period_s": HEALTH_PERIOD_S,
            "batch_s": BATCH_S,
        },
        "broker": _broker(broker),
        "listen": {"host": HOST, "port": listen_port},
        "centre": {"command_key": command_key},
        "devices": [_device(device, connections[device.id]) for device in gateway.devices],
    }
    return _write(folder / f"{gateway.id}.toml", table)


def write_centre(
    folder: Path, *, port: int, broker: BrokerAccess, store: StoreAccess | None, webhook: str, sites: Path, run: str
) -> Path:
    """Writes centre.toml and says where."""
    table: Table = {
        "data_dir": "data/centre",
        "sites_dir": str(sites.resolve()),
        "rules_dir": "rules",
        "http": {"host": HOST, "port": port, "cookie_secure": False, "public_url": f"http://{HOST}:{port}"},
        "broker": {**_broker(broker), "client_id": f"thacba-demo-{run}"},
        "notify": {
            "channels": [{"kind": "webhook", "name": "demo", "url": webhook, "allow_private": True, "digests": False}]
        },
    }
    if store is not None:
        table["store"] = {"kind": "influx", "url": store.url, "database": store.database}
        if store.username:
            table["store"] |= {"username": store.username, "password_env": STORE_PASSWORD}
    return _write(folder / "centre.toml", table)


def write_secret(folder: Path, name: str, secret: SecretStr) -> Path:
    """Writes a secret that only we may read, and says where."""
    path = folder / "secrets" / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret.get_secret_value(), encoding="utf-8")
    return path


def environment(broker: BrokerAccess, store: StoreAccess | None) -> dict[str, str]:
    """The variables that the programs find their passwords in."""
    secrets = {BROKER_PASSWORD: broker.password.get_secret_value()}
    if store is not None:
        secrets[STORE_PASSWORD] = store.password.get_secret_value()
    return {name: value for name, value in secrets.items() if value}


def _broker(broker: BrokerAccess) -> Table:
    if not broker.username:
        return {"url": broker.url}
    return {"url": broker.url, "username": broker.username, "password_env": BROKER_PASSWORD}


def _device(device: DemoDevice, connection: Connection) -> Table:
    table: Table = {
        "id": device.id,
        "profile": device.profile,
        "name": _words(device.name),
        "period_s": device.period_s,
        "connection": dict(connection),
    }
    if device.limits:
        table["limits"] = {point: dict(limits) for point, limits in device.limits.items()}
    return table


def _words(text: Text) -> Table:
    return {"vi": text.vi, "en": text.en}


def _write(path: Path, table: Table) -> Path:
    path.write_text(tomli_w.dumps(table), encoding="utf-8")
    return path
