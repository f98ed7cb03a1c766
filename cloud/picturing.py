"""Asks gateways for pictures of their cameras, over the narrow path of orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from cloud.api.deps import RefusedOrderError, UnknownThingError
from cloud.api.views import Order, Outcome
from cloud.pictures.shot import CameraKey, NoPictureError, Reason, Shot, shot_of

# What edge_agent/connectors/camera says when it has no picture to show.
REASONS: Mapping[str, Reason] = {"no picture now": "none_now", "masks": "masked", "shown to nobody": "private"}
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
            raise NoPictureError("away", str(error)) from error
        if outcome.outcome != "done":
            raise NoPictureError(_reason(outcome), outcome.detail or "The gateway did not answer in time.")
        return shot_of(outcome.detail)


def _reason(outcome: Outcome) -> Reason:
    if outcome.outcome in ("sent", "expired"):
        return "away"
    said = (reason for words, reason in REASONS.items() if words in outcome.detail)
    return next(said, "refused")
