"""The simulated devices, one file or room per protocol."""
