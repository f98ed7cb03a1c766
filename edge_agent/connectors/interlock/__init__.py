"""Interlocks as devices of the gateway: they hear its readings and drive its outputs."""
