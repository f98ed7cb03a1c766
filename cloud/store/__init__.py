"""Where the centre keeps things: readings in a time-series store, state in SQL, each behind a port."""
