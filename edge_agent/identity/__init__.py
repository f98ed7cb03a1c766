"""Who this gateway is: its key, its certificate, how it joins a centre, and how it stays a member."""
