"""Hears OPC UA servers through subscriptions, and writes what the profile names."""
