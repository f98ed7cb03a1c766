"""Ends connections whose request does not arrive in time: uvicorn itself lets whisperers keep their place for ever."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


def prompt_protocol(within_s: float) -> type[H11Protocol]:
    """uvicorn makes its protocols itself, so that the deadline can only travel with the class."""

    class Prompt(PromptProtocol):
        request_within_s = within_s

    return Prompt


class PromptProtocol(H11Protocol):
    """Counts from the connection, or from the last answer, to the end of the next request. Answers take their time."""

    request_within_s: float
    _deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        self._deadline = self.loop.call_later(self.request_within_s, self._end_without_request)
        super().connection_made(transport)

    def on_response_complete(self) -> None:
        """The next request may begin."""
        self._deadline.cancel()
        self._deadline = self.loop.call_later(self.request_within_s, self._end_without_request)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def _end_without_request(self) -> None:
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            self.transport.close()
