"""Store and forward: what the gateway accepted stays here, numbered, until the centre's receipt."""
