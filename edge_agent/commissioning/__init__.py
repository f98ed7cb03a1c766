"""Commissioning records on the gateway: drafts that survive a power cut, pictures, and a queue towards the centre."""
