"""What the pages of the sectors show: plans from files, and how a sector stands."""
