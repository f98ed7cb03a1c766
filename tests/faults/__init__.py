"""The fault range: what must survive is broken on purpose, and somebody outside counts what is left."""
