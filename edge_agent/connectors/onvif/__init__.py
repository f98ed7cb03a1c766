"""The ONVIF connector: a camera's own health, properties and events, and its presets."""
