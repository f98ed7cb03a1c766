"""What every printed paper of the centre shares: a typeface with all Vietnamese letters, and the format of a sheet."""
