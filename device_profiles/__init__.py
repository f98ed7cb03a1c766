"""The shared language: what a device is, and how its readings travel between gateway and centre."""
