"""The gateway's own page: what a technician sees on his phone at the cabinet, with or without the centre."""
