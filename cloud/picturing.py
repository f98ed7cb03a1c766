"""Asks gateways for pictures of their cameras, over the narrow path of orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cloud.api.deps import RefusedOrderError, UnknownThingError
from cloud.api.views import Order, Outcome
from cloud.pictures.shot import CameraKey, NoPictureError, Shot, shot_of

Send = Callable[[Order], Awaitable[Outcome]]


class Photographer:
    """Turns `send_command` into pictures; whoever watches has been written down already."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, camera: CameraKey) -> Shot:
        """The picture that the camera has now; NoPictureError."""
        gateway, device = camera
        try:
            outcome = await self._send(Order(gateway, device, "snapshot", {}))
        except (RefusedOrderError, UnknownThingError) as error:
            raise NoPictureError(str(error)) from error
        if outcome.outcome != "done":
            raise NoPictureError(outcome.detail or outcome.outcome)
        return shot_of(outcome.detail)
