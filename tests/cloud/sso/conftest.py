"""The sample centre for log-ins from outside."""

from tests.cloud.api.conftest import api, centre, clients, clock

__all__ = ["api", "centre", "clients", "clock"]
