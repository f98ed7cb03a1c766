"""A centre as one file, and back."""
