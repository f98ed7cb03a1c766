"""From bytes of the broker to readings that are checked, counted and receipted."""
