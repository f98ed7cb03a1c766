"""Rules: what the centre looks for in the readings, as files and as pure steps in event time."""
