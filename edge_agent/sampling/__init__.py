"""From raw samples to readings that are worth sending: pure functions on values."""
