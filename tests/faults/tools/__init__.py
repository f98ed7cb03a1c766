"""What breaks things (proxy, lossy disk, warm starts) and what counts afterwards (verifier)."""
