"""Log-in with the province's own account."""
