"""An ordinary day of each kind of device: what it would say when nothing is wrong. Pure, seeded."""
