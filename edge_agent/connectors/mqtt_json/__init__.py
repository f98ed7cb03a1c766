"""Hears devices of others that publish JSON or plain words over MQTT: Tasmota, Shelly, Zigbee2MQTT, ThingsBoard."""
