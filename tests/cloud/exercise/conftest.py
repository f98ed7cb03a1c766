"""The API's fixtures serve the pages of exercises too."""

from tests.cloud.api.conftest import api, centre, clients, clock, operator, stranger

__all__ = ["api", "centre", "clients", "clock", "operator", "stranger"]
