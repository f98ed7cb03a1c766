"""The whole pilot fleet of the province as pure physics: storms, rivers, mains and people at one moment of a story."""
