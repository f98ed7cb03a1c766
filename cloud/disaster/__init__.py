"""What is worked out for the disaster page: how a river goes on, and how far an evacuation is."""
