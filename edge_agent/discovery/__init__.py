"""Finds the devices around a gateway: politely, only in its own private networks, and without ever writing to one."""
