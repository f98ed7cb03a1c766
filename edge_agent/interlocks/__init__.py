"""Local trips that must work without the centre: pure functions on readings and time."""
