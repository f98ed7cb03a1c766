"""Configuration of a device that sends its system log: where it is awaited, from whom, and what is made of it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from device_profiles.basics import Key, Strict

Network: TypeAlias = IPv4Network | IPv6Network
PRIVATE = "private"
# RFC 1918 and RFC 4193, the gateway itself, and addresses of one link: nothing of the Internet
PRIVATE_NETWORKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10")  # fmt: skip # noqa: E501


def _checked(text: str) -> str:
    ip_network(text)  # ValueError says what is wrong with it
    return text


NetworkText = Annotated[str, Field(max_length=43), AfterValidator(_checked)]


class SyslogConnection(Strict):
    """A device that sends its log here; devices with the same transport, host and port share one open door."""

    kind: Literal["syslog"] = Field("syslog", description="Always syslog.")
    transport: Literal["udp", "tcp", "tls"] = Field("udp", description="How lines come: RFC 5426, RFC 6587, RFC 5425.")
    host: str = Field("0.0.0.0", min_length=1, max_length=253, description="Address to listen on.")
    port: int = Field(5514, ge=0, le=65535, description="Port to listen on; below 1024 needs a right of the system.")
    senders: tuple[NetworkText, ...] = Field(
        min_length=1, max_length=64, description="Addresses or networks that the device sends from; others are refused."
    )
    hostname: str = Field("", max_length=255, description="HOSTNAME in its lines; needed when a relay sends for many.")
    networks: dict[Key, Annotated[tuple[NetworkText, ...], Field(min_length=1, max_length=64)]] = Field(
        default_factory=dict, description="Networks of the site, by the names that the profile uses: iot = [...]."
    )
    certificate_file: Path | None = Field(None, description="tls: PEM file of the certificate that senders are shown.")
    key_file: Path | None = Field(None, description="tls: PEM file of its private key.")
    authorities_file: Path | None = Field(None, description="tls: PEM file; senders show a certificate of these.")
    max_bytes: int = Field(8192, ge=480, le=65535, description="Longest line that is looked at; the rest is cut off.")
    max_lines_per_s: int = Field(500, ge=1, le=10_000, description="Most lines looked at, over ten seconds; see below.")
    silent_s: float = Field(900.0, ge=1, le=86400, description="Silent for longer: counts are unknown, not zero.")
    events_per_min: int = Field(10, ge=0, le=600, description="Most lines that are told as events; others count only.")
    line_chars: int = Field(240, ge=0, le=1000, description="How much of a line an event tells; 0 tells none of it.")

    @property
    def claims(self) -> dict[tuple[str, ...], str]:
        """The senders and names that only one device of a door can have."""
        door = (self.transport, self.host, str(self.port))
        named = f" as {self.hostname}" if self.hostname else ""
        return {("syslog", *door, net, self.hostname.lower()): f"the sender {net}{named}" for net in self.senders}

    @model_validator(mode="after")
    def _tls_has_its_files(self) -> Self:
        files = (self.certificate_file, self.key_file, self.authorities_file)
        if self.transport == "tls" and not (self.certificate_file and self.key_file):
            raise ValueError("transport tls needs certificate_file and key_file")
        if self.transport != "tls" and any(files):
            raise ValueError("certificate_file, key_file and authorities_file belong to transport tls")
        return self

    @model_validator(mode="after")
    def _private_is_not_renamed(self) -> Self:
        if PRIVATE in self.networks:
            raise ValueError(f"networks.{PRIVATE} is known already: the addresses that are not of the Internet")
        return self
