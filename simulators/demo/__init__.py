"""The whole house on one machine, for a minute or for as long as somebody watches."""
