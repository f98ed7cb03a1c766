"""Device models for those who add and look them up: list, show, check and make them, and try recorded answers."""
