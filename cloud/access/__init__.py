"""Who may do what: passwords, secrets, sessions, roles and the one policy table."""
