"""The way to the centre: the MQTT session, the lanes that decide what goes next, and commands in."""
