"""A device from nothing but its address: for `thacba-edge try`."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from pydantic import ValidationError

from device_profiles.explain import Fault, did_you_mean
from device_profiles.load import Catalogue, FileFaultsError
from edge_agent.connectors.bacnet.config import DEFAULT_PORT as BACNET_PORT
from edge_agent.connectors.bacnet.config import BacnetConnection
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.http_json.config import HttpJsonConnection
from edge_agent.connectors.kiosk.config import KioskConnection
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.modbus.config import connection_from_url
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.sdi12.config import connection_from_url as sensor_from_url
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.device import Connection, Device

WEB: Mapping[str, type[KioskConnection] | type[HttpJsonConnection]] = {
    "kiosk": KioskConnection,
    "http_json": HttpJsonConnection,
}
SNMP_PORT = 161
PASSWORD_ENV = "THACBA_DEVICE_PASSWORD"  # noqa: S105 -- the name of a variable, not a password


def device_at(url: str, catalogue: Catalogue, *, profile: str = "") -> Device:
    """The device behind `modbus://host:port/unit?profile=...`, or another scheme: see `_connection`.

    FileFaultsError when the address or the model makes no sense.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    wanted = profile or options.pop("profile", "") or _only_profile_for(parts.scheme)
    if wanted not in catalogue.profiles:
        hint = did_you_mean(wanted, sorted(catalogue.profiles)) if wanted else "add ?profile=... or --profile"
        raise FileFaultsError([Fault(url, "profile", f"{wanted!r} is not in the catalogue", hint)])
    chosen = catalogue[wanted]
    options.pop("profile", None)
    plain = urlunsplit(parts._replace(query=urlencode(options)))
    try:
        connection = _connection(parts.scheme, plain, chosen.protocol)
    except (ValidationError, ValueError) as error:
        raise FileFaultsError([Fault(url, "", str(error).replace("\n", " "))]) from error
    return Device(
        id=parts.hostname or "device",
        name=chosen.name,
        profile=chosen,
        hash=catalogue.hash_of(wanted),
        period_s=chosen.period_s,
        connection=connection,
    )


def _only_profile_for(scheme: str) -> str:
    return "ip_camera" if scheme == "rtsp" else ""


def _connection(scheme: str, url: str, protocol: str) -> Connection:
    if scheme.startswith("modbus") and protocol == "modbus":
        return connection_from_url(url)
    if scheme == "sdi12" and protocol == "sdi12":
        return sensor_from_url(url)
    if scheme in ("http", "https") and protocol in WEB:
        return WEB[protocol].model_validate({"url": url})
    if scheme == "rtsp" and protocol == "camera":
        return _camera(url)
    if scheme in ("mqtt", "mqtts") and protocol in ("mqtt_json", "lorawan"):
        return _behind_a_broker(url, protocol)
    if (scheme, protocol) == ("bacnet", "bacnet"):
        return _building(url)
    if (scheme, protocol) in (("snmp", "snmp"), ("opc.tcp", "opcua")):
        return _plant(url, protocol)
    raise ValueError(f"a device with the protocol {protocol} is not reached by {scheme}://")


def _plant(url: str, protocol: str) -> Connection:
    """`snmp://host?uplink=2` with a community, `snmp://user@host` as version 3; `opc.tcp://host:4840?security=none`."""
    parts, username = _without_login(url)
    options: dict[str, str] = dict(parse_qsl(parts.query))
    if protocol == "opcua":
        login = {"username": username, "password_env": PASSWORD_ENV} if username else {}
        return OpcUaConnection.model_validate({"url": urlunsplit(parts._replace(query="")), **options, **login})
    rows = {name: int(row) if row.isdecimal() else row for name, row in options.items()}
    where = {"host": parts.hostname or "", "port": parts.port or SNMP_PORT, "rows": rows}
    if username:
        secrets = {"auth_password_env": PASSWORD_ENV, "privacy_password_env": PASSWORD_ENV}
        return SnmpConnection.model_validate({**where, "username": username, **secrets})
    return SnmpConnection.model_validate({**where, "version": "2c", "community_env": PASSWORD_ENV})


def _building(url: str) -> Connection:
    """`bacnet://host:47808/700001`: the number is the device's instance."""
    parts = urlsplit(url)
    device = parts.path.strip("/")
    if not device.isdecimal():
        raise ValueError("a BACnet device is reached by bacnet://host/INSTANCE")
    where = {"host": parts.hostname or "", "port": parts.port or BACNET_PORT, "device": int(device)}
    return BacnetConnection.model_validate(where)


def _behind_a_broker(url: str, protocol: str) -> Connection:
    """`mqtt://host:port/name`, or for a LoRaWAN device `mqtt://host:port/application/ID/device/EUI`."""
    parts, username = _without_login(url)
    broker = {"url": f"{parts.scheme}://{parts.netloc}", "username": username}
    broker |= {"key_env": PASSWORD_ENV} if username else {}
    name = unquote(parts.path.strip("/"))
    if protocol == "mqtt_json":
        return MqttJsonConnection.model_validate({**broker, "name": name})
    steps = name.split("/")
    if len(steps) != 4 or steps[::2] != ["application", "device"]:
        raise ValueError("a LoRaWAN device is reached by mqtt://host/application/ID/device/EUI")
    return LorawanConnection.model_validate({**broker, "application": steps[1], "dev_eui": steps[3]})


def _camera(url: str) -> CameraConnection:
    plain, username = _without_login(url)
    login = {"username": username, "password_env": PASSWORD_ENV} if username else {}
    return CameraConnection.model_validate({"url": urlunsplit(plain), **login})


def _without_login(url: str) -> tuple[SplitResult, str]:
    """The user may stand in the address, the password never: it would be seen in the list of processes."""
    parts = urlsplit(url)
    if parts.password:
        raise ValueError(f"leave the password out of the address and export {PASSWORD_ENV}")
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]), parts.username or ""
