"""Roll-ups: what was touched is computed again, and long ranges are read from it."""
