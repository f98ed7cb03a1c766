"""Counts the lines of system logs that devices send: who fails to log in, what is blocked, what was changed."""
