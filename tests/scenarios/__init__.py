"""Stories that were told before, and whole programs that live through them."""
