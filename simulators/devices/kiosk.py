"""A queue kiosk with a satisfaction tablet that is not there; what it is told takes effect."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from device_profiles.clock import Clock, SystemClock
from device_profiles.schema import DeviceProfile, Strict
from simulators.device import Elapsed, Signal, stopwatch
from simulators.encoding import document_of
from simulators.faults import Faults
from simulators.hall import Visit
from simulators.http_server import HttpAppliance, Misbehaviour, is_let_in

KEPT_RATINGS = 1000
DOUBLE_PRESS_S = 3.0  # two presses at one counter within this are one opinion
REBOOT_S = 2.0


class Message(Strict):
    """What the screen is told to show."""

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the screen, until when."""

    text: str
    until_s: float


class Kiosk(HttpAppliance):
    """One kiosk. Ratings come from the visits of its hall, as they go home, and from `press`."""

    def __init__(
        self,
        profile: DeviceProfile,
        signal: Signal,
        *,
        visits: Sequence[Visit] = (),
        key: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        elapsed: Elapsed | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.faults = Faults()
        self.answered = 0
        self.reboots = 0
        self.ratings: list[dict[str, Any]] = []
        self._profile = profile
        self._signal = signal
        self._key = key
        self._elapsed = elapsed or stopwatch()
        self._clock: Clock = clock or SystemClock()
        self._boot = self._clock.now_ms()
        self._numbers = itertools.count(1)
        self._raters = iter([visit for visit in sorted(visits, key=lambda visit: visit.left_s) if visit.score])
        self._next_rater = next(self._raters, None)
        self._pressed: dict[str, float] = {}
        self._down_until = -1.0
        self._shown = Shown("", -1.0)
        super().__init__(self._api(), Misbehaviour(self.faults, self._elapsed), host=host, port=port)

    @property
    def message(self) -> str:
        """What the screen shows now."""
        return self._shown.text if self._elapsed() < self._shown.until_s else ""

    def press(self, score: int, *, counter: str = "1") -> None:
        """Somebody presses a button; pressing again at once changes nothing."""
        elapsed_s = self._elapsed()
        if elapsed_s - self._pressed.get(counter, -DOUBLE_PRESS_S) < DOUBLE_PRESS_S:
            return
        self._pressed[counter] = elapsed_s
        rating = {"id": f"{self._boot}-{next(self._numbers)}", "score": score, "counter": counter}
        self.ratings.append({**rating, "at": self._clock.now_ms()})
        del self.ratings[:-KEPT_RATINGS]

    def _state(self) -> dict[str, Any]:
        elapsed_s = self._elapsed()
        values = {"online": True, **self._signal(elapsed_s)}
        document = document_of(self._profile, self.faults.distorted(values, elapsed_s))
        return {**document, "message": self.message}

    def _rated_since(self, after: str) -> list[dict[str, Any]]:
        while self._next_rater is not None and self._next_rater.left_s <= self._elapsed():
            self._pressed.pop(str(self._next_rater.counter), None)  # another person
            self.press(self._next_rater.score, counter=str(self._next_rater.counter))
            self._next_rater = next(self._raters, None)
        ids = [rating["id"] for rating in self.ratings]
        return self.ratings[ids.index(after) + 1 :] if after in ids else self.ratings

    def _refusal(self, request: Request) -> Response | None:
        """Why the kiosk does not answer this request as asked."""
        if self._elapsed() < self._down_until:
            return JSONResponse({"error": "starting"}, 503)
        if not is_let_in(request, self._key):
            return JSONResponse({"error": "wrong key"}, 401)
        self.answered += 1
        return None

    def _api(self) -> FastAPI:
        api = FastAPI(openapi_url=None)

        @api.get("/status")
        async def status(request: Request) -> Response:
            return self._refusal(request) or JSONResponse(self._state())

        @api.get("/ratings")
        async def ratings(request: Request, after: str = "") -> Response:
            return self._refusal(request) or JSONResponse({"items": self._rated_since(after)})

        @api.post("/commands/reboot")
        async def reboot(request: Request) -> Response:
            if refusal := self._refusal(request):
                return refusal
            self.reboots += 1
            self._down_until = self._elapsed() + REBOOT_S
            self._shown = Shown("", -1.0)
            return Response(status_code=202)

        @api.post("/commands/message")
        async def message(request: Request) -> Response:
            if refusal := self._refusal(request):
                return refusal
            try:
                told = Message.model_validate_json(await request.body())
            except ValidationError:
                return JSONResponse({"error": "text and seconds are needed"}, 400)
            self._shown = Shown(told.text, self._elapsed() + told.seconds)
            return Response(status_code=204)

        return api
