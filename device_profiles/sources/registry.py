"""Where points come from: one file per protocol, and here the only list of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from device_profiles.sources.bacnet import BacnetSource
from device_profiles.sources.camera import CameraSource
from device_profiles.sources.derived import DerivedSource
from device_profiles.sources.http_json import JsonSource
from device_profiles.sources.interlock import InterlockSource
from device_profiles.sources.lorawan import LorawanSource
from device_profiles.sources.modbus import ModbusSource
from device_profiles.sources.mqtt_json import MqttJsonSource
from device_profiles.sources.onvif import OnvifSource
from device_profiles.sources.opcua import OpcUaSource
from device_profiles.sources.sdi12 import Sdi12Source
from device_profiles.sources.snmp import SnmpSource
from device_profiles.sources.station_file import StationFileSource
from device_profiles.sources.syslog import SyslogSource

Source = Annotated[
    ModbusSource
    | JsonSource
    | CameraSource
    | DerivedSource
    | OpcUaSource
    | BacnetSource
    | SnmpSource
    | SyslogSource
    | StationFileSource
    | Sdi12Source
    | InterlockSource
    | LorawanSource
    | MqttJsonSource
    | OnvifSource,
    Field(discriminator="protocol"),
]
Protocol = Literal[
    "modbus",
    "http_json",
    "camera",
    "kiosk",
    "derived",
    "opcua",
    "bacnet",
    "snmp",
    "syslog",
    "station_file",
    "sdi12",
    "interlock",
    "lorawan",
    "mqtt_json",
    "onvif",
]
# Kind of a connection -> the protocol that it speaks: a device's connection must speak what its profile needs.
SPEAKS = {
    "modbus": "modbus",
    "http_json": "http_json",
    "http_push": "http_json",
    "kiosk": "kiosk",
    "camera": "camera",
    "opcua": "opcua",
    "bacnet": "bacnet",
    "snmp": "snmp",
    "syslog": "syslog",
    "station_file": "station_file",
    "sdi12": "sdi12",
    "interlock": "interlock",
    "lorawan": "lorawan",
    "mqtt_json": "mqtt_json",
    "onvif": "onvif",
}
