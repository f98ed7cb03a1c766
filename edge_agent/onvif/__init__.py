"""ONVIF as a client speaks it: SOAP with the camera's own time, media profiles, stream address, presets, events."""
