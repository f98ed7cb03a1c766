"""The channels that notices leave by, one room each."""
