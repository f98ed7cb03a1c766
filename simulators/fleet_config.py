"""What stands in a file of simulated devices, and how a wrong one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from device_profiles.schema import Identifier, Key, Strict
from simulators.devices.rtsp.scenes import SceneName
from simulators.faults import FaultKind

LOOPBACK = "127.0.0.1"
BROKER = r"^mqtt://[^/@\s]+$"


class SimulatedFaults(Strict):
    """How often a device goes wrong, at random moments that the seed fixes."""

    faults_per_h: float = Field(1.0, gt=0, le=60, description="Faults per hour of the scenario.")
    mean_s: float = Field(60.0, gt=0, description="Mean length of a fault.")
    kinds: tuple[FaultKind, ...] = Field(tuple(FaultKind), min_length=1, strict=False, description="Which faults.")


class _Simulated(Strict):
    """What all simulated devices are told."""

    id: Identifier = Field(description="Name in the list of addresses.")
    profile: Key = Field(description="Device model, from the catalogue.")
    seed: int = Field(1, ge=0, description="One seed is one place.")
    port: int = Field(0, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    faults: SimulatedFaults | None = Field(None, description="What goes wrong with it; nothing when absent.")


class SimulatedModbus(_Simulated):
    """A Modbus TCP device."""

    kind: Literal["modbus"] = Field(description="Always modbus.")
    unit: int = Field(1, ge=0, le=255, description="Unit address.")


class SimulatedHttp(_Simulated):
    """A device that answers GET /data."""

    kind: Literal["http_json"] = Field(description="Always http_json.")
    key: str = Field("", description="Key that it wants; empty for none. A toy key: never one that is used elsewhere.")


class SimulatedGauge(_Simulated):
    """A rain gauge that pushes."""

    kind: Literal["http_push"] = Field(description="Always http_push.")
    url: str = Field(pattern=r"^https?://", description="Push address of the agent: http://host:port/push/<device>.")
    key: str = Field(min_length=1, description="Key that it sends. A toy key: never one that is used elsewhere.")
    period_s: float = Field(10.0, gt=0, description="Time between reports.")


class SimulatedKiosk(_Simulated):
    """A queue kiosk."""

    kind: Literal["kiosk"] = Field(description="Always kiosk.")
    key: str = Field("", description="Key that it wants; empty for none. A toy key: never one that is used elsewhere.")


class SimulatedCamera(_Simulated):
    """An IP camera on RTSP; its faults are switched by tests only."""

    kind: Literal["camera"] = Field(description="Always camera.")
    scene: SceneName = Field("river", description="What it looks at: river, street or board (a staff gauge).")
    username: str = Field("", description="User that it wants; empty for none.")
    password: str = Field("", description="Password. A toy password: never one that is used elsewhere.")


class SimulatedMqttJson(_Simulated):
    """A device that speaks through a broker in its maker's own words."""

    kind: Literal["mqtt_json"] = Field(description="Always mqtt_json.")
    url: str = Field(pattern=BROKER, description="Broker: mqtt://host:port.")
    name: str = Field(min_length=1, max_length=128, description="Its own name at the broker.")
    period_s: float = Field(10.0, gt=0, description="Time between reports.")


class SimulatedLorawan(_Simulated):
    """A LoRaWAN device, with the ChirpStack that hands it over."""

    kind: Literal["lorawan"] = Field(description="Always lorawan.")
    url: str = Field(pattern=BROKER, description="Broker of the ChirpStack: mqtt://host:port.")
    application: str = Field("17c82e96-be03-4f38-aef3-f83d48582d97", description="ID of its application.")
    dev_eui: str = Field(pattern=r"^[0-9a-fA-F]{16}$", description="Its DevEUI.")
    period_s: float = Field(10.0, gt=0, description="Time between uplinks.")


class SimulatedLog(_Simulated):
    """A firewall or a host that sends its log."""

    kind: Literal["syslog"] = Field(description="Always syslog.")
    target: str = Field(
        pattern=r"^(udp|tcp)://[^/@\s]+:\d{1,5}$", description="Agent: udp://host:port, tcp://host:port."
    )
    period_s: float = Field(10.0, gt=0, description="Time between bursts of lines.")


class SimulatedStation(_Simulated):
    """An environment station that reports by files."""

    kind: Literal["station_file"] = Field(description="Always station_file.")
    folder: Path = Field(description="Folder that it writes into.")
    station: str = Field(
        pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Code before the time in the names of its files."
    )
    period_s: float = Field(300.0, gt=0, description="Time between files.")


class SimulatedProbe(_Simulated):
    """An SDI-12 sensor, alone on a serial line of its own."""

    kind: Literal["sdi12"] = Field(description="Always sdi12.")
    address: str = Field("0", pattern=r"^[0-9A-Za-z]$", description="Its address on the line.")
    measures_s: int = Field(1, ge=0, le=999, description="What a measurement takes.")


class SimulatedSnmp(_Simulated):
    """A switch, a UPS or an outlet on SNMP v2c."""

    kind: Literal["snmp"] = Field(description="Always snmp.")
    community: str = Field("public", min_length=1, description="Community that it wants. A toy: never a real one.")


class SimulatedOpcUa(_Simulated):
    """An OPC UA server without security; needs the extra `opcua`."""

    kind: Literal["opcua"] = Field(description="Always opcua.")


class SimulatedBacnet(_Simulated):
    """A BACnet/IP device; needs the extra `bacnet`."""

    kind: Literal["bacnet"] = Field(description="Always bacnet.")
    device: int = Field(1001, ge=0, le=4_194_302, description="Its device instance.")


Simulated = Annotated[
    SimulatedModbus
    | SimulatedHttp
    | SimulatedGauge
    | SimulatedKiosk
    | SimulatedCamera
    | SimulatedMqttJson
    | SimulatedLorawan
    | SimulatedLog
    | SimulatedStation
    | SimulatedProbe
    | SimulatedSnmp
    | SimulatedOpcUa
    | SimulatedBacnet,
    Field(discriminator="kind"),
]


class FleetConfig(Strict):
    """A set of simulated devices."""

    host: str = Field(LOOPBACK, min_length=1, description="Address to listen on.")
    start_h: float = Field(12.0, ge=0, lt=24, description="Hour of the day at which the scenario begins.")
    speed: float = Field(1.0, gt=0, le=100_000, description="Scenario seconds per real second.")
    devices: tuple[Simulated, ...] = Field(min_length=1, description="The devices.")

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [device.id for device in self.devices]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"devices named twice: {', '.join(twice)}")
        return self
