"""The arithmetic on grey pictures: is it frozen, black, blurred, turned away, and does anything move; numpy only."""
