"""People who are told: who they are, how they are reached, and who of a team is on duty."""
