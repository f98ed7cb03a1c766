"""The map: where sites stand and how they are, and the land beneath them, ours or the province's own."""
