"""The errors that the centre raises on purpose; every other error of the package derives from CloudError."""

from __future__ import annotations


class CloudError(Exception):
    """Base of every error that the centre raises on purpose."""


class StoreUnavailableError(CloudError):
    """The store cannot be reached or does not take writes now; trying again may help, receipts are withheld.

    `retry_after_s` is how long the server asked us to wait, None when it did not say.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StoreMisconfiguredError(StoreUnavailableError):
    """The store refuses us (credentials, database, mapping): an alarm, a slow probe, and never a drop."""


class ConfigurationError(CloudError, ValueError):
    """A file is wrong; trying again never helps. Carries every fault found, one per line."""


class StateConflictError(CloudError):
    """The change contradicts what the database holds (a second open alarm); the same change never works."""
