"""The one list of connectors: what a connection may be, and which room builds it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from edge_agent.connectors.bacnet.config import BacnetConnection
from edge_agent.connectors.camera.config import CameraConnection
from edge_agent.connectors.http_json.config import HttpJsonConnection, PushConnection
from edge_agent.connectors.kiosk.config import KioskConnection
from edge_agent.connectors.lorawan.config import LorawanConnection
from edge_agent.connectors.modbus.config import ModbusConnection
from edge_agent.connectors.mqtt_json.config import MqttJsonConnection
from edge_agent.connectors.onvif.config import OnvifConnection
from edge_agent.connectors.opcua.config import OpcUaConnection
from edge_agent.connectors.sdi12.config import Sdi12Connection
from edge_agent.connectors.snmp.config import SnmpConnection
from edge_agent.connectors.station_file.config import StationFileConnection
from edge_agent.connectors.syslog.config import SyslogConnection
from edge_agent.interlocks.config import InterlockConnection

AnyConnection = Annotated[
    ModbusConnection
    | HttpJsonConnection
    | PushConnection
    | KioskConnection
    | CameraConnection
    | OnvifConnection
    | SyslogConnection
    | InterlockConnection
    | MqttJsonConnection
    | LorawanConnection
    | StationFileConnection
    | Sdi12Connection
    | SnmpConnection
    | OpcUaConnection
    | BacnetConnection,
    Field(discriminator="kind"),
]

# Kind of a connection -> module in this folder : its build function. A room is imported when a device needs it.
ROOMS = {
    "modbus": "modbus.build:build",
    "http_json": "http_json.build:build_polled",
    "http_push": "http_json.build:build_pushed",
    "kiosk": "kiosk.build:build",
    "camera": "camera.build:build",
    "onvif": "onvif.build:build",
    "syslog": "syslog.build:build",
    "snmp": "snmp.build:build",
    "opcua": "opcua.build:build",
    "bacnet": "bacnet.build:build",
    "interlock": "interlock.build:build",
    "mqtt_json": "mqtt_json.build:build",
    "lorawan": "lorawan.build:build",
    "station_file": "station_file.build:build",
    "sdi12": "sdi12.build:build",
}
