"""Weather and water that happened, told again at any speed: one TOML file per event."""
