"""Which network addresses a channel may reach: the guard against requests into our own network (SSRF)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from cloud.notify.notifier import NoticeRefusedError

# Cloud machines hand out credentials here: https://owasp.org/www-community/attacks/Server_Side_Request_Forgery
METADATA = frozenset({ip_address("169.254.169.254"), ip_address("fd00:ec2::254"), ip_address("100.100.100.200")})
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last four bytes are an IPv4 address


def check_address(address: str, *, allow_private: bool) -> None:
    """NoticeRefusedError when a notice must not be sent to this IP address."""
    ip = _plain(ip_address(address))
    if ip in METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        raise NoticeRefusedError(f"{address} is never allowed for a channel")
    if not ip.is_global and not allow_private:
        raise NoticeRefusedError(f"{address} is not a public address; set allow_private when that is meant")


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one, if there is one."""
    if isinstance(ip, IPv6Address):
        if ip in NAT64:
            return IPv4Address(ip.packed[-4:])
        return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
    return ip
