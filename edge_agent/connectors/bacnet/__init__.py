"""Reads and commands BACnet/IP devices."""
