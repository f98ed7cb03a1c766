"""Who we are to an agent, and an agent to us, in the words of pysnmp."""

from __future__ import annotations

import hashlib
from typing import Any

from pysnmp.entity import config as usm
from pysnmp.hlapi.v3arch.asyncio import CommunityData, UsmUserData

from edge_agent.connectors.snmp.config import SnmpConnection

AUTH = {
    "md5": usm.USM_AUTH_HMAC96_MD5,
    "sha": usm.USM_AUTH_HMAC96_SHA,
    "sha224": usm.USM_AUTH_HMAC128_SHA224,
    "sha256": usm.USM_AUTH_HMAC192_SHA256,
    "sha384": usm.USM_AUTH_HMAC256_SHA384,
    "sha512": usm.USM_AUTH_HMAC384_SHA512,
}
PRIVACY = {
    "des": usm.USM_PRIV_CBC56_DES,
    "aes128": usm.USM_PRIV_CFB128_AES,
    "aes192": usm.USM_PRIV_CFB192_AES,
    "aes256": usm.USM_PRIV_CFB256_AES,
}


def login(connection: SnmpConnection, *, writing: bool = False) -> Any:
    """The log-in as it is in this moment; CredentialError when a secret is not there."""
    if connection.version == "2c":
        community = connection.community(writing=writing).get_secret_value()
        return CommunityData(nickname(community), community, mpModel=1)  # noqa: S508 -- what the device speaks
    auth, privacy = connection.auth_password(), connection.privacy_password()
    return UsmUserData(
        connection.username,
        authKey=auth.get_secret_value() if auth else None,
        authProtocol=AUTH[connection.auth] if auth else None,
        privKey=privacy.get_secret_value() if privacy else None,
        privProtocol=PRIVACY[connection.privacy] if privacy else None,
    )


def keys_of(who: Any) -> object:
    """What an engine must not mix up: one user with other passwords. Communities may share an engine."""
    if isinstance(who, CommunityData):
        return None
    text = repr((who.userName, who.authentication_key, who.privacy_key))
    return hashlib.sha256(text.encode()).hexdigest()


def nickname(community: str) -> str:
    """A name for a community that may be shown and compared."""
    return "c" + hashlib.sha256(community.encode()).hexdigest()[:16]


def identity(connection: SnmpConnection) -> str:
    """By which name pysnmp will tell us that a message of this device was let in."""
    return nickname(connection.community().get_secret_value()) if connection.version == "2c" else connection.username
