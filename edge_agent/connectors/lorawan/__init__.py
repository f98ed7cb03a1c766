"""Hears LoRaWAN devices through the MQTT integration of ChirpStack v4."""
