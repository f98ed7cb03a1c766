"""The door of the fleet as the registry of gateways sees it: whom the broker lets in, and whom it puts out."""

from __future__ import annotations

from typing import Protocol

from cloud.errors import CloudError


class DoorError(CloudError):
    """The broker could not be told; trying again may help, and both calls may be repeated as often as one likes."""


class BrokerDoor(Protocol):
    """Lets gateways in and puts them out; a gateway is known by the CN of its certificate, which is its id.

    Who holds a certificate of ours that is in date and not on the revocation list may come in; nothing else is asked.
    The caller keeps on disk that a revocation is to be told, and repeats it until `revoke` has returned.
    """

    async def revoke(self, gateway: str, crl_pem: bytes) -> None:
        """Puts the list where the broker reads it, makes the broker read it, then cuts the gateway's live session.

        The list is that of the issuing authority, whole, PEM. A new box with the same id and another certificate is
        cut once too, and comes back by itself. DoorError when the broker could not be told.
        """

    async def admit(self, gateway: str) -> None:
        """A gateway got its certificate; DoorError when the broker could not be told."""


class OpenDoor:
    """A broker that asks for no certificates (a laptop, the demo): nobody is put out."""

    async def revoke(self, gateway: str, crl_pem: bytes) -> None:
        """Changes nothing: such a broker knows no identities."""

    async def admit(self, gateway: str) -> None:
        """Changes nothing."""
