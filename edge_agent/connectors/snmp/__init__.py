"""Reads SNMP agents, hears their traps, and sets what the profile names."""
