"""The sample centre for log-ins from outside."""

from tests.cloud.api.conftest import centre, clock

__all__ = ["centre", "clock"]
